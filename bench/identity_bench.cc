// What whose the samples are costs a question: the same questions to the same window, a node of 3,000 series with 8 cards, ten minutes at 1 s,
// over the API's handlers (no socket).
//
//   none       the store alone            empty      the view without identities
//   10, 30     a sidecar's: all series carry so many labels
//   changing   10 labels, another job each minute
//   cards      of each card a pod of its own, another each minute
#include <benchmark/benchmark.h>

#include <bit>
#include <map>
#include <string>
#include <vector>

#include "query/api/api.h"
#include "store/identity/view.h"
#include "store/shipping/ship_window.h"
#include "store/store.h"
#include "tests/temp_dir.h"

namespace tacho {
namespace {

constexpr int kSeries = 3000;
constexpr int kCards = 8;
constexpr int kSeconds = 600;
constexpr TimeMs kBegin = 1'700'000'000'000 / 60'000 * 60'000;
constexpr TimeMs kEnd = kBegin + (kSeconds - 1) * 1000;

store::Schema schema() {
  store::Schema out;
  for (int i = 0; i < kSeries; ++i) {
    const bool is_card = i < kCards * 40;
    std::vector<Label> labels = {{"uuid", fmt::format("GPU-{:08x}", i % kCards)}, {"accel", std::to_string(i % kCards)}};
    if (!is_card) labels = {{"cpu", std::to_string(i % 10)}, {"mode", "user"}};
    labels.push_back(
        {"__name__", is_card ? fmt::format("accel_made_{}", i / kCards) : fmt::format("node_made_{}_total", i / 10)});
    out.push_back({.labels = Labels(std::move(labels)), .type = is_card ? MetricType::gauge : MetricType::counter});
  }
  return out;
}

struct Node {
  test::TempDir dir;
  std::unique_ptr<store::Store> store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 64u << 20, {}}));
  std::unique_ptr<store::Group> group = store->group("made", 1000);

  Node() {
    const store::Schema s = schema();
    (void)group->describe(s);
    std::uint32_t seed = 1;
    for (int t = 0; t < kSeconds; ++t) {
      const auto cells = group->begin_row();
      for (std::size_t c = 0; c < s.size(); ++c) {
        seed = seed * 1664525U + 1013904223U;
        const double v = s[c].type == MetricType::counter ? t * 1000.0 + static_cast<double>(c) : (seed >> 8) * 0x1p-24;
        cells[c].store(std::bit_cast<std::uint64_t>(v), std::memory_order_release);
      }
      group->publish(kBegin + t * 1000);
      if (t % 60 == 0) (void)store->maintain();
    }
  }
};

Labels labels_of(int count, int turn) {
  std::vector<Label> out{{"job_name", fmt::format("job-{}", turn)}};
  for (int i = 1; i < count; ++i)
    out.push_back({fmt::format("made_by_platform_{}", i), fmt::format("value-of-some-length-{}", i)});
  return Labels(std::move(out));
}

std::shared_ptr<const store::IdentityTimeline> timeline_of(const std::string& name) {
  std::vector<store::Identity> told;
  if (name == "10" || name == "30") told.push_back({"pod", {Labels()}, labels_of(name == "10" ? 10 : 30, 0), kBegin});
  for (int minute = 0; minute < kSeconds / 60; ++minute) {
    const TimeMs from = kBegin + minute * 60'000 + 30'000;
    if (name == "changing") told.push_back({"pod", {Labels()}, labels_of(10, minute), minute == 0 ? kBegin : from});
    for (int card = 0; name == "cards" && card < kCards; ++card) {
      const std::string uuid = fmt::format("GPU-{:08x}", card);
      told.push_back({"card " + uuid, {Labels{{"uuid", uuid}}}, labels_of(10, card), minute == 0 ? kBegin : from + card * 1000});
    }
  }
  return store::IdentityTimeline::of(told);
}

const Node& node() {
  static const Node made;
  return made;
}

struct Asked {
  std::shared_ptr<const store::IdentityTimeline> timeline;
  store::IdentityView view;
  query::Api api;
  explicit Asked(const std::string& name)
      : timeline(timeline_of(name)),
        view(*node().store, [this] { return timeline; }),
        api(name == "none" ? static_cast<const store::Queryable&>(*node().store) : view, {.now = [] { return kEnd; }}) {}
};

const Asked& asked(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Asked>> all;
  auto& one = all[name];
  if (!one) one = std::make_unique<Asked>(name);
  return *one;
}

void ask(benchmark::State& state, const std::string& name, const std::string& target) {
  const query::Api& api = asked(name).api;
  HttpRequest request{.method = "GET"};
  if (!parse_target(target, request)) return state.SkipWithError("no target");
  std::size_t bytes = 0;
  for (auto _ : state) {
    const HttpResponse answer = api.handle(request);
    if (answer.status != 200) return state.SkipWithError(answer.body.c_str());
    benchmark::DoNotOptimize(bytes = answer.body.size());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

void ship(benchmark::State& state, const std::string& name) {
  const store::IdentityView& view = asked(name == "none" ? "empty" : name).view;
  store::ShipRules rules;
  for (auto _ : state) {
    const auto window = store::make_window(view, kBegin + 300'000, rules);
    if (!window) return state.SkipWithError(window.error().message.c_str());
    state.counters["samples"] = static_cast<double>(window->samples.size());
  }
}

}  // namespace
}  // namespace tacho

int main(int argc, char** argv) {
  using tacho::kEnd;
  const auto range = [](const std::string& query) {
    return fmt::format("/api/v1/query_range?query={}&start={}&end={}&step=1", query, kEnd / 1000 - 300, kEnd / 1000);
  };
  const std::pair<std::string, std::string> questions[] = {
      {"instant/one metric", "/api/v1/query?query=accel_made_7"},
      {"range/one metric", range("accel_made_7")},
      {"range/one job", range("accel_made_7{job_name=%22job-0%22}")},
      {"range/no such job", range("{job_name=%22nobody%22}")},
      {"range/all by job", range("sum%20by%20(job_name)({__name__=~%22.%2B%22})")},
      {"metrics", "/metrics"},
      {"series", "/api/v1/series?match[]={__name__=~%22.%2B%22}"},
  };
  for (const auto& [question, target] : questions) {
    for (const std::string name : {"none", "empty", "10", "30", "changing", "cards"}) {
      benchmark::RegisterBenchmark((question + "/" + name).c_str(), [name, t = target](benchmark::State& state) {
        tacho::ask(state, name, t);
      })->Unit(benchmark::kMicrosecond);
    }
  }
  for (const std::string name : {"none", "10", "30", "changing", "cards"}) {
    benchmark::RegisterBenchmark(("shipped minute/" + name).c_str(), [name](benchmark::State& state) {
      tacho::ship(state, name);
    })->Unit(benchmark::kMicrosecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
