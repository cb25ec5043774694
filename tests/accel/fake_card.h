// A card's two sources over the fake library.
#pragma once

#include <memory>
#include <string>

#include "card_rows.h"
#include "fake_nvml.h"
#include "sampler/accel/nvidia/source.h"

namespace tacho::sampler {

// A recorded H200 and its sources.
class FakeCard {
 public:
  explicit FakeCard(const std::string& library = FAKE_NVML) : nvml(library) { nvml.play("h200_580.txt"); }

  Watched& fast() { return get(fast_, nvidia_fast()).watched; }
  Watched& slow() { return get(slow_, nvidia_slow()).watched; }
  NvidiaSource& fast_source() { return get(fast_, nvidia_fast()).source; }
  NvidiaSource& slow_source() { return get(slow_, nvidia_slow()).source; }
  // A second passes, then a tick of the fast source.
  void tick(std::int64_t ms = 1000) {
    clock.advance_ms(ms);
    fast().tick();
  }

  FakeNvml nvml;
  FixedClock clock{1'790'000'000'000'000'000};
  std::shared_ptr<nvml::Session> session = std::make_shared<nvml::Session>(std::vector<std::string>{nvml.path()});
  std::shared_ptr<AccelState> state = std::make_shared<AccelState>();

 private:
  struct Sourced {
    Sourced(NvidiaSource::Kind kind, NvidiaCard card, std::shared_ptr<AccelState> state)
        : source(std::move(kind), std::move(card), std::move(state)), watched(source) {}
    NvidiaSource source;
    Watched watched;
  };
  Sourced& get(std::unique_ptr<Sourced>& which, NvidiaSource::Kind kind) {
    if (!which) which = std::make_unique<Sourced>(std::move(kind), NvidiaCard(session, {.index = 0}, clock), state);
    return *which;
  }
  std::unique_ptr<Sourced> fast_, slow_;
};

}  // namespace tacho::sampler
