// What a selector on an alias costs beside one on the name it is made of: the same question to the same window, over the API's handlers
// (no socket), of a node with 3,000 series in a store of its own, 8 cards among them, ten minutes at 1 s.
//
//   plain      the store without aliases      view    with them, the canonical name
//   alias      with them, the alias
#include <benchmark/benchmark.h>

#include <bit>
#include <string>
#include <vector>

#include "query/api/api.h"
#include "sampler/aliases.h"
#include "sampler/catalogue.h"
#include "store/store.h"
#include "tests/temp_dir.h"

namespace tacho {
namespace {

constexpr int kSeries = 3000;
constexpr int kCards = 8;
constexpr int kSeconds = 600;
constexpr TimeMs kBegin = 1'700'000'000'000;

std::vector<Label> card_labels(int card) {
  return {{"vendor", "nvidia"},
          {"accel", std::to_string(card)},
          {"uuid", fmt::format("GPU-{:08x}-1b2c-4d5e-8f90-{:012x}", card * 2654435761U, card)},
          {"pci_bus_id", fmt::format("0000:{:02x}:00.0", 16 * card + 11)},
          {"model", "NVIDIA H100 80GB HBM3"}};
}

store::Schema schema_of_cards() {
  store::Schema out;
  sampler::SchemaBuilder builder(out);
  for (int card = 0; card < kCards; ++card) {
    const auto add = [&](std::string_view metric, std::vector<Label> more = {}) {
      for (Label& l : card_labels(card)) more.push_back(std::move(l));
      builder.add(metric, std::move(more));
    };
    add("accel_utilization_ratio");
    add("accel_memory_total_bytes");
    add("accel_memory_used_bytes");
    add("accel_memory_reserved_bytes");
    add("accel_temperature_celsius", {{"sensor", "core"}});
    add("accel_temperature_celsius", {{"sensor", "memory"}});
    add("accel_link_transmit_bytes_total", {{"link", "all"}});
    add("accel_link_receive_bytes_total", {{"link", "all"}});
  }
  return out;
}

store::Schema schema_of_host() {
  store::Schema out;
  for (int i = 0; i < kSeries - kCards * 8; ++i) {
    out.push_back(
        {.labels = Labels::of(fmt::format("node_made_{}_total", i % 300), {{"cpu", std::to_string(i / 300)}, {"mode", "user"}}),
         .type = MetricType::counter});
  }
  return out;
}

void fill(store::Store& store, store::Group& group, const store::Schema& schema) {
  (void)group.describe(schema);
  std::uint32_t seed = 1;
  for (int t = 0; t < kSeconds; ++t) {
    const auto cells = group.begin_row();
    for (std::size_t c = 0; c < schema.size(); ++c) {
      seed = seed * 1664525U + 1013904223U;
      const double v = schema[c].type == MetricType::counter ? t * 1000.0 + static_cast<double>(c) : (seed >> 8) * 0x1p-24;
      cells[c].store(std::bit_cast<std::uint64_t>(v), std::memory_order_release);
    }
    group.publish(kBegin + t * 1000);
    if (t % 60 == 0) (void)store.maintain();
  }
}

struct Node {
  test::TempDir dir;
  std::unique_ptr<store::Store> store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 64u << 20, {}}));
  std::unique_ptr<store::Group> host = store->group("host", 1000);
  std::unique_ptr<store::Group> cards = store->group("cards", 1000);
  store::AliasView view{*store, sampler::make_alias_table("node7")};
  query::Api plain{*store, {.now = now}};
  query::Api aliased{view, {.now = now, .aliases = &view}};

  Node() {
    fill(*store, *host, schema_of_host());
    fill(*store, *cards, schema_of_cards());
  }
  static TimeMs now() { return kBegin + (kSeconds - 1) * 1000; }
};

struct Case {
  std::string name;
  bool with_view;
  std::string target;
};

std::string instant(const std::string& query) { return "/api/v1/query?query=" + query; }
std::string range(const std::string& query) {
  const TimeMs end = Node::now() / 1000;
  return fmt::format("/api/v1/query_range?query={}&start={}&end={}&step=1", query, end - 300, end);
}

std::vector<Case> cases() {
  const std::string uuid = card_labels(3)[2].value;
  std::vector<Case> out;
  for (const auto& [shape, make] : {std::pair("instant", &instant), std::pair("range", &range)}) {
    const auto add = [&](const std::string& name, bool with_view, const std::string& query) {
      out.push_back({fmt::format("{}/{}", shape, name), with_view, make(query)});
    };
    add("host/plain", false, "node_made_7_total");
    add("host/view", true, "node_made_7_total");
    add("cards/plain", false, "accel_utilization_ratio");
    add("cards/view", true, "accel_utilization_ratio");
    add("cards/alias", true, "DCGM_FI_DEV_GPU_UTIL");
    add("card/plain", false, "accel_utilization_ratio{uuid=%22" + uuid + "%22}");
    add("card/view", true, "accel_utilization_ratio{uuid=%22" + uuid + "%22}");
    add("card/alias", true, "DCGM_FI_DEV_GPU_UTIL{UUID=%22" + uuid + "%22}");
    add("sensor/plain", false, "accel_temperature_celsius{sensor=%22core%22}");
    add("sensor/alias", true, "DCGM_FI_DEV_GPU_TEMP");
    add("free/plain", false, "accel_memory_total_bytes-accel_memory_used_bytes-accel_memory_reserved_bytes");
    add("free/alias", true, "DCGM_FI_DEV_FB_FREE");
    add("rate/plain", false, "irate(accel_link_transmit_bytes_total[5m])");
    add("rate/alias", true, "DCGM_FI_PROF_NVLINK_TX_BYTES");
    add("regex/plain", false, "{__name__=~%22node_made_7.*%22}");
    add("regex/view", true, "{__name__=~%22node_made_7.*%22}");
  }
  out.push_back({"metrics/plain", false, "/metrics"});
  out.push_back({"metrics/view", true, "/metrics"});
  out.push_back({"metrics/alias", true, "/metrics?aliases=dcgm"});
  out.push_back({"names/plain", false, "/api/v1/label/__name__/values"});
  out.push_back({"names/view", true, "/api/v1/label/__name__/values"});
  return out;
}

void ask(benchmark::State& state, const Case& c) {
  static const Node node;
  const query::Api& api = c.with_view ? node.aliased : node.plain;
  HttpRequest request{.method = "GET"};
  if (!parse_target(c.target, request)) return state.SkipWithError("no target");
  std::size_t bytes = 0;
  for (auto _ : state) {
    const HttpResponse answer = api.handle(request);
    if (answer.status != 200 || answer.body.find("\"result\":[]") != std::string::npos)
      return state.SkipWithError(answer.body.c_str());
    benchmark::DoNotOptimize(bytes = answer.body.size());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

}  // namespace
}  // namespace tacho

int main(int argc, char** argv) {
  for (const tacho::Case& c : tacho::cases())
    benchmark::RegisterBenchmark(c.name.c_str(), [c](benchmark::State& state) {
      tacho::ask(state, c);
    })->Unit(benchmark::kMicrosecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
