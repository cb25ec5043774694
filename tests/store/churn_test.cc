// A week of pods that come and go, by a clock that is only counted: 2,000 live series, 50,000 new ones a day.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>

#include "store/store.h"
#include "store/window/dir_store.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

constexpr std::uint64_t kBudget = 16 << 20;
constexpr TimeMs kInterval = 30'000;
constexpr int kSeriesAPod = 50, kLivePods = 40, kPodsADay = 1000;

std::uint64_t bytes_in(const std::string& dir) {
  std::uint64_t sum = 0;
  for (const auto& e : std::filesystem::directory_iterator(dir)) sum += e.is_regular_file() ? e.file_size() : 0;
  return sum;
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Schema schema_of(const std::deque<int>& pods) {
  Schema s;
  for (const int pod : pods) {
    for (int i = 0; i < kSeriesAPod; ++i)
      s.push_back({Labels::of(fmt::format("container_metric_{}", i),
                              {{"namespace", "training"}, {"pod", fmt::format("job-{:08x}", pod * 2654435761u)}}),
                   MetricType::gauge, Rollup::none});
  }
  return s;
}

}  // namespace

TEST_CASE("a week of churn: memory, files and labels stay within their budget") {
  // Sanitizers look at two days of it: what leaks, leaks by then.
  const int days = std::getenv("TACHO_ROUNDS") != nullptr ? 2 : 7;
  test::TempDir dir;
  StoreOptions options;
  options.dirs = {dir / "state", dir / "run"};
  options.budget_bytes = kBudget;
  auto opened = Store::open(std::move(options));
  REQUIRE(opened);
  Store& store = **opened;
  auto group = store.group("pods", kInterval);

  std::deque<int> pods;
  int next_pod = 0;
  while (pods.size() < kLivePods) pods.push_back(next_pod++);
  Schema schema = schema_of(pods);
  REQUIRE(group->describe(schema));

  std::uint64_t resident_after_a_day = 0, most_state = 0, most_runtime = 0;
  std::size_t most_schemas = 0;
  TimeMs t = 0;
  for (int day = 0; day < days; ++day) {
    for (int tick = 0; tick < 86'400'000 / kInterval; ++tick, t += kInterval) {
      const int due = kLivePods + static_cast<int>(t / 1000 * kPodsADay / 86'400);
      if (next_pod < due) {
        for (; next_pod < due; ++next_pod) {
          pods.pop_front();
          pods.push_back(next_pod);
        }
        schema = schema_of(pods);
        REQUIRE(group->describe(schema));
      }
      auto cells = group->begin_row();
      for (std::size_t c = 0; c < cells.size(); ++c)
        cells[c].store(std::bit_cast<std::uint64_t>(static_cast<double>((t / 1000 + static_cast<TimeMs>(c * c)) % 997)));
      group->publish(t);
      REQUIRE(store.maintain());
    }
    most_state = std::max(most_state, bytes_in(dir / "state"));
    most_runtime = std::max(most_runtime, bytes_in(dir / "run"));
    most_schemas = std::max(most_schemas, store.stats().schemas);
    if (day == 0) resident_after_a_day = resident_bytes();
  }
  const StoreStats stats = store.stats();
  WARN(
      fmt::format("{} series seen, window {:.1f} h, {} schemas at most, state {} KiB, runtime {} KiB, resident {} KiB after a "
                  "day, {} KiB at the end",
                  next_pod * kSeriesAPod, stats.window_seconds / 3600, most_schemas, most_state >> 10, most_runtime >> 10,
                  resident_after_a_day >> 10, resident_bytes() >> 10));
  CHECK(stats.series.live == kLivePods * kSeriesAPod);
  CHECK(stats.lost_rows == 0);
  CHECK(stats.damaged_blocks == 0);
  CHECK(most_state < kBudget + (1 << 20));
  CHECK(most_runtime < (4 << 20));
  if (days == 7) CHECK(stats.window_seconds > 86'400);
  // Schemas in memory are those of the ring and the heads: what has left the ring is forgotten.
  CHECK(stats.window_seconds < 86'400.0 * days);
  if (days == 7) CHECK(resident_bytes() < resident_after_a_day + (16u << 20));  // a sanitizer keeps what was freed

  // All of the window at once: what that takes is what its samples take, not series times rows.
  const auto before = resident_bytes();
  const auto whole = store.select({}, store.bounds(), {});
  REQUIRE(whole);
  const auto took = resident_bytes() - before;
  WARN(fmt::format("{} samples of {} series in {} MiB", whole->samples, whole->series.size(), took >> 20));
  if (days == 7) CHECK(took < whole->samples * 64);

  // The newest hour is there, sample by sample, for the series that lived in it.
  const auto hour = store.select({}, {t - 3'600'000, t}, {});
  REQUIRE(hour);
  CHECK(hour->series.size() >= kLivePods * kSeriesAPod);
}
