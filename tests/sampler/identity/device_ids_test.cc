#include "sampler/identity/device_ids.h"

#include <catch2/catch.hpp>

using namespace tacho::sampler;
using By = DeviceName::By;

namespace {

DeviceName gpu(std::string_view id) { return parse_device_id("nvidia.com/gpu", id); }

}  // namespace

TEST_CASE("every vendor's device ids are read in every form they come in", "[identity]") {
  CHECK(gpu("GPU-8c1e") == DeviceName{By::uuid, "nvidia", "GPU-8c1e", ""});
  CHECK(gpu("GPU-8c1e::3") == DeviceName{By::uuid, "nvidia", "GPU-8c1e", ""});
  CHECK(gpu("nvidia0") == DeviceName{By::minor, "nvidia", "0", ""});
  CHECK(gpu("nvidia12/vgpu1") == DeviceName{By::minor, "nvidia", "12", ""});
  CHECK(gpu("nvidia0/gi3") == DeviceName{By::minor, "nvidia", "0", "3"});
  CHECK(gpu("nvidia0/gi3/vgpu0") == DeviceName{By::minor, "nvidia", "0", "3"});
  CHECK(gpu("MIG-77aa") == DeviceName{By::partition_uuid, "nvidia", "MIG-77aa", ""});
  CHECK(parse_device_id("nvidia.com/mig-1g.10gb", "MIG-77aa::0") == DeviceName{By::partition_uuid, "nvidia", "MIG-77aa", ""});
  CHECK(gpu("MIG-GPU-8c1e/9/0") == DeviceName{By::uuid, "nvidia", "GPU-8c1e", "9"});
  CHECK(parse_device_id("huawei.com/Ascend910", "Ascend910-3") == DeviceName{By::physical, "huawei", "3", ""});
  CHECK(parse_device_id("huawei.com/Ascend310P", "Ascend310P-10") == DeviceName{By::physical, "huawei", "10", ""});
  CHECK(parse_device_id("huawei.com/Ascend910-2c", "Ascend910-2c-100-3") == DeviceName{By::physical, "huawei", "3", ""});
  CHECK(parse_device_id("amd.com/gpu", "0000:03:00.0") == DeviceName{By::address, "amd", "0000:03:00.0", ""});
  CHECK(parse_device_id("amd.com/gpu", "amdgpu_xcp_30") == DeviceName{By::share, "amd", "amdgpu_xcp_30", ""});
  CHECK(parse_device_id("hygon.com/dcu", "0000:1D:00.0") == DeviceName{By::address, "hygon", "0000:1d:00.0", ""});
  CHECK(parse_device_id("hygon.com/dcu", "1d:00.0") == DeviceName{By::address, "hygon", "0000:1d:00.0", ""});
  CHECK(parse_device_id("hygon.com/dcu-share", "vdev3") == DeviceName{By::share, "hygon", "vdev3", ""});
  CHECK(parse_device_id("iluvatar.com/gpu", "GPU-77") == DeviceName{By::uuid, "iluvatar", "GPU-77", ""});
  CHECK(parse_device_id("cambricon.com/mlu", "MLU-77") == DeviceName{By::uuid, "cambricon", "MLU-77", ""});
  CHECK(parse_device_id("gpu.intel.com/i915", "card0-0") == DeviceName{By::minor, "intel", "0", ""});
}

TEST_CASE("an id in no known form is a vendor's that is not known, and other resources are no accelerators", "[identity]") {
  for (const char* id :
       {"", "0", "nvidia", "nvidiaX", "nvidia0/gi", "nvidia0/fan1", "GPU-8c1e/3", "MIG-GPU-8c1e", "MIG-GPU-8c1e/x/0"}) {
    INFO(id);
    CHECK(gpu(id).by == By::unknown);
    CHECK(gpu(id).vendor == "nvidia");
  }
  CHECK(parse_device_id("huawei.com/Ascend910", "Ascend910").by == By::unknown);
  CHECK(parse_device_id("amd.com/gpu", "0000:03:00").by == By::unknown);
  CHECK(parse_device_id("amd.com/gpu", "zzzz:03:00.0").by == By::unknown);
  CHECK(parse_device_id("gpu.intel.com/xe", "card0").by == By::unknown);
  CHECK(parse_device_id("rdma/hca_a", "0000:17:00.0").by == By::other);
  CHECK(parse_device_id("nvidia.com/hostdev", "0000:17:00.0").by == By::other);
  CHECK(parse_device_id("example.com/gpu", "GPU-1").by == By::other);
}

TEST_CASE("claimed devices are found by their CDI names, then by the driver's", "[identity]") {
  const auto claim = [](std::string driver, std::string device, std::vector<std::string> cdi) {
    return parse_claimed({"ns", "claim", std::move(driver), "node-1", std::move(device), std::move(cdi)});
  };
  CHECK(claim("gpu.nvidia.com", "gpu-3", {"k8s.gpu.nvidia.com/device=GPU-8c"}) == DeviceName{By::uuid, "nvidia", "GPU-8c", ""});
  CHECK(claim("gpu.nvidia.com", "gpu-3", {"k8s.gpu.nvidia.com/claim=77-gpu-3"}) == DeviceName{By::minor, "nvidia", "3", ""});
  CHECK(claim("gpu.nvidia.com", "gpu-3-mig-9-4-4", {}).by == By::share);
  CHECK(claim("gpu.nvidia.com", "something", {}).by == By::unknown);
  CHECK(claim("gpu.amd.com", "0000:03:00.0", {}) == DeviceName{By::address, "amd", "0000:03:00.0", ""});
  CHECK(claim("nic.example.com", "eth0", {}).by == By::other);
}

TEST_CASE("the list in Huawei's annotation is read", "[identity]") {
  const std::vector<DeviceName> two{{By::physical, "huawei", "0", ""}, {By::physical, "huawei", "11", ""}};
  CHECK(parse_ascend_list("Ascend910-0, Ascend910-11,") == two);
  CHECK(parse_ascend_list("").empty());
}
