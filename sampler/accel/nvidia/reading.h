// A part of what an NVIDIA card is asked for (library_reading.h).
#pragma once

#include "sampler/accel/library_reading.h"
#include "sampler/accel/nvidia/card.h"

namespace tacho::sampler {

using Unsupported = UnsupportedBy<nvml::Code>;
using NvidiaReading = LibraryReading<NvidiaCard>;

}  // namespace tacho::sampler
