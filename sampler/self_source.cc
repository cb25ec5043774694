#include "sampler/self_source.h"

#include <algorithm>

#include "sampler/catalogue.h"

namespace tacho::sampler {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

// A source that is not there is not shown. One that never gave a row, but fails or hangs, is.
bool is_shown(const SourceRunner& runner, MonoNs now) {
  return runner.stats().seen.load(relaxed) || runner.stats().errors.load(relaxed) > 0 || runner.stuck(now);
}

bool is_collector(std::string_view source) {
  return std::ranges::any_of(catalogue(),
                             [&](const MetricInfo& m) { return m.collector == source && m.name.starts_with("node_"); });
}

}  // namespace

SelfSource::SelfSource(const std::vector<std::shared_ptr<SourceRunner>>& runners, const Clock& clock,
                       std::vector<SelfGauge> gauges)
    : runners_(runners), clock_(clock), gauges_(std::move(gauges)) {}

Result<void> SelfSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  described_.clear();
  const MonoNs now = clock_.mono();
  for (const auto& r : runners_) {
    if (!is_shown(*r, now)) continue;
    const std::string source(r->source().name());
    described_.push_back({r.get(), is_collector(source)});
    for (const char* metric :
         {"tacho_source_up", "tacho_source_duration_seconds", "tacho_source_lateness_seconds", "tacho_source_stuck_seconds",
          "tacho_source_missed_ticks_total", "tacho_source_rows_total", "tacho_source_errors_total"})
      builder.add(metric, {{"source", source}});
    // Dashboards and rules for node_exporter ask for these.
    if (!described_.back().is_collector) continue;
    for (const char* metric : {"node_scrape_collector_success", "node_scrape_collector_duration_seconds"})
      builder.add(metric, {{"collector", source}});
  }
  builder.add("tacho_clock_steps_total");
  builder.add("tacho_process_cpu_seconds_total");
  builder.add("tacho_process_resident_memory_bytes");
  builder.add("tacho_build_info", {{"version", TACHO_VERSION}});
  for (const SelfGauge& g : gauges_) builder.add(g.metric, g.labels);
  just_described_ = true;
  return {};
}

Result<Sampled> SelfSource::sample(Row& row) {
  std::size_t seen = 0;
  const MonoNs now = clock_.mono();
  std::uint64_t steps = 0;
  for (const auto& r : runners_) {
    seen += is_shown(*r, now);
    steps = std::max(steps, r->stats().clock_steps.load(relaxed));
  }
  // Sources with threads of their own may give their first row just now: at the start one after another does, and a tick
  // has no time for a layout each. They wait for the next tick.
  const bool may_wait = just_described_;
  just_described_ = false;
  if (seen != described_.size() && !may_wait) return Sampled::layout_changed;

  std::size_t c = 0;
  for (const auto& [r, is_collector] : described_) {
    const SourceStats& s = r->stats();
    const std::int64_t stuck_ns = r->stuck_ns(now);
    const bool up = s.up.load(relaxed) && stuck_ns == 0;
    row.set(c++, up ? 1 : 0);
    // Of a source that gave no row there is no duration either: absent, not the last one again.
    if (up) row.set(c, seconds(s.duration_ns.load(relaxed)));
    if (up) row.set(c + 1, seconds(s.lateness_ns.load(relaxed)));
    c += 2;
    row.set(c++, seconds(stuck_ns));
    row.set(c++, static_cast<double>(s.missed.load(relaxed)));
    row.set(c++, static_cast<double>(s.rows.load(relaxed)));
    row.set(c++, static_cast<double>(s.errors.load(relaxed)));
    if (!is_collector) continue;
    row.set(c++, up ? 1 : 0);
    if (up) row.set(c, seconds(s.duration_ns.load(relaxed)));
    ++c;
  }
  row.set(c++, static_cast<double>(steps));
  row.set(c++, static_cast<double>(process_cpu_ns()) / 1e9);
  if (const auto resident = memory_.resident_bytes()) row.set(c, static_cast<double>(*resident));
  ++c;
  row.set(c++, 1);
  for (const SelfGauge& g : gauges_) {
    if (const double v = g.value(); !is_absent(v)) row.set(c, v);
    ++c;
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
