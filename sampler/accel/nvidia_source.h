// An NVIDIA card as a source. Two for each card, each with a thread of its own:
//
//   nvidiaN       every tick: how busy, memory, power, temperature, clocks, throttling, traffic, errors, instances
//   nvidiaN_slow  every 10 s: energy, memory errors, limits, links one by one, processes, who the card is
//
// N        the card's number in the order of PCI addresses, the label `accel`: stable over restarts and over NVML's own numbering,
//          which follows environment variables and failures. What a series belongs to is said by its label uuid; the group's name only
//          has to be somebody's.
// Two      a call for the slow group costs up to 3 ms: in the same group it would make the fast row late, and most of its cells
//          would be absent in most rows. Two groups have an interval each that can be configured and read. Both hang with their
//          card, and neither with another's: a cheap call of one thread is not held up by a dear one of another (measured).
// Config   all cards' fast sources are sampling.sources.nvidia, all slow ones nvidia_slow.
// Lost     a card that answers "lost" or takes seconds for a call gives no rows and is asked again after 30 s; when it is back
//          it is found anew, and events, snapshots and series with it. accel_up (accel_source.h) is 0 meanwhile.
// Never    a CUDA context, a setting changed, a call that waits.
// Source   NVML, see nvml_api.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sampler/accel/accel_state.h"
#include "sampler/accel/nvidia_card.h"
#include "sampler/accel/nvidia_reading.h"
#include "sampler/source.h"

namespace tacho::sampler {

class NvidiaSource final : public Source {
 public:
  struct Kind {
    std::string_view suffix;  // of the name
    std::string_view configured_as;
    std::int64_t interval_ms;
    std::int64_t settling_ms;
    std::vector<std::unique_ptr<NvidiaReading>> readings;
  };

  // `state`: where accel_up is made of; null for the slow source.
  NvidiaSource(Kind kind, NvidiaCard card, std::shared_ptr<AccelState> state);

  std::string_view name() const override { return name_; }
  std::string_view configured_as() const override { return kind_.configured_as; }
  std::int64_t default_interval_ms() const override { return kind_.interval_ms; }
  std::int64_t settling_ms() const override { return kind_.settling_ms; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

  // For people who ask what there is. Requires: described.
  const NvidiaCard& card() const { return card_; }
  std::vector<Unsupported> unsupported() const;

 private:
  Result<Sampled> read(Row& row);

  const std::string name_;
  NvidiaCard card_;  // outlives the readings, which free what they got from its library
  Kind kind_;
  std::shared_ptr<AccelState> state_;
  bool probed_ = false;
};

// The two kinds.
NvidiaSource::Kind nvidia_fast();
NvidiaSource::Kind nvidia_slow();

}  // namespace tacho::sampler
