#include "sampler/accel/amd/source.h"

#include <algorithm>

#include "sampler/accel/amd/files.h"
#include "sampler/accel/amd/info.h"
#include "sampler/accel/amd/metrics.h"
#include "sampler/accel/amd/processes.h"
#include "sampler/accel/amd/ras.h"

namespace tacho::sampler {

AmdSource::Kind amd_fast() {
  AmdSource::Kind kind{.suffix = "", .interval_ms = 0, .readings = {}};
  // Files first: what both have comes from them.
  kind.readings.push_back(std::make_unique<AmdFiles>(AmdFiles::Which::fast));
  kind.readings.push_back(std::make_unique<AmdMetrics>(AmdMetrics::Which::fast));
  return kind;
}

AmdSource::Kind amd_slow() {
  AmdSource::Kind kind{.suffix = "_slow", .interval_ms = 10'000, .readings = {}};
  kind.readings.push_back(std::make_unique<AmdInfo>());
  kind.readings.push_back(std::make_unique<AmdProcesses>());
  kind.readings.push_back(std::make_unique<AmdFiles>(AmdFiles::Which::slow));
  kind.readings.push_back(std::make_unique<AmdMetrics>(AmdMetrics::Which::slow));
  kind.readings.push_back(std::make_unique<AmdRas>());
  return kind;
}

AmdSource::AmdSource(Kind kind, AmdCard card, std::shared_ptr<AccelState> state, const Clock& clock)
    : card_(std::move(card)),
      kind_(std::move(kind)),
      name_(fmt::format("{}{}{}", card_.vendor(), card_.slot().slot.index, kind_.suffix)),
      configured_as_(fmt::format("{}{}", card_.vendor(), kind_.suffix)),
      state_(std::move(state)),
      clock_(clock) {}

Result<void> AmdSource::describe(store::Schema& schema) {
  switch (card_.look()) {
    case AmdCard::State::gone: return failure("{} has no driver that is known, or is no longer there", card_.name());
    case AmdCard::State::asleep:
      return failure("{} sleeps (power/runtime_status): reading its files would wake it, so it is left alone until it is awake",
                     card_.name());
    case AmdCard::State::awake: break;
  }
  card_.identify();
  gone_ = false;
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  for (const auto& reading : kind_.readings) reading->describe(card_, builder);
  if (schema.size() == before) return failure("{} has none of the files that are looked for", card_.name());
  gather_missing(std::span(schema).subspan(before));
  if (state_) state_->described(card_.labels());
  return {};
}

// What one reading lacks and another has is not missing.
void AmdSource::gather_missing(std::span<const store::SeriesInfo> series) {
  missing_.clear();
  for (const auto& reading : kind_.readings) {
    for (const Missing& m : reading->missing()) {
      const auto same = [&](const store::SeriesInfo& s) {
        return s.labels.metric_name() == m.name.metric && (m.name.label.empty() || s.labels.get(m.name.label) == m.name.value);
      };
      if (std::none_of(series.begin(), series.end(), same)) missing_.push_back(m);
    }
  }
}

Result<Sampled> AmdSource::read(Row& row) {
  switch (card_.look()) {
    case AmdCard::State::gone: gone_ = true; return failure("{} is gone, or its driver is", card_.name());
    case AmdCard::State::asleep: return Sampled::ok;
    case AmdCard::State::awake: break;
  }
  if (gone_) return Sampled::layout_changed;
  for (const auto& reading : kind_.readings) {
    if (reading->sample(row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  return Sampled::ok;
}

Result<Sampled> AmdSource::sample(Row& row) {
  auto sampled = read(row);
  if (state_ && (!sampled || *sampled == Sampled::ok)) state_->ended(clock_.mono(), sampled.has_value());
  return sampled;
}

}  // namespace tacho::sampler
