// Enflame's libefml.so as tests need it: the fake NVML under the other prefix. What has no name of its own here keeps NVML's, and is
// thus what the sampler must not find. GetPciInfo writes the struct of the vendor's own header, which is not NVML's.
#define nvmlInit_v2 efmlInit_v2
#define nvmlShutdown efmlShutdown
#define nvmlDeviceGetCount_v2 efmlDeviceGetCount_v2
#define nvmlDeviceGetHandleByIndex_v2 efmlDeviceGetHandleByIndex_v2
#define nvmlDeviceGetPciInfo_v3 nvml_pci_info
#define nvmlDeviceGetName efmlDeviceGetName
#define nvmlDeviceGetUtilizationRates efmlDeviceGetUtilizationRates
#define nvmlDeviceGetMemoryInfo efmlDeviceGetMemoryInfo
#define nvmlDeviceGetClockInfo efmlDeviceGetClockInfo
#define nvmlDeviceGetMaxClockInfo efmlDeviceGetMaxClockInfo
#define nvmlDeviceGetTemperature efmlDeviceGetTemperature
#define nvmlDeviceGetTemperatureThreshold efmlDeviceGetTemperatureThreshold
#define nvmlDeviceGetPowerUsage efmlDeviceGetPowerUsage
#define nvmlDeviceGetEnforcedPowerLimit efmlDeviceGetEnforcedPowerLimit
#define nvmlDeviceGetEncoderUtilization efmlDeviceGetEncoderUtilization
#define nvmlDeviceGetDecoderUtilization efmlDeviceGetDecoderUtilization
#define nvmlDeviceGetCurrPcieLinkGeneration efmlDeviceGetCurrPcieLinkGeneration
#define nvmlDeviceGetCurrPcieLinkWidth efmlDeviceGetCurrPcieLinkWidth
#define nvmlDeviceGetMaxPcieLinkGeneration efmlDeviceGetMaxPcieLinkGeneration
#define nvmlDeviceGetMaxPcieLinkWidth efmlDeviceGetMaxPcieLinkWidth
#define nvmlDeviceGetComputeRunningProcesses_v3 efmlDeviceGetComputeRunningProcesses_v3
#define nvmlDeviceGetPcieThroughput efmlDeviceGetPcieThroughput
#include "fake_nvml.cc"

// Six words (domain, bus, device, function, ids), then the address.
EXPORT int efmlDeviceGetPciInfo_v3(void* device, void* to) {
  unsigned char nvml[68];
  const int rc = nvml_pci_info(device, nvml);
  if (rc != 0) return rc;
  auto* out = static_cast<unsigned char*>(to);
  std::memset(out, 0, 24);
  std::memcpy(out, nvml + 16, 12);
  std::memcpy(out + 24, nvml + 36, 32);
  return 0;
}
// Enflame's header has another order of members here than others' descriptions: it must not be called.
EXPORT int efmlDeviceGetMemoryInfo_v2(void*, void*) { std::abort(); }
