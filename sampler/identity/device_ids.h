// The names that device plugins give to accelerators, and which accelerator each means.
//
// Shape    parse_device_id() says what an id of a resource names: a card by its uuid, its PCI address or one of the numbers it has with its
//          driver, or a part of one. Ids of what is no accelerator (a network card, a CPU) are `other`; those of a vendor's, in a form
//          that is not known, `unknown`.
// Shares   "GPU-...::3" and "nvidia0/vgpu1" are the card itself, given out several times; whether somebody else has it too, the list of
//          all containers says, not the id.
// Threads  any.   Source  the vendors' device plugins, as read; docs/identity.md lists the forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sampler/identity/pod_resources.h"

namespace tacho::sampler {

struct DeviceName {
  enum class By : std::uint8_t {
    other,           // no accelerator
    unknown,         // a vendor's, in a form that nobody here knows
    uuid,            // the card's: "GPU-8c1e..."
    partition_uuid,  // of a part of some card: "MIG-..."
    address,         // "0000:3b:00.0"
    minor,           // the number in the driver's device node: nvidia0
    physical,        // Huawei's physical id: Ascend910-3
    index,           // the vendor's n-th
    share,           // of a card, but the id does not say of which: "vdev3"
  };
  By by = By::other;
  std::string vendor;     // as the label `vendor` has it
  std::string value;      // normalised
  std::string partition;  // of the card that the rest names: "3"; "": the whole card

  bool operator==(const DeviceName&) const = default;
};

DeviceName parse_device_id(std::string_view resource, std::string_view id);
// A device of a claim: its CDI name, else its name with the driver.
DeviceName parse_claimed(const ClaimedDevice& claimed);
// A list of ids as Huawei's plugin writes it into a pod's annotation: "Ascend910-0,Ascend910-1".
std::vector<DeviceName> parse_ascend_list(std::string_view list);

}  // namespace tacho::sampler
