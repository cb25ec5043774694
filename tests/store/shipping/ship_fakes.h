// What the shipping tests put in place of the world: a clock that is set, a store of plain vectors, a receiver that
// remembers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "proto/remote_write.h"
#include "proto/remote_write_v2.h"
#include "store/shipping/shipper.h"

namespace tacho::store::ship_test {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(TimeMs wall) : wall_ns_(wall * kNsPerMs) {}
  std::int64_t wall_ns() const override { return wall_ns_; }
  MonoNs mono() const override { return mono_; }
  void sleep_until(MonoNs when) const override { const_cast<FakeClock*>(this)->advance_ns(when - mono_); }

  void advance_ms(std::int64_t ms) { advance_ns(ms * kNsPerMs); }
  // The wall clock jumps; the monotonic one does not notice.
  void step_wall_ms(std::int64_t ms) { wall_ns_ += ms * kNsPerMs; }

 private:
  void advance_ns(std::int64_t ns) {
    if (ns <= 0) return;
    wall_ns_ += ns;
    mono_ = mono_ + ns;
  }
  std::int64_t wall_ns_;
  MonoNs mono_{1'000'000'000};
};

struct FakeSeries {
  SeriesInfo info;
  std::vector<TimeMs> times;
  std::vector<double> values;
};

class FakeStore final : public Queryable {
 public:
  // The index is the series' handle.
  std::size_t add_series(Labels labels, MetricType type, Rollup rollup = Rollup::none) {
    series_.push_back({{std::move(labels), type, rollup}, {}, {}});
    return series_.size() - 1;
  }
  void put(std::size_t series, TimeMs t, double v) {
    series_[series].times.push_back(t);
    series_[series].values.push_back(v);
  }
  void put_row(const std::string& group, std::int64_t interval_ms, TimeMs t) {
    groups_[group].interval_ms = interval_ms;
    groups_[group].times.push_back(t);
  }
  // As the ring does: what is older is no more.
  void overwrite_before(TimeMs t) { oldest_ = std::max(oldest_, t); }

  const std::vector<FakeSeries>& all() const { return series_; }
  bool fails = false;

  Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits&) const override {
    if (fails) return failure("the ring cannot be read");
    Selection out;
    range.min = std::max(range.min, oldest_);
    for (const FakeSeries& s : series_) {
      if (!matches_all(matchers, s.info.labels)) continue;
      const auto from = std::lower_bound(s.times.begin(), s.times.end(), range.min) - s.times.begin();
      const auto to = std::upper_bound(s.times.begin(), s.times.end(), range.max) - s.times.begin();
      if (from >= to) continue;
      const auto n = static_cast<std::size_t>(to - from);
      out.series.push_back({&s.info, {s.times.data() + from, n}, {s.values.data() + from, n}});
      out.samples += n;
    }
    std::sort(out.series.begin(), out.series.end(),
              [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); });
    return out;
  }
  Result<std::vector<Labels>> series(std::span<const Matcher>, TimeRange) const override { return std::vector<Labels>{}; }
  TimeRange bounds() const override {
    TimeRange out;
    for (const FakeSeries& s : series_) {
      const auto from = std::lower_bound(s.times.begin(), s.times.end(), oldest_);
      if (from == s.times.end()) continue;
      out =
          out.empty() ? TimeRange{*from, s.times.back()} : TimeRange{std::min(out.min, *from), std::max(out.max, s.times.back())};
    }
    return out;
  }
  std::vector<MetricMetadata> metadata() const override { return {{"node_load1", MetricType::gauge, "1m load average.", ""}}; }
  std::vector<GroupTimes> group_times(TimeRange range) const override {
    std::vector<GroupTimes> out;
    range.min = std::max(range.min, oldest_);
    for (const auto& [name, g] : groups_) {
      const auto from = std::lower_bound(g.times.begin(), g.times.end(), range.min);
      const auto to = std::upper_bound(g.times.begin(), g.times.end(), range.max);
      if (from < to) out.push_back({name, g.interval_ms, {from, to}});
    }
    return out;
  }

 private:
  struct Group {
    std::int64_t interval_ms = 1000;
    std::vector<TimeMs> times;
  };
  std::vector<FakeSeries> series_;
  std::map<std::string, Group> groups_;
  TimeMs oldest_ = 0;
};

// What it takes it keeps, and it holds the sender to the protocol: per series, times never go back, and a sample sent
// again is the same sample, bit for bit.
class FakeReceiver final : public Transport {
 public:
  // The answer to the next request; asked before the body is looked at. accept() takes the body into the receiver's
  // storage.
  std::function<Result<HttpResponse>(FakeReceiver&, const std::string& body)> behave =
      [](FakeReceiver& r, const std::string& body) { return r.accept(body); };

  // Which versions it knows. One that knows only the first answers the second with `answer_to_v2`, and stores nothing.
  bool knows_v2 = true;
  int answer_to_v2 = 415;

  Result<HttpResponse> send(const std::string& body, const HttpHeaders& headers) override {
    ++requests;
    is_v2_ = header_value(headers, "X-Prometheus-Remote-Write-Version") == "2.0.0";
    if (is_v2_ != (header_value(headers, "Content-Type").find("v2.Request") != std::string_view::npos))
      complaints.push_back("headers of two versions");
    return behave(*this, body);
  }
  HttpResponse accept(const std::string& body) {
    if (is_v2_ && !knows_v2) return answer(answer_to_v2);
    requests_v2 += is_v2_ ? 1 : 0;
    Result<std::vector<WrittenSeries>> written = std::vector<WrittenSeries>{};
    if (is_v2_) {
      auto decoded = decode_write_request_v2(body);
      if (!decoded) written = std::unexpected(decoded.error());
      for (std::size_t i = 0; decoded && i < decoded->size(); ++i) {
        written->push_back({(*decoded)[i].labels, (*decoded)[i].samples});
        about[(*decoded)[i].labels] = std::move((*decoded)[i]);
      }
    } else {
      written = decode_write_request(body);
    }
    if (!written) {
      complaints.push_back(written.error().message);
      return answer(400, written.error().message);
    }
    std::size_t count = 0;
    for (const WrittenSeries& s : *written) {
      count += s.samples.size();
      auto& stored = samples[s.labels];
      for (const Sample& sample : s.samples) {
        if (!stored.empty() && sample.t < stored.rbegin()->first) {
          complaints.push_back("out of order: " + s.labels.to_string());
        }
        const auto bits = std::bit_cast<std::uint64_t>(sample.v);
        const auto [at, is_new] = stored.emplace(sample.t, bits);
        if (!is_new && at->second != bits) complaints.push_back("another value at the same time: " + s.labels.to_string());
        repeated += is_new ? 0 : 1;
      }
    }
    if (is_v2_) return answer(204, {}, {{"X-Prometheus-Remote-Write-Samples-Written", std::to_string(count)}});
    return answer(200);
  }
  static HttpResponse answer(int status, std::string text = {}, HttpHeaders headers = {}) {
    HttpResponse r;
    r.status = status;
    r.body = std::move(text);
    r.headers = std::move(headers);
    return r;
  }
  std::optional<double> value(const Labels& labels, TimeMs t) const {
    const auto s = samples.find(labels);
    if (s == samples.end()) return std::nullopt;
    const auto at = s->second.find(t);
    if (at == s->second.end()) return std::nullopt;
    return std::bit_cast<double>(at->second);
  }
  std::set<TimeMs> times() const {
    std::set<TimeMs> out;
    for (const auto& [labels, stored] : samples) {
      for (const auto& [t, bits] : stored) out.insert(t);
    }
    return out;
  }

  std::map<Labels, std::map<TimeMs, std::uint64_t>> samples;
  std::map<Labels, WrittenSeriesV2> about;  // of version 2, as it came last
  std::size_t requests_v2 = 0;              // taken
  std::vector<std::string> complaints;
  std::size_t requests = 0;
  std::size_t repeated = 0;

 private:
  bool is_v2_ = false;
};

// A folder of its own, gone with it.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tacho-ship-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tacho::store::ship_test
