#include "sampler/identity/holders.h"

#include <algorithm>
#include <map>
#include <set>

namespace tacho::sampler {
namespace {

using By = DeviceName::By;
using Reason = AttributionReason;

// "huawei.com/AscendReal": what was mounted. The other, "huawei.com/kltDev", is what the kubelet believes.
constexpr std::string_view kAscendReal = "huawei.com/AscendReal";

DeviceScope scope_of(const Card& card, std::string partition) {
  return {card.vendor, card.accel, card.uuid, card.pci_bus_id, std::move(partition)};
}

// Who claims each device, while the list is gone through.
class Claims {
 public:
  explicit Claims(const std::vector<Card>& cards) : cards_(cards) {}

  void add(const DeviceName& name, const Holder& holder, const std::string& told) {
    if (name.by == By::other) return;
    const CardAt at = find_card(cards_, name);
    if (at.card != nullptr) {
      claims_[scope_of(*at.card, at.part != nullptr ? at.part->partition : "")].push_back(holder);
    } else if (name.by == By::uuid && name.partition.empty() && !has_cards(name.vendor)) {
      claims_[{name.vendor, "", name.value, "", ""}].push_back(holder);
    } else {
      unknown_vendors_.insert(name.vendor);
      unknown_.insert(told);
    }
  }
  // The kubelet has given out another chip than the one that is mounted.
  void note_other(const DeviceName& name) {
    if (const CardAt at = find_card(cards_, name); at.card != nullptr) other_.insert(scope_of(*at.card, ""));
  }

  HoldersResult result() const;

 private:
  bool has_cards(std::string_view vendor) const {
    return std::any_of(cards_.begin(), cards_.end(), [&](const Card& c) { return c.vendor == vendor; });
  }
  Held decide(const DeviceScope& device) const;
  void add_card(const Card& card, std::vector<Held>& out) const;

  const std::vector<Card>& cards_;
  std::map<DeviceScope, std::vector<Holder>> claims_;
  std::set<DeviceScope> other_;
  std::set<std::string, std::less<>> unknown_vendors_;
  std::set<std::string> unknown_;
};

// One holder of all of them; the container only where it is the same.
bool merge(const std::vector<Holder>& claims, Holder& out) {
  out = claims.front();
  for (const Holder& h : claims) {
    if (h.name_space != out.name_space || h.pod != out.pod) return false;
    if (h.container != out.container) out.container.clear();
  }
  return true;
}

Held Claims::decide(const DeviceScope& device) const {
  Held held{device, Reason::free, {}};
  if (const auto it = claims_.find(device); it != claims_.end()) {
    held.reason = merge(it->second, held.holder) ? Reason::attributed : Reason::shared;
  } else if (other_.contains(device)) {
    held.reason = Reason::other_chip;
  } else if (unknown_vendors_.contains(device.vendor)) {
    held.reason = Reason::unknown_id;
  }
  if (held.reason != Reason::attributed) held.holder = {};
  return held;
}

void Claims::add_card(const Card& card, std::vector<Held>& out) const {
  const std::size_t place = out.size();
  out.push_back(decide(scope_of(card, "")));
  std::vector<Holder> holders;
  bool all = true;
  for (std::size_t i = 0; i < card.parts.size(); ++i) {
    if (i > 0 && card.parts[i].partition == card.parts[i - 1].partition) continue;
    Held part = decide(scope_of(card, card.parts[i].partition));
    // The whole card was given to somebody, parts and all.
    if (part.reason == Reason::free && out[place].reason == Reason::attributed) {
      part.reason = Reason::attributed;
      part.holder = out[place].holder;
    }
    all = all && part.reason == Reason::attributed;
    if (part.reason == Reason::attributed) holders.push_back(part.holder);
    out.push_back(std::move(part));
  }
  Held& whole = out[place];
  if (whole.reason != Reason::free || holders.empty()) return;
  Holder holder;
  const bool one = merge(holders, holder) && all;
  whole.reason = one ? Reason::attributed : Reason::partitioned;
  if (one) whole.holder = std::move(holder);
}

HoldersResult Claims::result() const {
  HoldersResult out;
  for (const Card& card : cards_) add_card(card, out.held);
  for (const auto& [device, holders] : claims_) {
    if (device.accel.empty()) out.held.push_back(decide(device));
  }
  out.unknown.assign(unknown_.begin(), unknown_.end());
  return out;
}

void add_container(const PodContainer& container, const Holder& holder, const std::vector<DeviceName>* real, Claims& claims) {
  for (const PodDevices& devices : container.devices) {
    for (const std::string& id : devices.ids) {
      const DeviceName name = parse_device_id(devices.resource, id);
      if (real == nullptr || name.vendor != "huawei") {
        claims.add(name, holder, fmt::format("{} {}", devices.resource, id));
      } else if (std::find(real->begin(), real->end(), name) == real->end()) {
        claims.note_other(name);
      }
    }
  }
  for (const ClaimedDevice& claimed : container.claimed)
    claims.add(parse_claimed(claimed), holder, fmt::format("{} {}/{}", claimed.driver, claimed.pool, claimed.device));
}

bool has_ascend(const PodContainer& container) {
  return std::any_of(container.devices.begin(), container.devices.end(),
                     [](const PodDevices& d) { return d.resource.starts_with("huawei.com/"); });
}

void add_pod(const PodEntry& entry, const Pod* pod, Claims& claims) {
  const auto annotation = pod != nullptr ? pod->annotations.find(kAscendReal) : KeyValues::const_iterator{};
  const bool told = pod != nullptr && annotation != pod->annotations.end();
  const std::vector<DeviceName> real = told ? parse_ascend_list(annotation->second) : std::vector<DeviceName>();
  Holder of_real{entry.name_space, entry.name, ""};
  std::size_t with_ascend = 0;
  for (const PodContainer& container : entry.containers) {
    add_container(container, {entry.name_space, entry.name, container.name}, told ? &real : nullptr, claims);
    if (has_ascend(container)) of_real.container = with_ascend++ == 0 ? container.name : "";
  }
  // The annotation is the pod's. It is no claim of a pod that has none of the vendor's devices.
  for (const DeviceName& name : real) {
    if (with_ascend > 0) claims.add(name, of_real, fmt::format("{} {}", kAscendReal, annotation->second));
  }
}

}  // namespace

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::attributed: return "attributed";
    case Reason::free: return "free";
    case Reason::shared: return "shared";
    case Reason::partitioned: return "partitioned";
    case Reason::not_started: return "not_started";
    case Reason::unknown_id: return "unknown_id";
    case Reason::other_chip: return "other_chip";
    case Reason::no_answer_yet: return "no_answer_yet";
    case Reason::no_socket: return "no_socket";
    case Reason::permission: return "permission";
    case Reason::rate_limited: return "rate_limited";
    case Reason::timed_out: return "timed_out";
    case Reason::kubelet_error: break;
  }
  return "kubelet_error";
}

Reason reason_of(KubeletFault fault) {
  switch (fault) {
    case KubeletFault::no_socket: return Reason::no_socket;
    case KubeletFault::permission: return Reason::permission;
    case KubeletFault::rate_limited: return Reason::rate_limited;
    case KubeletFault::timed_out: return Reason::timed_out;
    case KubeletFault::broken: break;
  }
  return Reason::kubelet_error;
}

std::string DeviceScope::name() const {
  const std::string_view card = !uuid.empty() ? uuid : !pci_bus_id.empty() ? pci_bus_id : accel;
  return partition.empty() ? fmt::format("{} {}", vendor, card) : fmt::format("{} {}/{}", vendor, card, partition);
}

const Pod* find_pod(const std::vector<Pod>& pods, std::string_view name_space, std::string_view name) {
  const Pod* best = nullptr;
  for (const Pod& pod : pods) {
    if (pod.name != name || pod.name_space != name_space) continue;
    const auto rank = [](const Pod& p) { return std::pair(!p.ended, p.created); };
    if (best == nullptr || rank(pod) > rank(*best)) best = &pod;
  }
  return best;
}

HoldersResult find_holders(const std::vector<Card>& cards, const std::vector<PodEntry>& list, const std::vector<Pod>& pods) {
  Claims claims(cards);
  for (const PodEntry& entry : list) {
    const Pod* pod = find_pod(pods, entry.name_space, entry.name);
    if (pod == nullptr || !pod->ended) add_pod(entry, pod, claims);
  }
  return claims.result();
}

}  // namespace tacho::sampler
