// A part of what an NVIDIA card is asked for: some series, and the calls that fill them.
//
// Life     probe() finds out what the card supports and is called when the card was found, or its partitions changed; describe()
//          adds the series of what it does; sample() fills a row. What the card does not support has no series.
// Codes    "not supported" and its like mean no series. All other failures mean no value this time.
// Lost     a call that shows the card to be gone is the card's to remember (nvidia_card.h); a reading just goes on.
// Threads  one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sampler/accel/nvidia_card.h"
#include "sampler/catalogue.h"
#include "sampler/source.h"

namespace tacho::sampler {

// What has no series and why, for people who ask.
struct Unsupported {
  std::string what;
  nvml::Code code;
};

class NvidiaReading {
 public:
  virtual ~NvidiaReading() = default;

  void find_out(NvidiaCard& card) {
    unsupported_.clear();
    probe(card);
  }
  virtual void describe(const NvidiaCard& card, SchemaBuilder& builder) = 0;
  // layout_changed: describe anew. Counts and sums that were drained from the driver until then are kept.
  virtual Sampled sample(NvidiaCard& card, Row& row) = 0;

  const std::vector<Unsupported>& unsupported() const { return unsupported_; }

 protected:
  virtual void probe(NvidiaCard& card) = 0;

  // Whether there are series for a call that answered so. What can be had in several ways is unsupported if no way is there.
  bool supported(std::string_view what, nvml::Code code) {
    std::erase_if(unsupported_, [&](const Unsupported& u) { return u.what == what; });
    if (!nvml::is_unsupported(code)) return true;
    unsupported_.push_back({std::string(what), code});
    return false;
  }

 private:
  std::vector<Unsupported> unsupported_;
};

}  // namespace tacho::sampler
