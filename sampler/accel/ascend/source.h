// An Ascend NPU as a source. Four for each, each with a thread of its own:
//
//   ascendN            every tick: how busy, memory, power, energy, temperature, clock, voltage, health, faults, RoCE packets
//   ascendN_slow       every 10 s: who it is, processes, memory errors, PCIe link, and what takes 36 ms a call
//   ascendN_network    every 10 s: whether its network port reaches anybody; a call that has been seen to block
//   ascendN_bandwidth  every 10 s, off unless it is asked for: calls that block for the time they measure
//
// N        the NPU's number in the order of PCI addresses, the label `accel`.
// Config   sampling.sources.ascend, ascend_slow, ascend_network, ascend_bandwidth.
// Lost     an NPU that has dropped off the bus, is being reset, or takes seconds for a call gives no rows and is asked again after
//          30 s; accel_up (accel_source.h) is 0 meanwhile. The network's source does so after a call that took more than a second.
// Never    a setting changed, a program started.
// Source   DCMI, see dcmi_api.h.
#pragma once

#include "sampler/accel/ascend/card.h"
#include "sampler/accel/ascend/reading.h"
#include "sampler/accel/library_source.h"

namespace tacho::sampler {

using AscendSource = LibrarySource<AscendCard>;

inline constexpr std::int64_t kNetworkPatience = kNsPerSecond;

AscendSource::Kind ascend_fast();
// `sysfs`: for the PCIe link.
AscendSource::Kind ascend_slow(const std::string& sysfs);
AscendSource::Kind ascend_network();
AscendSource::Kind ascend_bandwidth();

}  // namespace tacho::sampler
