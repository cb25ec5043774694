#include "sampler/identity/device_ids.h"

#include <algorithm>
#include <array>

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

using By = DeviceName::By;

struct Vendor {
  std::string_view domain;  // of the resource, with what follows of it
  std::string_view name;
};
constexpr Vendor kVendors[] = {{"nvidia.com/", "nvidia"},       {"huawei.com/", "huawei"},     {"amd.com/", "amd"},
                               {"hygon.com/", "hygon"},         {"iluvatar.com/", "iluvatar"}, {"iluvatar.ai/", "iluvatar"},
                               {"cambricon.com/", "cambricon"}, {"gpu.intel.com/", "intel"},   {"enflame.com/", "enflame"}};
// Resources of theirs that are no accelerators.
constexpr std::string_view kOthers[] = {"nvidia.com/hostdev", "nvidia.com/rdma", "huawei.com/rdma"};

bool is_digits(std::string_view s) {
  return !s.empty() && s.size() <= 9 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool is_hex(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}
std::string lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}
// Without zeros before it: "03" and "3" are one number.
std::string number(std::string_view digits) {
  const std::size_t at = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return std::string(digits.substr(at));
}
bool take_prefix(std::string_view& s, std::string_view prefix) {
  if (!s.starts_with(prefix)) return false;
  s.remove_prefix(prefix.size());
  return true;
}

// "0000:3b:00.0" of "3B:00.0", "0000:3b:00.0", "00000000:3B:00.0"; "" for all else.
std::string pci_address(std::string_view id) {
  std::array<std::string_view, 3> parts;
  std::string_view rest = id;
  const auto colons = std::count(id.begin(), id.end(), ':');
  if (colons != 1 && colons != 2) return "";
  parts[0] = colons == 2 ? take_until(rest, ':') : "0000";
  parts[1] = take_until(rest, ':');
  parts[2] = rest;
  if (parts[0].size() == 8 && parts[0].starts_with("0000")) parts[0].remove_prefix(4);
  const bool fits = parts[0].size() == 4 && parts[1].size() == 2 && parts[2].size() == 4 && is_hex(parts[0]) &&
                    is_hex(parts[1]) && is_hex(parts[2].substr(0, 2)) && parts[2][2] == '.' && is_digits(parts[2].substr(3));
  return fits ? lower(fmt::format("{}:{}:{}", parts[0], parts[1], parts[2])) : "";
}

// "0", "0/gi3", "0/vgpu1", "0/gi3/vgpu1", behind "nvidia".
DeviceName nvidia_node(std::string_view rest) {
  const std::string_view minor = take_until(rest, '/');
  DeviceName name{By::minor, "nvidia", "", ""};
  if (!is_digits(minor)) return {By::unknown, "nvidia", "", ""};
  name.value = number(minor);
  while (!rest.empty()) {
    std::string_view part = take_until(rest, '/');
    const bool is_partition = take_prefix(part, "gi");
    if ((!is_partition && !take_prefix(part, "vgpu")) || !is_digits(part)) return {By::unknown, "nvidia", "", ""};
    if (is_partition) name.partition = number(part);
  }
  return name;
}

DeviceName nvidia_id(std::string_view id) {
  std::string_view rest = id;
  // The old form has the card's uuid and the instances' numbers.
  if (take_prefix(rest, "MIG-GPU-")) {
    DeviceName name{By::uuid, "nvidia", "GPU-" + std::string(take_until(rest, '/')), ""};
    const std::string_view instance = take_until(rest, '/');
    if (!is_digits(instance)) return {By::unknown, "nvidia", "", ""};
    name.partition = number(instance);
    return name;
  }
  if (id.starts_with("MIG-") && id.find('/') == std::string_view::npos)
    return {By::partition_uuid, "nvidia", std::string(id), ""};
  if (id.starts_with("GPU-") && id.find('/') == std::string_view::npos) return {By::uuid, "nvidia", std::string(id), ""};
  if (take_prefix(rest, "nvidia")) return nvidia_node(rest);
  return {By::unknown, "nvidia", "", ""};
}

// "Ascend910-3", "Ascend310P-0"; a virtual one has what it is made of between: "Ascend910-2c-100-3" is of card 3.
DeviceName ascend_id(std::string_view id) {
  const std::size_t last = id.rfind('-');
  if (!id.starts_with("Ascend") || last == std::string_view::npos || !is_digits(id.substr(last + 1)))
    return {By::unknown, "huawei", "", ""};
  return {By::physical, "huawei", number(id.substr(last + 1)), ""};
}

// "card0-0": the driver's node, and which of its shares.
DeviceName intel_id(std::string_view id) {
  std::string_view rest = id;
  if (!take_prefix(rest, "card")) return {By::unknown, "intel", "", ""};
  const std::string_view card = take_until(rest, '-');
  if (!is_digits(card) || !is_digits(rest)) return {By::unknown, "intel", "", ""};
  return {By::minor, "intel", number(card), ""};
}

DeviceName by_address(std::string_view vendor, std::string_view id) {
  std::string address = pci_address(id);
  return {address.empty() ? By::unknown : By::address, std::string(vendor), std::move(address), ""};
}

DeviceName hygon_id(std::string_view id) {
  std::string_view rest = id;
  if (take_prefix(rest, "vdev") && is_digits(rest)) return {By::share, "hygon", std::string(id), ""};
  return by_address("hygon", id);
}

DeviceName vendors_id(std::string_view vendor, std::string_view id) {
  if (vendor == "nvidia") return nvidia_id(id);
  if (vendor == "huawei") return ascend_id(id);
  if (vendor == "hygon") return hygon_id(id);
  if (vendor == "amd")
    return id.starts_with("amdgpu_xcp") ? DeviceName{By::share, "amd", std::string(id), ""} : by_address(vendor, id);
  if (vendor == "intel") return intel_id(id);
  // Iluvatar: "GPU-..."; Cambricon: the card's uuid. Enflame's form is not known here.
  const bool known = (vendor == "iluvatar" && id.starts_with("GPU-")) || (vendor == "cambricon" && !id.empty());
  return {known ? By::uuid : By::unknown, std::string(vendor), known ? std::string(id) : "", ""};
}

// What a plugin that gives a card out several times appends: "::3".
std::string_view without_replica(std::string_view id) {
  const std::size_t at = id.rfind("::");
  return at != std::string_view::npos && is_digits(id.substr(at + 2)) ? id.substr(0, at) : id;
}

}  // namespace

DeviceName parse_device_id(std::string_view resource, std::string_view id) {
  for (const std::string_view other : kOthers) {
    if (resource.starts_with(other)) return {};
  }
  for (const Vendor& v : kVendors) {
    if (resource.starts_with(v.domain)) return vendors_id(v.name, without_replica(id));
  }
  return {};
}

DeviceName parse_claimed(const ClaimedDevice& claimed) {
  const bool nvidia = claimed.driver == "gpu.nvidia.com";
  if (!nvidia && claimed.driver != "gpu.amd.com") return {};
  for (const std::string_view name : claimed.cdi_names) {
    const std::string_view device = name.substr(name.rfind('=') + 1);
    DeviceName found = nvidia ? nvidia_id(device) : by_address("amd", device);
    if (found.by != By::unknown) return found;
  }
  if (!nvidia) return by_address("amd", claimed.device);
  // "gpu-3" has the number of the card's device node. Of a part, "gpu-3-mig-9-4-4", the name has its place and not its instance.
  std::string_view rest = claimed.device;
  if (take_prefix(rest, "gpu-") && is_digits(rest)) return {By::minor, "nvidia", number(rest), ""};
  if (const std::size_t at = rest.find("-mig-"); at != std::string_view::npos && is_digits(rest.substr(0, at)))
    return {By::share, "nvidia", claimed.device, ""};
  return {By::unknown, "nvidia", "", ""};
}

std::vector<DeviceName> parse_ascend_list(std::string_view list) {
  std::vector<DeviceName> out;
  while (!list.empty()) {
    const std::string_view id = trimmed(take_until(list, ','));
    if (!id.empty()) out.push_back(ascend_id(id));
  }
  return out;
}

}  // namespace tacho::sampler
