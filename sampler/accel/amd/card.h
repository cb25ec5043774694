// One card of AMD's driver amdgpu, as one source sees it: where its files lie, who it is, whether it may be asked.
//
// Also     Hygon's DCUs: their drivers hycu and hydcu are made of amdgpu and show the same files. They have the label vendor="hygon".
// Found    SYSFS/bus/pci/devices: what has one of these drivers, and AMD's accelerators that have none yet; nothing can hang there.
// Paths    by the PCI address, which stays; the numbers of /sys/class/drm and hwmon are others after the driver was loaded anew.
// look()   a pread or two a row: power/runtime_status and uevent, which the PCI bus answers and not the card. A card that sleeps
//          (runtime-suspended) is not read: every read of the driver's files would wake it, and keep it from sleeping again.
// Names    labels() go on every series: vendor, accel (the card's number on this node, in the order of PCI addresses), uuid
//          (unique_id; consumer cards have none), pci_bus_id, model.
// Threads  one. Each source of a card has an AmdCard of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/base/labels.h"
#include "sampler/accel/card_slot.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

struct AmdSlot {
  CardSlot slot;
  std::string vendor;  // "amd" or "hygon"
};

// In the order of their addresses, each vendor's numbered from 0.
std::vector<AmdSlot> amd_slots(const Roots& roots);

class AmdCard {
 public:
  enum class State { awake, asleep, gone };

  AmdCard(const Roots& roots, AmdSlot slot);

  // Allocates nothing.
  State look();
  // Reads who it is and finds its sensors. Requires: awake.
  void identify();
  // For messages.
  std::string name() const;
  const AmdSlot& slot() const { return slot_; }
  const std::string& vendor() const { return slot_.vendor; }
  // Requires: identified.
  const std::vector<Label>& labels() const { return labels_; }
  std::vector<Label> labels_and(std::vector<Label> more) const;
  const std::string& driver() const { return driver_; }

  const std::string& sysfs() const { return sysfs_; }
  // Of its files, with '/' at the end.
  const std::string& folder() const { return folder_; }
  // Of its sensors, the same way; "": it has none.
  const std::string& hwmon() const { return hwmon_; }

 private:
  const AmdSlot slot_;
  const std::string sysfs_;
  const std::string folder_;
  KernelFile uevent_;
  KernelFile runtime_status_;
  std::string hwmon_;
  std::string driver_;
  std::vector<Label> labels_;
};

}  // namespace tacho::sampler
