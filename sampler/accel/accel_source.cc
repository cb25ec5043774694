#include "sampler/accel/accel_source.h"

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

// A row that is so much later than the one before it was is no late tick.
constexpr std::int64_t kHoldNs = kNsPerSecond / 2;
// The cards' threads have their rows by then.
constexpr std::int64_t kExcusedNs = kNsPerSecond;
// A first row that takes longer is one that hangs.
constexpr std::int64_t kFirstRowNs = 3 * kNsPerSecond;

}  // namespace

AccelSource::AccelSource(std::vector<AccelFleet> fleets, const Clock& clock) : fleets_(std::move(fleets)), clock_(clock) {
  std::size_t states = 0;
  for (const AccelFleet& fleet : fleets_) states += fleet.states.size();
  untried_.resize(states);
}

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

// Whether the agent was held up, and since when.
void AccelSource::note(MonoNs now) {
  const std::int64_t apart = now - last_;
  if (last_ != MonoNs{} && apart_ns_ != 0 && apart > apart_ns_ + kHoldNs) {
    before_hold_ = last_;
    excused_until_ = now + kExcusedNs;
  }
  apart_ns_ = last_ == MonoNs{} ? 0 : apart;
  last_ = now;
}

std::optional<double> AccelSource::up(const AccelState& state, MonoNs& untried, MonoNs now) const {
  if (!state.tried()) {
    if (untried == MonoNs{}) untried = now;
    if (now - untried < kFirstRowNs) return {};
  }
  return state.up(now) || (now < excused_until_ && state.up(before_hold_)) ? 1.0 : 0.0;
}

Result<Sampled> AccelSource::sample(Row& row) {
  if (version() != described_) return Sampled::layout_changed;
  const MonoNs now = clock_.mono();
  note(now);
  auto column = columns_.begin();
  auto untried = untried_.begin();
  for (const AccelFleet& fleet : fleets_) {
    put(row, *column++, static_cast<double>(fleet.states.size()));
    for (const auto& state : fleet.states) put(row, *column++, up(*state, *untried++, now));
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
