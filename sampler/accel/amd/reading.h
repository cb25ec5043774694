// A part of what a card of amdgpu's tells: some series, and the files that fill them.
//
// Life     describe() finds out what there is and adds its series; sample() fills a row. What a file does not hold now is absent:
//          the driver answers EBUSY or EPERM while the card is being reset or wakes.
// Twice    a number that several files have is taken from the first reading that has it (catalogue.h, SchemaBuilder).
// Threads  one.
#pragma once

#include <string>
#include <vector>

#include "sampler/accel/amd/card.h"
#include "sampler/accel/value_name.h"
#include "sampler/catalogue.h"
#include "sampler/source.h"

namespace tacho::sampler {

// What has no series and why, for people who ask.
struct Missing {
  ValueName name;  // its metric may be the name of a file
  std::string why;
};

class AmdReading {
 public:
  virtual ~AmdReading() = default;

  virtual void describe(const AmdCard& card, SchemaBuilder& builder) = 0;
  // layout_changed: describe anew. Sums that were made until then are kept.
  virtual Sampled sample(Row& row) = 0;

  const std::vector<Missing>& missing() const { return missing_; }

 protected:
  std::vector<Missing> missing_;
};

}  // namespace tacho::sampler
