#include "sampler/accel/nvidia/source.h"

#include "sampler/accel/nvidia/activity.h"
#include "sampler/accel/nvidia/ecc.h"
#include "sampler/accel/nvidia/events.h"
#include "sampler/accel/nvidia/gpm.h"
#include "sampler/accel/nvidia/health.h"
#include "sampler/accel/nvidia/info.h"
#include "sampler/accel/nvidia/links.h"
#include "sampler/accel/nvidia/memory.h"
#include "sampler/accel/nvidia/odd_calls.h"
#include "sampler/accel/nvidia/partitions.h"
#include "sampler/accel/nvidia/power.h"
#include "sampler/accel/nvidia/processes.h"
#include "sampler/accel/nvidia/tables.h"
#include "sampler/accel/nvidia/throttle.h"

namespace tacho::sampler {

NvidiaSource::Kind nvidia_fast(const nvml::Flavour& flavour) {
  NvidiaSource::Kind kind{.family = flavour.vendor,
                          .suffix = "",
                          .configured_as = flavour.vendor,
                          .interval_ms = 0,
                          .settling_ms = NvidiaGpm::kSettlingMs,
                          .readings = {}};
  auto& r = kind.readings;
  // First what can change the layout, and then what empties the driver's buffers.
  auto events = std::make_unique<NvidiaEvents>();
  auto health = std::make_unique<NvidiaHealth>(*events);
  r.push_back(std::move(events));
  r.push_back(std::make_unique<NvidiaPartitions>());
  r.push_back(std::make_unique<NvidiaMemory>());
  auto gpm = std::make_unique<NvidiaGpm>();
  auto activity = std::make_unique<NvidiaActivity>(*gpm);
  r.push_back(std::move(gpm));
  r.push_back(std::move(activity));
  r.push_back(std::make_unique<NvidiaPower>());
  r.push_back(std::make_unique<NvidiaThrottle>());
  r.push_back(std::make_unique<NvidiaCalls>(nvidia_calls()));
  r.push_back(std::make_unique<NvidiaFields>(nvidia_fields()));
  r.push_back(std::move(health));
  return kind;
}

NvidiaSource::Kind nvidia_slow(const nvml::Flavour& flavour) {
  NvidiaSource::Kind kind{.family = flavour.vendor,
                          .suffix = "_slow",
                          .configured_as = flavour.slow_name,
                          .interval_ms = 10'000,
                          .settling_ms = 0,
                          .readings = {}};
  auto& r = kind.readings;
  r.push_back(std::make_unique<NvidiaInfo>());
  r.push_back(std::make_unique<NvidiaProcesses>());
  r.push_back(std::make_unique<NvidiaCalls>(nvidia_slow_calls()));
  r.push_back(std::make_unique<NvidiaFields>(nvidia_slow_fields()));
  r.push_back(std::make_unique<NvidiaOddCalls>());
  r.push_back(std::make_unique<NvidiaEcc>());
  r.push_back(std::make_unique<NvidiaLinks>());
  r.push_back(std::make_unique<NvidiaCalls>(nvidia_seldom_calls(), kSeldom));
  return kind;
}

}  // namespace tacho::sampler
