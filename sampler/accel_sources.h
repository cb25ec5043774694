// All sources of accelerators: for each card that the node shows, those of its vendor, and one that says which cards answer.
//
// Quick    only sysfs is read here. Vendors' libraries are opened by the sources' own threads, which may hang; so a library or
//          driver that comes later is found.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/accel/card_slot.h"
#include "sampler/accel/nvml_session.h"
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

// None on a node without accelerators.
std::vector<std::unique_ptr<Source>> make_accel_sources(const Roots& roots, const AccelOptions& options);
// What Source::configured_as() of any of them can be, on whatever machine.
std::span<const std::string_view> accel_source_names();

}  // namespace tacho::sampler
