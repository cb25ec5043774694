// Errors that the driver reports, its XIDs: each counted once, by its number, however many come between two ticks.
//
// Source   an event set, emptied every tick without waiting: the driver queues events until they are read, so that two
//          equal ones in a row are two. What happened before the agent registered is not in it.
// Zeros    the errors that tell of broken hardware or a stuck driver have a series from the start: of a counter that appears with 1,
//          rate() and increase() see nothing, and such an error often comes once. Others get theirs when they first come.
// Misses   an error after which the driver can say nothing (79, fallen off the bus; 119, firmware silent) may not come this way; the
//          kernel's log has it.
// Cost     0.5 us a tick without events (H200, driver 580).
#pragma once

#include <cstdint>
#include <vector>

#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaEvents final : public NvidiaReading {
 public:
  ~NvidiaEvents() override;

  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

  bool listens() const { return set_ != nullptr; }
  // Errors since the card was found after which nothing of it can be trusted.
  unsigned fatal() const { return fatal_; }

 private:
  struct Xid {
    nvml::U64 number;
    double count = 0;
    std::size_t column = kNoColumn;
  };

  void probe(NvidiaCard& card) override;
  void close();
  Xid& of(nvml::U64 number);

  const nvml::Functions* functions_ = nullptr;  // that the set came from
  nvml::EventSet set_ = nullptr;
  unsigned binding_ = 0;  // the card's, when the set was made
  std::vector<Xid> xids_;
  unsigned fatal_ = 0;
  nvml::U64 last_ = 0;
  double last_seconds_ = 0;  // Unix time; 0: none yet
  std::size_t last_column_ = kNoColumn;
  std::size_t last_time_column_ = kNoColumn;
};

}  // namespace tacho::sampler
