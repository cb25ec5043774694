// What accelerators a node has, for people: which answer, by what library, and what they do not support and why.
//
// Blocking asks the vendors' libraries in the caller's thread; a card that hangs, hangs the caller.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sampler/accel_sources.h"
#include "sampler/source.h"

namespace tacho::sampler {

struct AccelReport {
  struct Card {
    std::string vendor, number, pci_bus_id, model, uuid;
    std::string problem;  // why it does not answer; "" if it does
    std::size_t series = 0;
    std::size_t slow_series = 0;
    std::vector<std::pair<std::string, std::string>> unsupported;  // what, why
  };
  std::vector<Card> cards;
  std::vector<std::string> libraries;  // those that were opened, and their versions, a line each
};

AccelReport report_accelerators(const Roots& roots, const AccelOptions& options);

}  // namespace tacho::sampler
