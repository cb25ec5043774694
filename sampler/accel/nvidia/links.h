// The card's NVLinks, one by one: up or down, speed, errors. What goes over all of them together is a field of every tick
// (nvidia_tables.h).
//
// Source   nvmlDeviceGetNvLinkState; the driver's fields with the link as their scope, all links' in one call.
// Links    the library is asked for link after link until it knows no more; cards have had 4 to 36.
#pragma once

#include <vector>

#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaLinks final : public NvidiaReading {
 public:
  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;

 private:
  struct Link {
    nvml::U32 number;
    std::size_t column = kNoColumn;
  };
  void probe(NvidiaCard& card) override;

  std::vector<Link> links_;
  std::vector<nvml::FieldValue> asked_;
  std::vector<std::size_t> kinds_;    // of asked_: into the table of fields
  std::vector<std::size_t> columns_;  // of asked_
};

}  // namespace tacho::sampler
