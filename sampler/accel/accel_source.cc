#include "sampler/accel/accel_source.h"

#include "sampler/cells.h"

namespace tacho::sampler {

std::uint64_t AccelSource::version() const {
  std::uint64_t sum = 0;
  for (const AccelFleet& fleet : fleets_) {
    for (const auto& state : fleet.states) sum += state->version();
  }
  return sum;
}

Result<void> AccelSource::describe(store::Schema& schema) {
  // Before the labels: what changes after this is found at the next tick.
  described_ = version();
  SchemaBuilder builder(schema);
  columns_.clear();
  for (const AccelFleet& fleet : fleets_) {
    columns_.push_back(builder.add("accel_devices", {{"vendor", fleet.vendor}}));
    for (const auto& state : fleet.states) {
      std::vector<Label> labels = state->labels();
      columns_.push_back(labels.empty() ? kNoColumn : builder.add("accel_up", std::move(labels)));
    }
  }
  return {};
}

Result<Sampled> AccelSource::sample(Row& row) {
  if (version() != described_) return Sampled::layout_changed;
  const MonoNs now = clock_.mono();
  auto column = columns_.begin();
  for (const AccelFleet& fleet : fleets_) {
    put(row, *column++, static_cast<double>(fleet.states.size()));
    for (const auto& state : fleet.states) put(row, *column++, state->up(now) ? 1.0 : 0.0);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
