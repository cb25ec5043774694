// All sources of accelerators: for each card that the node shows, those of its vendor, and one that says which cards answer.
//
// Quick    only sysfs is read here. Vendors' libraries are opened by the sources' own threads, which may hang; so a library or
//          driver that comes later is found.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/accel/card_slot.h"
#include "sampler/accel/nvidia/nvml_session.h"
#include "sampler/source.h"

namespace tacho::sampler {

struct AccelOptions {
  // libnvidia-ml.so.1; "": where the loader finds it, then where drivers are installed, below rootfs too.
  std::string nvml_library;
  // Those that are made after it: Iluvatar's libixml.so and Enflame's libefml.so.
  std::string ixml_library;
  std::string efml_library;
  // libdcmi.so, likewise.
  std::string dcmi_library;

  // TACHO_NVML_LIBRARY, TACHO_IXML_LIBRARY, TACHO_EFML_LIBRARY and TACHO_DCMI_LIBRARY, for tests and for odd places.
  static AccelOptions from_environment();
};

// A vendor whose cards are asked through NVML or a library made after it, and its cards on this node.
struct NvmlVendor {
  std::shared_ptr<nvml::Session> session;
  std::vector<CardSlot> slots;
};
// Those of which the node shows any.
std::vector<NvmlVendor> nvml_vendors(const Roots& roots, const AccelOptions& options);

// Where the vendors' libraries work: in threads of the agent, or each device's in a process of its own (sampler/isolation/).
enum class AccelIsolation : std::uint8_t { thread, process };

// None on a node without accelerators. They work in the process that has them.
std::vector<std::unique_ptr<Source>> make_accel_sources(const Roots& roots, const AccelOptions& options);
// The same in children. Requires: the process has one thread, and nothing open that a child should not have. An error when the process
// that is to start them cannot be started.
Result<std::vector<std::unique_ptr<Source>>> make_isolated_accel_sources(const Roots& roots, const AccelOptions& options);
// What Source::configured_as() of any of them can be, on whatever machine.
std::span<const std::string_view> accel_source_names();

}  // namespace tacho::sampler
