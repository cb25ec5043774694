// What it costs to find the events of a range: 3,000 series of a node over an hour at 1 s, of which the rules want 400.
//   build/bench_events
// `walk` has the samples decoded; the others read them from ring and heads, as an agent does.
#include <benchmark/benchmark.h>

#include "query/events/find_events.h"
#include "store/store.h"
#include "tests/temp_dir.h"

namespace tacho::query {
namespace {

constexpr std::size_t kSeries = 3'000;
constexpr int kSeconds = 3'600;

// Eight cards with eight reasons, sixty sources, forty kinds of the kernel's log, a hundred cgroups; the rest no rule wants.
store::Schema schema() {
  store::Schema out;
  const auto add = [&out](const char* metric, std::vector<Label> labels) {
    labels.push_back({"__name__", metric});
    out.push_back({Labels(std::move(labels)), MetricType::gauge, store::Rollup::none});
  };
  const char* const reasons[] = {"idle",       "power_cap",  "hw_slowdown", "sync_boost",
                                 "thermal_sw", "thermal_hw", "power_brake", "display"};
  for (int card = 0; card < 8; ++card) {
    const std::vector<Label> own{{"vendor", "nvidia"}, {"accel", std::to_string(card)}, {"uuid", "GPU-" + std::to_string(card)}};
    const auto with = [&own](Label more) {
      auto labels = own;
      labels.push_back(std::move(more));
      return labels;
    };
    add("accel_up", own);
    for (const char* reason : reasons) add("accel_throttle_active", with({"reason", reason}));
    for (int link = 0; link < 18; ++link) add("accel_link_up", with({"link", std::to_string(link)}));
  }
  for (int i = 0; i < 60; ++i) {
    for (const char* metric : {"tacho_source_up", "tacho_source_missed_ticks_total"})
      add(metric, {{"source", "source" + std::to_string(i)}});
  }
  for (int i = 0; i < 40; ++i) add("node_kmsg_events_total", {{"kind", "kind" + std::to_string(i)}});
  for (int i = 0; i < 20; ++i) add("container_oom_events_total", {{"id", "/pods/" + std::to_string(i)}});
  add("tacho_process_cpu_seconds_total", {});
  while (out.size() < kSeries) add("node_other", {{"device", std::to_string(out.size())}});
  return out;
}

struct Node {
  test::TempDir dir;
  std::unique_ptr<store::Store> store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 128u << 20, {}}));
  std::unique_ptr<store::Group> group = store->group("node", 1000);

  Node() {
    const store::Schema series = schema();
    (void)group->describe(series);
    for (int s = 0; s < kSeconds; ++s) {
      auto cells = group->begin_row();
      for (std::size_t c = 0; c < series.size(); ++c)
        cells[c].store(std::bit_cast<std::uint64_t>(value(series[c].labels, c, s)), std::memory_order_release);
      group->publish(s * 1000);
      if (s % 100 == 0) (void)store->maintain();
    }
  }
  static double value(const Labels& labels, std::size_t column, int s) {
    const std::string_view metric = labels.metric_name();
    const auto turn = static_cast<int>(column);
    if (metric == "tacho_process_cpu_seconds_total") return s * 0.01;
    if (metric == "accel_throttle_active") return labels.get("reason") == "power_cap" && (s + turn) % 40 < 3 ? 1 : 0;
    if (metric.ends_with("_up")) return 1;
    if (metric == "node_other") return s * 977 % (turn + 7);
    return (s + turn) / 1000;  // a step now and then
  }
};

const Node& node() {
  static const Node* const made = new Node;
  return *made;
}

class Decoded final : public store::Queryable {
 public:
  Decoded() {
    const std::vector<store::Matcher> all{*store::Matcher::create("__name__", store::MatchOp::not_equal, "node_other")};
    selection_ = std::move(*node().store->select(all, {0, kSeconds * 1000}, {}));
  }
  tacho::Result<store::Selection> select(std::span<const store::Matcher>, store::TimeRange,
                                         const store::SelectLimits&) const override {
    return selection_;
  }
  tacho::Result<std::vector<Labels>> series(std::span<const store::Matcher>, store::TimeRange) const override { return {}; }
  // Of less than a slice.
  store::TimeRange bounds() const override { return {kEventLeadMs * 2, kSeconds * 1000}; }
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

 private:
  store::Selection selection_;
};

void find(benchmark::State& state, const store::Queryable& store, TimeMs from) {
  std::size_t events = 0;
  for (auto _ : state) {
    const auto found = find_events(store, {from, kSeconds * 1000}, {});
    if (!found) return state.SkipWithError(found.error().message.c_str());
    events = found->events.size() + found->left_out;
  }
  state.counters["events"] = static_cast<double>(events);
}

void walk(benchmark::State& state) {
  static const Decoded decoded;
  find(state, decoded, 0);
}
BENCHMARK(walk)->Unit(benchmark::kMicrosecond);

void store_hour(benchmark::State& state) { find(state, *node().store, 0); }
BENCHMARK(store_hour)->Unit(benchmark::kMicrosecond);
// What a stream asks for each second.
void store_newest(benchmark::State& state) { find(state, *node().store, (kSeconds - 4) * 1000); }
BENCHMARK(store_newest)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tacho::query

BENCHMARK_MAIN();
