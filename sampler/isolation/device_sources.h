// What fails together: the sources of one device.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sampler/accel/accel_state.h"
#include "sampler/source.h"

namespace tacho::sampler {

struct DeviceSources {
  std::string name;
  std::shared_ptr<AccelState> state;  // fed by the first source, in whatever process that is sampled
  std::vector<std::unique_ptr<Source>> sources;
};

}  // namespace tacho::sampler
