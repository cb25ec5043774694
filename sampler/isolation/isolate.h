// Devices' sources out of the agent: each device in a child of its own, so that a library that crashes over one of them takes nothing else along.
//
// One child a device, not one for all: a crash costs every source in the process its row and what it had summed up, and a device over which the
// library crashes again and again would take the others down each time.
#pragma once

#include <memory>
#include <vector>

#include "sampler/isolation/device_sources.h"
#include "sampler/source.h"

namespace tacho::sampler {

// Appends to `sources` what stands for the devices' sources, and a source that tells how the children do (child_source.h).
// Requires: the process has no other thread; none of the sources was described.
Result<void> isolate(std::vector<DeviceSources> devices, std::vector<std::unique_ptr<Source>>& sources);

}  // namespace tacho::sampler
