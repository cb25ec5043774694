#include "sampler/accel/accel_source.h"

#include "sampler/cells.h"

namespace tacho::sampler {

std::uint64_t AccelSource::version() const {
  std::uint64_t sum = 0;
  for (const auto& state : states_) sum += state->version();
  return sum;
}

Result<void> AccelSource::describe(store::Schema& schema) {
  // Before the labels: what changes after this is found at the next tick.
  described_ = version();
  SchemaBuilder builder(schema);
  count_column_ = builder.add("accel_devices", {{"vendor", vendor_}});
  columns_.clear();
  for (const auto& state : states_) {
    std::vector<Label> labels = state->labels();
    columns_.push_back(labels.empty() ? kNoColumn : builder.add("accel_up", std::move(labels)));
  }
  return {};
}

Result<Sampled> AccelSource::sample(Row& row) {
  if (version() != described_) return Sampled::layout_changed;
  put(row, count_column_, static_cast<double>(states_.size()));
  const MonoNs now = clock_.mono();
  for (std::size_t i = 0; i < states_.size(); ++i) put(row, columns_[i], states_[i]->up(now) ? 1.0 : 0.0);
  return Sampled::ok;
}

}  // namespace tacho::sampler
