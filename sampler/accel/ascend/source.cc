#include "sampler/accel/ascend/source.h"

#include "sampler/accel/ascend/activity.h"
#include "sampler/accel/ascend/ecc.h"
#include "sampler/accel/ascend/errors.h"
#include "sampler/accel/ascend/info.h"
#include "sampler/accel/ascend/memory.h"
#include "sampler/accel/ascend/packets.h"
#include "sampler/accel/ascend/power.h"
#include "sampler/accel/ascend/traffic.h"
#include "sampler/accel/ascend/values.h"

namespace tacho::sampler {
namespace {

constexpr std::int64_t kSlowMs = 10'000;

AscendSource::Kind kind_of(std::string_view suffix, std::string_view configured_as, std::int64_t interval_ms) {
  return {.family = "ascend",
          .suffix = suffix,
          .configured_as = configured_as,
          .interval_ms = interval_ms,
          .settling_ms = 0,
          .readings = {}};
}

}  // namespace

AscendSource::Kind ascend_fast() {
  AscendSource::Kind kind = kind_of("", "ascend", 0);
  auto& r = kind.readings;
  // First what can change the layout.
  r.push_back(std::make_unique<AscendErrors>());
  r.push_back(std::make_unique<AscendActivity>());
  r.push_back(std::make_unique<AscendMemory>());
  r.push_back(std::make_unique<AscendPower>());
  r.push_back(std::make_unique<AscendCalls>(ascend_calls()));
  r.push_back(std::make_unique<AscendPackets>());
  return kind;
}

AscendSource::Kind ascend_slow(const std::string& sysfs) {
  AscendSource::Kind kind = kind_of("_slow", "ascend_slow", kSlowMs);
  auto& r = kind.readings;
  r.push_back(std::make_unique<AscendProcesses>());
  r.push_back(std::make_unique<AscendInfo>(sysfs));
  r.push_back(std::make_unique<AscendEcc>());
  r.push_back(std::make_unique<AscendCalls>(ascend_slow_calls()));
  r.push_back(std::make_unique<AscendRates>());
  return kind;
}

AscendSource::Kind ascend_network() {
  AscendSource::Kind kind = kind_of("_network", "ascend_network", kSlowMs);
  kind.readings.push_back(std::make_unique<AscendNetwork>());
  return kind;
}

AscendSource::Kind ascend_bandwidth() {
  AscendSource::Kind kind = kind_of("_bandwidth", "ascend_bandwidth", kSlowMs);
  kind.readings.push_back(std::make_unique<AscendBandwidth>());
  kind.on_by_default = false;
  return kind;
}

}  // namespace tacho::sampler
