// A card of amdgpu's as a source. Two for each card, each with a thread of its own, for the driver's files can hang with their card:
//
//   amdN       every tick: how busy, memory, power, temperatures, clocks, throttling, traffic between cards, energy
//   amdN_slow  every 10 s: who the card is, limits, the PCIe link, errors, processes
//
// N        the card's number in the order of PCI addresses, the label `accel`. Hygon's are hygonN and hygonN_slow.
// Config   all cards' fast sources are sampling.sources.amd, all slow ones amd_slow; hygon and hygon_slow.
// Asleep   a card that is runtime-suspended is not read (amd_card.h): its rows are there and empty, and accel_up stays 1. One that sleeps
//          when the agent starts is described when it first is awake.
// Gone     a card without its driver, or off the bus, gives no rows; accel_up is 0. When it is back it is described anew.
// Source   sysfs; see amd_files.h, amd_metrics.h, amd_ras.h, amd_info.h, amd_processes.h. No library.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "sampler/accel/accel_state.h"
#include "sampler/accel/amd/reading.h"

namespace tacho::sampler {

class AmdSource final : public Source {
 public:
  struct Kind {
    std::string_view suffix;  // of the name
    std::int64_t interval_ms;
    std::vector<std::unique_ptr<AmdReading>> readings;
  };

  // `state`: where accel_up is made of; null for the slow source.
  AmdSource(Kind kind, AmdCard card, std::shared_ptr<AccelState> state, const Clock& clock = system_clock());

  std::string_view name() const override { return name_; }
  std::string_view configured_as() const override { return configured_as_; }
  std::int64_t default_interval_ms() const override { return kind_.interval_ms; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

  // For people who ask what there is. Requires: described.
  const AmdCard& card() const { return card_; }
  const std::vector<Missing>& missing() const { return missing_; }

 private:
  Result<Sampled> read(Row& row);
  void gather_missing(std::span<const store::SeriesInfo> series);

  AmdCard card_;
  Kind kind_;
  const std::string name_;
  const std::string configured_as_;
  std::shared_ptr<AccelState> state_;
  const Clock& clock_;
  bool gone_ = false;  // since it was described
  std::vector<Missing> missing_;
};

// The two kinds.
AmdSource::Kind amd_fast();
AmdSource::Kind amd_slow();

}  // namespace tacho::sampler
