// Who has which accelerator by the kubelet's list, or why nobody can be said to.
//
// Shape    one Held for each device: a card, each part of a partitioned one, and what the list gives out under a uuid that no card here
//          has (cards that are only seen through another exporter).
// Rules    two pods with one card share it, and it is nobody's; two containers of one pod: it is the pod's. A partitioned card as a whole
//          belongs to whom all of its parts belong to. Pods that have ended have nothing. Where Huawei's plugin has written into an
//          annotation which chips it really mounted, that counts, and not the kubelet's list.
// Threads  pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sampler/identity/card_list.h"
#include "sampler/identity/pod_resources.h"
#include "sampler/identity/pods.h"

namespace tacho::sampler {

enum class AttributionReason {
  attributed,
  free,           // no pod has it
  shared,         // several have it
  partitioned,    // its parts are different pods'
  not_started,    // a pod has it whose container does not run yet
  unknown_id,     // the kubelet has given out ids of this vendor's that nobody here can read, or that name no card here
  other_chip,     // the kubelet's id is not the chip that was mounted
  no_answer_yet,  // the kubelet has not been heard of
  no_socket,
  permission,
  rate_limited,
  timed_out,
  kubelet_error,
};
std::string_view name_of(AttributionReason reason);
AttributionReason reason_of(KubeletFault fault);

// A device as a scope of its own.
struct DeviceScope {
  std::string vendor, accel, uuid, pci_bus_id;
  std::string partition;  // "": the card

  // "nvidia GPU-8c1e...", "nvidia GPU-8c1e.../3": the same as long as the card is the same.
  std::string name() const;
  auto operator<=>(const DeviceScope&) const = default;
};

struct Holder {
  std::string name_space;
  std::string pod;
  std::string container;  // "": several of the pod's

  bool operator==(const Holder&) const = default;
};

struct Held {
  DeviceScope device;
  AttributionReason reason = AttributionReason::free;
  Holder holder;  // of attributed

  bool operator==(const Held&) const = default;
};

struct HoldersResult {
  std::vector<Held> held;            // cards in their order, each before its parts
  std::vector<std::string> unknown;  // "RESOURCE ID" that could not be read or found, each once
};

HoldersResult find_holders(const std::vector<Card>& cards, const std::vector<PodEntry>& list, const std::vector<Pod>& pods);

// The pod of this name that is meant: of several incarnations one that has not ended, the youngest. nullptr: none.
const Pod* find_pod(const std::vector<Pod>& pods, std::string_view name_space, std::string_view name);

}  // namespace tacho::sampler
