// A field of nvmlDeviceGetFieldValues, as it lies in memory.
#pragma once

#include <stdint.h>

#include "tests/accel/probe/call.h"

namespace nvml_probe {

struct Field {
  u32 id, scope;
  int64_t time_us, latency_us;
  u32 type;
  int rc;
  u8 value[8];
};
static_assert(sizeof(Field) == 40);

}  // namespace nvml_probe
