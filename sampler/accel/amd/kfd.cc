#include "sampler/accel/amd/kfd.h"

#include <fmt/format.h>

#include <algorithm>

#include "sampler/folders.h"
#include "sampler/short_text.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct Place {
  std::uint64_t location = 0;  // bus << 8 | device << 3 | function, and the partition in the top four bits of 32
  std::uint64_t domain = 0;
};

Place place_of(std::string_view properties) {
  Place place;
  for (Lines lines(properties); lines.next();) {
    std::string_view line = lines.line();
    const std::string_view name = take_word(line);
    if (name == "location_id") place.location = take_u64(line).value_or(0);
    if (name == "domain") place.domain = take_u64(line).value_or(0);
  }
  return place;
}

// As the PCI bus has it: "0000:3b:00.0".
std::string address_of(const Place& place) {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", place.domain, place.location >> 8 & 0xff, place.location >> 3 & 0x1f,
                     place.location & 7);
}

}  // namespace

std::vector<KfdNode> kfd_nodes(const AmdCard& card) {
  std::vector<KfdNode> found;
  const std::string nodes = card.sysfs() + "/class/kfd/kfd/topology/nodes";
  for (const std::string& node : list_numbered(nodes, "").value_or(std::vector<std::string>())) {
    const std::string folder = fmt::format("{}/{}/", nodes, node);
    const std::string id = label_text(folder + "gpu_id");
    if (id.empty() || id == "0" || id.find_first_not_of("0123456789") != std::string::npos) continue;
    const Place place = place_of(read_file(folder + "properties").value_or(""));
    if (address_of(place) != card.slot().slot.pci_bus_id) continue;
    found.push_back({id, static_cast<unsigned>(place.location >> 28 & 0xf)});
  }
  std::stable_sort(found.begin(), found.end(), [](const KfdNode& a, const KfdNode& b) { return a.partition < b.partition; });
  return found;
}

}  // namespace tacho::sampler
