// Any bytes are the kubelet's list, a list of pods, a device's id, a process's cgroup or none of them; what is read keeps its bounds, and holders
// are found among cards, each card once. The first byte says which.
#include <string>

#include "proto/base/check.h"
#include "proto/grpc_call.h"
#include "sampler/identity/holders.h"

namespace {

using namespace tacho;
using namespace tacho::sampler;

const std::vector<Card>& cards() {
  static const std::vector<Card> kCards{{.vendor = "huawei",
                                         .accel = "0",
                                         .uuid = "A-0",
                                         .pci_bus_id = "0000:c1:00.0",
                                         .minor = "",
                                         .physical = "3",
                                         .parts = {},
                                         .pids = {}},
                                        {.vendor = "nvidia",
                                         .accel = "0",
                                         .uuid = "GPU-0",
                                         .pci_bus_id = "0000:3b:00.0",
                                         .minor = "0",
                                         .physical = "",
                                         .parts = {},
                                         .pids = {}},
                                        {.vendor = "nvidia",
                                         .accel = "1",
                                         .uuid = "GPU-1",
                                         .pci_bus_id = "0000:3c:00.0",
                                         .minor = "1",
                                         .physical = "",
                                         .parts = {{"3", "MIG-3"}, {"4", "MIG-4"}},
                                         .pids = {}}};
  return kCards;
}

void check_holders(const std::vector<PodEntry>& list, const std::vector<Pod>& pods) {
  const HoldersResult found = find_holders(cards(), list, pods);
  std::size_t ours = 0;
  for (const Held& h : found.held) {
    ours += !h.device.accel.empty();
    TACHO_CHECK(h.reason == AttributionReason::attributed || h.holder == Holder{});
    TACHO_CHECK(!h.device.name().empty());
  }
  TACHO_CHECK(ours == 5);
}

void check_id(std::string_view text) {
  for (const char* resource : {"nvidia.com/gpu", "huawei.com/Ascend910", "amd.com/gpu", "hygon.com/dcu", "iluvatar.com/gpu",
                               "cambricon.com/mlu", "gpu.intel.com/i915", "enflame.com/gcu", "rdma/hca"}) {
    const DeviceName name = parse_device_id(resource, text);
    TACHO_CHECK((name.by == DeviceName::By::other) == name.vendor.empty());
    const CardAt at = find_card(cards(), name);
    TACHO_CHECK(at.card == nullptr || at.card->vendor == name.vendor);
    TACHO_CHECK(at.part == nullptr || !at.card->parts.empty());
  }
  (void)parse_ascend_list(text);
  (void)parse_claimed({"", "", "gpu.nvidia.com", "", std::string(text), {std::string(text)}});
  TACHO_CHECK(decode_grpc_message(text).size() <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'l':
      if (const auto list = parse_pod_resources(bytes)) {
        TACHO_CHECK(list->size() <= kPodsMax);
        check_holders(*list, {});
      }
      break;
    case 'p':
      if (const auto list = parse_pods(bytes)) {
        TACHO_CHECK(list->pods.size() <= kPodsMax);
        std::vector<PodEntry> entries;
        for (const Pod& pod : list->pods) {
          TACHO_CHECK(!pod.uid.empty() && !pod.name.empty());
          entries.push_back({pod.name, pod.name_space, {{"c", {{"huawei.com/Ascend910", {"Ascend910-3"}}}, {}}}});
        }
        check_holders(entries, list->pods);
      }
      break;
    default: check_id(bytes);
  }
  return 0;
}
