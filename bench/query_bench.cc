// How long an evaluation takes, without store and HTTP: 600 series of 15 minutes at 1 s, as a node has them.
// The shapes are those of a dashboard: instant, a range with 15 s steps, a range with a step a second.
#include <benchmark/benchmark.h>

#include <map>

#include "query/engine/engine.h"
#include "store/queryable.h"

namespace tacho::query {
namespace {

constexpr int kSeries = 600;
constexpr int kSeconds = 900;

// All series share one time column, as the series of a group do.
class Recording : public store::Queryable {
 public:
  Recording() {
    for (int t = 0; t < kSeconds; ++t) times_.push_back(t * 1000);
    for (int s = 0; s < kSeries; ++s) add(s);
  }

  tacho::Result<store::Selection> select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                         const store::SelectLimits&) const override {
    const auto lo = std::lower_bound(times_.begin(), times_.end(), range.min) - times_.begin();
    const auto hi = std::upper_bound(times_.begin(), times_.end(), range.max) - times_.begin();
    store::Selection out;
    for (const auto& [labels, s] : series_) {
      if (!store::matches_all(matchers, labels) || lo == hi) continue;
      const auto from = static_cast<std::size_t>(lo), n = static_cast<std::size_t>(hi - lo);
      out.series.push_back({&s.info, std::span(times_).subspan(from, n), std::span(s.values).subspan(from, n)});
      out.samples += n;
    }
    return out;
  }
  tacho::Result<std::vector<Labels>> series(std::span<const store::Matcher>, store::TimeRange) const override { return {}; }
  store::TimeRange bounds() const override { return {}; }
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

 private:
  struct Column {
    store::SeriesInfo info;
    std::vector<double> values;
  };

  // Half counters at different speeds (some idle), half gauges with noise.
  void add(int s) {
    const bool counter = s % 2 == 0;
    Labels labels = Labels::of(counter ? "cpu_seconds_total" : "memory_bytes",
                               {{"cpu", std::to_string(s / 8)}, {"mode", std::to_string(s % 8)}, {"job", "node"}});
    Column& c = series_[labels];
    c.info.labels = labels;
    std::uint32_t seed = static_cast<std::uint32_t>(s) * 2654435761U;
    double v = 0;
    for (int t = 0; t < kSeconds; ++t) {
      seed = seed * 1664525U + 1013904223U;
      v = counter ? v + (s % 6 == 0 ? 0 : 0.01 * (seed >> 28)) : 1e9 + (seed >> 8);
      c.values.push_back(v);
    }
  }

  std::vector<TimeMs> times_;
  std::map<Labels, Column> series_;
};

const std::map<std::string, const char*> kQueries{
    {"selector", "memory_bytes"},
    {"rate", "rate(cpu_seconds_total[1m])"},
    {"sum_rate", "sum by (mode) (rate(cpu_seconds_total[1m]))"},
    {"max_over_time", "max_over_time(memory_bytes[5m])"},
    {"avg_over_time", "avg_over_time(memory_bytes[1m])"},
    {"quantile", "quantile(0.9, memory_bytes)"},
    {"topk", "topk(5, memory_bytes)"},
    {"ratio", "memory_bytes / on (cpu) group_left () sum by (cpu) (memory_bytes)"},
    {"arithmetic", "1 - memory_bytes / 2e9 > 0.1"},
};

// step_ms 0: an instant query.
void evaluate(benchmark::State& state, const char* text, std::int64_t step_ms) {
  static const Recording recording;
  const Engine engine;
  const TimeMs end = (kSeconds - 1) * 1000;
  std::size_t points = 0;
  for (auto _ : state) {
    const Result r = step_ms == 0 ? engine.instant(recording, text, end) : engine.range(recording, text, 0, end, step_ms);
    if (!r) return state.SkipWithError(r.error().message.c_str());
    points = 0;
    for (const ResultSeries& s : r->series) points += s.points.size();
    benchmark::DoNotOptimize(points);
  }
  state.counters["points"] = static_cast<double>(points);
}

}  // namespace
}  // namespace tacho::query

int main(int argc, char** argv) {
  for (const auto& [name, text] : tacho::query::kQueries) {
    for (const auto& [shape, step] : {std::pair("instant", 0), std::pair("step_15s", 15000), std::pair("step_1s", 1000)}) {
      benchmark::RegisterBenchmark((name + "/" + shape).c_str(), [text, step](benchmark::State& state) {
        tacho::query::evaluate(state, text, step);
      })->Unit(benchmark::kMicrosecond);
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
