#include "sampler/accel/nvidia_source.h"

#include "sampler/accel/nvidia_activity.h"
#include "sampler/accel/nvidia_ecc.h"
#include "sampler/accel/nvidia_events.h"
#include "sampler/accel/nvidia_gpm.h"
#include "sampler/accel/nvidia_health.h"
#include "sampler/accel/nvidia_info.h"
#include "sampler/accel/nvidia_links.h"
#include "sampler/accel/nvidia_memory.h"
#include "sampler/accel/nvidia_odd_calls.h"
#include "sampler/accel/nvidia_partitions.h"
#include "sampler/accel/nvidia_power.h"
#include "sampler/accel/nvidia_processes.h"
#include "sampler/accel/nvidia_tables.h"
#include "sampler/accel/nvidia_throttle.h"

namespace tacho::sampler {

using nvml::Code;

NvidiaSource::Kind nvidia_fast() {
  NvidiaSource::Kind kind{
      .suffix = "", .configured_as = "nvidia", .interval_ms = 0, .settling_ms = NvidiaGpm::kSettlingMs, .readings = {}};
  auto& r = kind.readings;
  // First what can change the layout, and then what empties the driver's buffers.
  auto events = std::make_unique<NvidiaEvents>();
  auto health = std::make_unique<NvidiaHealth>(*events);
  r.push_back(std::move(events));
  r.push_back(std::make_unique<NvidiaPartitions>());
  r.push_back(std::make_unique<NvidiaMemory>());
  auto gpm = std::make_unique<NvidiaGpm>();
  auto activity = std::make_unique<NvidiaActivity>(*gpm);
  r.push_back(std::move(gpm));
  r.push_back(std::move(activity));
  r.push_back(std::make_unique<NvidiaPower>());
  r.push_back(std::make_unique<NvidiaThrottle>());
  r.push_back(std::make_unique<NvidiaCalls>(nvidia_calls()));
  r.push_back(std::make_unique<NvidiaFields>(nvidia_fields()));
  r.push_back(std::move(health));
  return kind;
}

NvidiaSource::Kind nvidia_slow() {
  NvidiaSource::Kind kind{
      .suffix = "_slow", .configured_as = "nvidia_slow", .interval_ms = 10'000, .settling_ms = 0, .readings = {}};
  auto& r = kind.readings;
  r.push_back(std::make_unique<NvidiaInfo>());
  r.push_back(std::make_unique<NvidiaProcesses>());
  r.push_back(std::make_unique<NvidiaCalls>(nvidia_slow_calls()));
  r.push_back(std::make_unique<NvidiaFields>(nvidia_slow_fields()));
  r.push_back(std::make_unique<NvidiaOddCalls>());
  r.push_back(std::make_unique<NvidiaEcc>());
  r.push_back(std::make_unique<NvidiaLinks>());
  r.push_back(std::make_unique<NvidiaCalls>(nvidia_seldom_calls(), kSeldom));
  return kind;
}

NvidiaSource::NvidiaSource(Kind kind, NvidiaCard card, std::shared_ptr<AccelState> state)
    : name_(fmt::format("nvidia{}{}", card.slot().index, kind.suffix)),
      card_(std::move(card)),
      kind_(std::move(kind)),
      state_(std::move(state)) {}

Result<void> NvidiaSource::describe(store::Schema& schema) {
  if (!card_.bound()) {
    probed_ = false;
    if (auto bound = card_.bind(); !bound) return bound;
  }
  card_.begin_row();
  if (!probed_) {
    for (const auto& reading : kind_.readings) reading->find_out(card_);
  }
  if (card_.lost() != Code::success) {
    card_.forget();
    return std::unexpected(card_.trouble());
  }
  probed_ = true;
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  for (const auto& reading : kind_.readings) reading->describe(card_, builder);
  if (schema.size() == before) return failure("{} supports nothing of what is asked for", card_.name());
  if (state_) state_->described(card_.labels());
  return {};
}

Result<Sampled> NvidiaSource::read(Row& row) {
  // Put away: describe() says why, and finds it again when it is time.
  if (!card_.bound()) return Sampled::layout_changed;
  card_.begin_row();
  for (const auto& reading : kind_.readings) {
    if (reading->sample(card_, row) != Sampled::layout_changed) continue;
    if (card_.take_changed()) probed_ = false;
    return Sampled::layout_changed;
  }
  if (card_.lost() != Code::success) {
    card_.forget();
    return std::unexpected(card_.trouble());
  }
  if (!card_.take_changed()) return Sampled::ok;
  probed_ = false;
  return Sampled::layout_changed;
}

Result<Sampled> NvidiaSource::sample(Row& row) {
  auto sampled = read(row);
  if (state_ && (!sampled || *sampled == Sampled::ok)) state_->ended(card_.clock().mono(), sampled.has_value());
  return sampled;
}

std::vector<Unsupported> NvidiaSource::unsupported() const {
  std::vector<Unsupported> all;
  for (const auto& reading : kind_.readings) all.insert(all.end(), reading->unsupported().begin(), reading->unsupported().end());
  return all;
}

}  // namespace tacho::sampler
