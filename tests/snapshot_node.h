// A node whose window has all that a snapshot must keep: sources of several intervals, series that begin, end and miss ticks, every kind
// of number.
#pragma once

#include <bit>
#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "store/identity/view.h"
#include "store/memory_store.h"
#include "store/store.h"
#include "tests/temp_dir.h"

namespace tacho::test {

class SnapshotNode {
 public:
  static constexpr TimeMs kBegin = 1'795'439'412'000;
  static constexpr int kSeconds = 400;
  static constexpr TimeMs kEnd = kBegin + kSeconds * 1000;
  static constexpr store::TimeRange kAll{kBegin, kEnd};

  explicit SnapshotNode(std::uint32_t seed) : random_(seed) {
    auto opened = store::Store::open({{dir_ / "state", dir_ / "run"}, 4 << 20, metadata, 64});
    if (!opened) FAIL(opened.error().message);
    store_ = std::move(*opened);
    const auto seconds = store_->group("cpu", 1000), slow = store_->group("disk \"x\"", 15'000);
    REQUIRE(slow->describe(schema(3, "disk")));
    std::size_t series = 0;
    for (int i = 0; i < kSeconds; ++i) {
      if (i % 97 == 0) {  // some come, some go
        series = 3 + random_() % 12;
        REQUIRE(seconds->describe(schema(series, "cpu")));
      }
      if (!one_in(20)) row(*seconds, series, kBegin + i * 1000 + (one_in(50) ? 3 : 0));
      if (i % 15 == 0) row(*slow, 3, kBegin + i * 1000);
      REQUIRE(store_->maintain());
    }
    view_ = std::make_unique<store::IdentityView>(*store_, [timeline = identities()] { return timeline; });
  }

  // As its questions are answered, with identities.
  const store::Queryable& view() const { return *view_; }
  // Without.
  const store::Queryable& store() const { return *store_; }

  store::SnapshotFrame frame(store::TimeRange range = kAll) const {
    return {{"0.9", "node-7", range, Labels{{"cluster", "eu1"}}}, store_->metadata(), store_->group_times(range)};
  }
  static std::string written(const store::Queryable& data, store::SnapshotFrame frame) {
    const auto all = data.select({}, frame.origin.range, {});
    REQUIRE(all);
    auto bytes = store::encode_snapshot(*all, frame);
    if (!bytes) FAIL(bytes.error().message);
    return std::move(*bytes);
  }
  static store::MemoryStore opened(const std::string& bytes) {
    auto snapshot = store::decode_snapshot(std::as_bytes(std::span(bytes)), "x.tacho");
    if (!snapshot) FAIL(snapshot.error().message);
    return store::MemoryStore::of(std::move(*snapshot));
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }

  static std::vector<store::MetricMetadata> metadata() {
    return {{"busy_seconds_total", MetricType::counter, "Busy, \"really\".", "seconds"},
            {"other", MetricType::gauge, "No series has it.", ""}};
  }
  static store::Schema schema(std::size_t series, const std::string& of) {
    store::Schema out;
    for (std::size_t i = 0; i < series; ++i)
      out.push_back({Labels::of(i % 2 == 0 ? "busy_seconds_total" : "load", {{"cpu", std::to_string(i)}, {"of", of}}),
                     i % 2 == 0 ? MetricType::counter : MetricType::gauge,
                     i % 3 == 0 ? store::Rollup::max : store::Rollup::none});
    return out;
  }
  static std::shared_ptr<const store::IdentityTimeline> identities() {
    const std::vector<store::Identity> told{{"pod", {Labels()}, Labels{{"job_name", "a"}}, kBegin - 1000},
                                            {"pod", {Labels()}, Labels{{"job_name", "b"}}, kBegin + 150'000}};
    return store::IdentityTimeline::of(told);
  }

  double value(std::size_t column) {
    switch (random_() % 12) {
      case 0: return stale_marker();
      case 1: return std::bit_cast<double>(0x7ff8'0000'dead'beefULL);
      case 2: return std::bit_cast<double>(0xfff8'0000'0000'0000ULL | random_());
      case 3: return -0.0;
      case 4: return one_in(2) ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
      case 5: return std::numeric_limits<double>::denorm_min() * random_();
      case 6: return absent();
      case 7: return std::bit_cast<double>(std::uint64_t{random_()} << 32 | random_());
      case 8: return 0.1 * (random_() % 1000);
      default: return static_cast<double>(column);
    }
  }
  void row(store::Group& group, std::size_t series, TimeMs t) {
    const auto cells = group.begin_row();
    for (std::size_t i = 0; i < series; ++i) cells[i].store(std::bit_cast<std::uint64_t>(value(i)));
    group.publish(t);
  }

  TempDir dir_;
  std::mt19937 random_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::IdentityView> view_;
};

}  // namespace tacho::test
