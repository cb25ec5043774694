// A card's two sources over the fake library.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "../sampler/source_fixture.h"
#include "fake_nvml.h"
#include "proto/base/number.h"
#include "sampler/accel/nvidia_source.h"

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

// "name{a="b"}" without the labels that every series of the card has.
inline std::string short_name(const Labels& labels) {
  Labels out = labels;
  for (const char* common : {"vendor", "accel", "uuid", "pci_bus_id", "model"}) out.erase(common);
  return out.to_string();
}

// What a source's row says, absent cells left out.
inline std::map<std::string, double> row_of(const Watched& watched) {
  std::map<std::string, double> out;
  for (const store::SeriesInfo& info : watched.schema()) {
    const double value = watched(info.labels.to_string());
    if (!is_absent(value)) out[short_name(info.labels)] = value;
  }
  return out;
}

inline std::string text_of(const std::map<std::string, double>& row) {
  std::string out;
  for (const auto& [name, value] : row) {
    out += name + " ";
    append_text_number(out, value);
    out += "\n";
  }
  return out;
}

}  // namespace tacho::sampler
