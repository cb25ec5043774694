// Ten thousand nodes at one receiver: how many requests and bytes a second it sees, with the nodes spread over ten seconds and without; and what
// comes when it is back after an hour.
//
// Real   the shippers, with their windows, offsets, back-off and pacing. Not real: the clock; the store, which is the same for all nodes
//        and has `--series` series; the receiver, which takes everything at once unless it is down, and cannot be slow.
//
//   stampede_bench [--nodes 10000] [--series 5] [--outage-minutes 60]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <queue>

#include "proto/base/log.h"
#include "store/shipping/shipper.h"

using namespace tacho;
using namespace tacho::store;

namespace {

constexpr TimeMs kMinute = 60'000;
constexpr TimeMs kStart = 1'795'439'400'000;

class SetClock final : public Clock {
 public:
  std::int64_t wall_ns() const override { return wall_ns_; }
  MonoNs mono() const override { return MonoNs{wall_ns_ - kStart * kNsPerMs + kNsPerSecond}; }
  void sleep_until(MonoNs) const override {}
  void set(MonoNs mono) { wall_ns_ = static_cast<std::int64_t>(mono) - kNsPerSecond + kStart * kNsPerMs; }

 private:
  std::int64_t wall_ns_ = kStart * kNsPerMs;
};

// Every series has a sample each ten seconds, for ever.
class EndlessStore final : public Queryable {
 public:
  explicit EndlessStore(int series) {
    for (int i = 0; i < series; ++i)
      infos_.push_back({Labels::of("node_metric_" + std::to_string(i), {{"device", "d0"}}), MetricType::counter, Rollup::none});
  }
  Result<Selection> select(std::span<const Matcher>, TimeRange range, const SelectLimits&) const override {
    auto columns = std::make_shared<std::pair<std::vector<TimeMs>, std::vector<double>>>();
    for (TimeMs t = (range.min + 9999) / 10'000 * 10'000; t <= range.max; t += 10'000) {
      columns->first.push_back(t);
      columns->second.push_back(static_cast<double>(t - kStart));
    }
    Selection out;
    for (const SeriesInfo& info : infos_) out.series.push_back({&info, columns->first, columns->second});
    out.owner = columns;
    return out;
  }
  Result<std::vector<Labels>> series(std::span<const Matcher>, TimeRange) const override { return std::vector<Labels>{}; }
  TimeRange bounds() const override { return {0, kStart * 2}; }
  std::vector<MetricMetadata> metadata() const override { return {}; }

 private:
  std::vector<SeriesInfo> infos_;
};

// Counts by the second.
class Receiver final : public Transport {
 public:
  explicit Receiver(const SetClock& clock) : clock_(clock) {}
  Result<HttpResponse> send(const std::string& body, const HttpHeaders&) override {
    const std::int64_t second = clock_.wall_ms() / 1000;
    ++requests[second];
    if (down) return failure("connection refused");
    bytes[second] += body.size();
    HttpResponse answer;
    answer.status = 204;
    return answer;
  }
  bool down = false;
  std::map<std::int64_t, std::size_t> requests, bytes;

 private:
  const SetClock& clock_;
};

struct Busiest {
  std::size_t requests = 0, bytes = 0, all = 0;
};
Busiest busiest(const Receiver& r, TimeMs from, TimeMs to) {
  Busiest out;
  for (const auto& [second, n] : r.requests) {
    if (second * 1000 < from || second * 1000 >= to) continue;
    out.requests = std::max(out.requests, n);
    out.all += n;
    const auto b = r.bytes.find(second);
    out.bytes = std::max(out.bytes, b == r.bytes.end() ? 0 : b->second);
  }
  return out;
}

struct Options {
  int nodes = 10'000, series = 5, outage_minutes = 60;
};

void simulate(const Options& options, std::int64_t spread_ms, int catch_up, const std::string& folder) {
  SetClock clock;
  EndlessStore store(options.series);
  Receiver receiver(clock);
  std::vector<std::unique_ptr<Shipper>> nodes;
  using Call = std::pair<std::int64_t, std::size_t>;  // when, who
  std::priority_queue<Call, std::vector<Call>, std::greater<>> calls;
  for (int i = 0; i < options.nodes; ++i) {
    const std::string name = "node-" + std::to_string(i);
    ShipperOptions o;
    o.offset_ms = ship_offset_ms(name, spread_ms);
    o.seed = static_cast<std::uint64_t>(i) + 1;
    o.metadata_interval_ms = 0;
    o.catch_up = catch_up;
    nodes.push_back(std::make_unique<Shipper>(store, receiver, clock, ShipCursor(folder, name), o));
    // Agents poll once a second, each at its own moment.
    calls.emplace(static_cast<std::int64_t>(clock.mono()) + i * (kNsPerSecond / options.nodes), i);
  }
  const auto run_until = [&](TimeMs wall) {
    while (!calls.empty()) {
      const auto [when, who] = calls.top();
      if ((when - kNsPerSecond) / kNsPerMs + kStart >= wall) return;
      calls.pop();
      clock.set(MonoNs{when});
      const auto next = static_cast<std::int64_t>(nodes[who]->step());
      calls.emplace(std::max(next, when + kNsPerMs), who);
    }
  };
  const TimeMs calm = kStart + 3 * kMinute;
  run_until(calm);
  const Busiest usual = busiest(receiver, kStart + kMinute, calm);
  receiver.down = true;
  const TimeMs back = calm + options.outage_minutes * kMinute;
  run_until(back);
  const Busiest away = busiest(receiver, back - kMinute, back);
  receiver.down = false;
  TimeMs done = back;
  for (std::int64_t lag = 2 * kMinute; lag >= 2 * kMinute && done < back + 60 * kMinute;) {
    done += 5000;
    run_until(done);
    lag = 0;
    for (const auto& n : nodes) lag = std::max(lag, n->stats().lag_ms);
  }
  const Busiest after = busiest(receiver, back, done);
  std::printf("%6lld s %9d %12zu %12zu %14.1f %14zu %14zu %12.0f\n", static_cast<long long>(spread_ms / 1000), catch_up,
              usual.requests, usual.bytes, static_cast<double>(away.all) / 60, after.requests, after.bytes,
              static_cast<double>(done - back) / 1000);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const int value = std::atoi(argv[i + 1]);
    if (!std::strcmp(argv[i], "--nodes")) options.nodes = value;
    if (!std::strcmp(argv[i], "--series")) options.series = value;
    if (!std::strcmp(argv[i], "--outage-minutes")) options.outage_minutes = value;
  }
  set_log_level(LogLevel::error);
  const char* const shm = "/dev/shm";
  const std::string parent = std::filesystem::is_directory(shm) ? shm : std::filesystem::temp_directory_path().string();
  std::printf("%d nodes, %d series each, one receiver, down for %d minutes\n", options.nodes, options.series,
              options.outage_minutes);
  std::printf("%8s %9s %12s %12s %14s %14s %14s %12s\n", "spread", "catch-up", "peak req/s", "peak B/s", "down: req/s",
              "back: req/s", "back: B/s", "done after s");
  for (const auto& [spread, catch_up] :
       {std::pair<std::int64_t, int>{0, 1'000'000}, {10'000, 1'000'000}, {10'000, 10}, {20'000, 10}}) {
    std::string folder = parent + "/tacho-stampede-XXXXXX";
    if (!::mkdtemp(folder.data())) return 1;
    simulate(options, spread, catch_up, folder);
    std::filesystem::remove_all(folder);
  }
  return 0;
}
