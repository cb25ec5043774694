// libnvidia-ml.so.1, opened at run time: a table of its functions, of which each may be missing.
//
// Shape    Functions: one pointer a function, null where this library does not have it (drivers add functions over the years; a
//          function with a new suffix takes another struct, so a missing one is never replaced by its namesake without suffix,
//          but for those whose old form is listed here as well).
// Life     the library stays open while the Library lives. It loads nothing but itself: no CUDA, no context on a card.
// Threads  NVML's functions may be called from any thread.
// Errors   open(): a file that is not there, or is no NVML. Calls answer with a Code; nothing throws.
// Local    symbols stay ours (RTLD_LOCAL): other vendors' libraries have functions of the same names.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/error.h"
#include "sampler/accel/nvidia/nvml_abi.h"
#include "sampler/accel/nvidia/nvml_flavour.h"
#include "sampler/accel/shared_library.h"
#include "sampler/call_mark.h"

namespace tacho::sampler::nvml {

using U32 = std::uint32_t;
using U64 = std::uint64_t;

// member, symbol, parameters
#define TACHO_NVML_FUNCTIONS(X)                                                                       \
  X(init, "nvmlInit_v2", ())                                                                          \
  X(shutdown, "nvmlShutdown", ())                                                                     \
  X(driver_version, "nvmlSystemGetDriverVersion", (char*, U32))                                       \
  X(nvml_version, "nvmlSystemGetNVMLVersion", (char*, U32))                                           \
  X(cuda_version, "nvmlSystemGetCudaDriverVersion_v2", (std::int32_t*))                               \
  X(device_by_index, "nvmlDeviceGetHandleByIndex_v2", (U32, Device*))                                 \
  X(device_by_bus_id, "nvmlDeviceGetHandleByPciBusId_v2", (const char*, Device*))                     \
  X(pci_info, "nvmlDeviceGetPciInfo_v3", (Device, PciInfo*))                                          \
  X(uuid, "nvmlDeviceGetUUID", (Device, char*, U32))                                                  \
  X(name, "nvmlDeviceGetName", (Device, char*, U32))                                                  \
  X(serial, "nvmlDeviceGetSerial", (Device, char*, U32))                                              \
  X(vbios_version, "nvmlDeviceGetVbiosVersion", (Device, char*, U32))                                 \
  X(gsp_firmware_version, "nvmlDeviceGetGspFirmwareVersion", (Device, char*))                         \
  X(minor_number, "nvmlDeviceGetMinorNumber", (Device, U32*))                                         \
  X(module_id, "nvmlDeviceGetModuleId", (Device, U32*))                                               \
  X(numa_node, "nvmlDeviceGetNumaNodeId", (Device, U32*))                                             \
  X(compute_capability, "nvmlDeviceGetCudaComputeCapability", (Device, std::int32_t*, std::int32_t*)) \
  X(utilization, "nvmlDeviceGetUtilizationRates", (Device, Utilization*))                             \
  X(encoder_utilization, "nvmlDeviceGetEncoderUtilization", (Device, U32*, U32*))                     \
  X(decoder_utilization, "nvmlDeviceGetDecoderUtilization", (Device, U32*, U32*))                     \
  X(jpeg_utilization, "nvmlDeviceGetJpgUtilization", (Device, U32*, U32*))                            \
  X(ofa_utilization, "nvmlDeviceGetOfaUtilization", (Device, U32*, U32*))                             \
  X(memory, "nvmlDeviceGetMemoryInfo", (Device, Memory*))                                             \
  X(memory_v2, "nvmlDeviceGetMemoryInfo_v2", (Device, MemoryV2*))                                     \
  X(bar1_memory, "nvmlDeviceGetBAR1MemoryInfo", (Device, Memory*))                                    \
  X(temperature, "nvmlDeviceGetTemperature", (Device, U32, U32*))                                     \
  X(margin_temperature, "nvmlDeviceGetMarginTemperature", (Device, MarginTemperature*))               \
  X(temperature_threshold, "nvmlDeviceGetTemperatureThreshold", (Device, U32, U32*))                  \
  X(power_usage, "nvmlDeviceGetPowerUsage", (Device, U32*))                                           \
  X(enforced_power_limit, "nvmlDeviceGetEnforcedPowerLimit", (Device, U32*))                          \
  X(clock, "nvmlDeviceGetClockInfo", (Device, U32, U32*))                                             \
  X(max_clock, "nvmlDeviceGetMaxClockInfo", (Device, U32, U32*))                                      \
  X(performance_state, "nvmlDeviceGetPerformanceState", (Device, U32*))                               \
  X(event_reasons, "nvmlDeviceGetCurrentClocksEventReasons", (Device, U64*))                          \
  X(throttle_reasons, "nvmlDeviceGetCurrentClocksThrottleReasons", (Device, U64*))                    \
  X(supported_event_reasons, "nvmlDeviceGetSupportedClocksEventReasons", (Device, U64*))              \
  X(supported_throttle_reasons, "nvmlDeviceGetSupportedClocksThrottleReasons", (Device, U64*))        \
  X(pcie_generation, "nvmlDeviceGetCurrPcieLinkGeneration", (Device, U32*))                           \
  X(pcie_width, "nvmlDeviceGetCurrPcieLinkWidth", (Device, U32*))                                     \
  X(pcie_generation_max, "nvmlDeviceGetMaxPcieLinkGeneration", (Device, U32*))                        \
  X(pcie_width_max, "nvmlDeviceGetMaxPcieLinkWidth", (Device, U32*))                                  \
  X(pcie_throughput, "nvmlDeviceGetPcieThroughput", (Device, U32, U32*))                              \
  X(pcie_replays, "nvmlDeviceGetPcieReplayCounter", (Device, U32*))                                   \
  X(samples, "nvmlDeviceGetSamples", (Device, SampleKind, U64, ValueType*, U32*, Sample*))            \
  X(field_values, "nvmlDeviceGetFieldValues", (Device, std::int32_t, FieldValue*))                    \
  X(processes_v1, "nvmlDeviceGetComputeRunningProcesses", (Device, U32*, void*))                      \
  X(processes_v2, "nvmlDeviceGetComputeRunningProcesses_v2", (Device, U32*, void*))                   \
  X(processes_v3, "nvmlDeviceGetComputeRunningProcesses_v3", (Device, U32*, void*))                   \
  X(process_details, "nvmlDeviceGetRunningProcessDetailList", (Device, ProcessDetailList*))           \
  X(process_utilization, "nvmlDeviceGetProcessUtilization", (Device, ProcessUtilization*, U32*, U64)) \
  X(event_set_create, "nvmlEventSetCreate", (EventSet*))                                              \
  X(event_set_free, "nvmlEventSetFree", (EventSet))                                                   \
  X(event_wait, "nvmlEventSetWait_v2", (EventSet, EventData*, U32))                                   \
  X(register_events, "nvmlDeviceRegisterEvents", (Device, U64, EventSet))                             \
  X(supported_events, "nvmlDeviceGetSupportedEventTypes", (Device, U64*))                             \
  X(ecc_mode, "nvmlDeviceGetEccMode", (Device, U32*, U32*))                                           \
  X(ecc_errors, "nvmlDeviceGetTotalEccErrors", (Device, U32, U32, U64*))                              \
  X(memory_errors, "nvmlDeviceGetMemoryErrorCounter", (Device, U32, U32, U32, U64*))                  \
  X(remapped_rows, "nvmlDeviceGetRemappedRows", (Device, U32*, U32*, U32*, U32*))                     \
  X(row_remapper, "nvmlDeviceGetRowRemapperHistogram", (Device, RowRemapperHistogram*))               \
  X(nvlink_state, "nvmlDeviceGetNvLinkState", (Device, U32, U32*))                                    \
  X(mig_mode, "nvmlDeviceGetMigMode", (Device, U32*, U32*))                                           \
  X(mig_count_max, "nvmlDeviceGetMaxMigDeviceCount", (Device, U32*))                                  \
  X(mig_device, "nvmlDeviceGetMigDeviceHandleByIndex", (Device, U32, Device*))                        \
  X(gpu_instance, "nvmlDeviceGetGpuInstanceId", (Device, U32*))                                       \
  X(compute_instance, "nvmlDeviceGetComputeInstanceId", (Device, U32*))                               \
  X(gpm_support, "nvmlGpmQueryDeviceSupport", (Device, GpmSupport*))                                  \
  X(gpm_alloc, "nvmlGpmSampleAlloc", (GpmSample*))                                                    \
  X(gpm_free, "nvmlGpmSampleFree", (GpmSample))                                                       \
  X(gpm_sample, "nvmlGpmSampleGet", (Device, GpmSample))                                              \
  X(gpm_mig_sample, "nvmlGpmMigSampleGet", (Device, U32, GpmSample))                                  \
  X(gpm_metrics, "nvmlGpmMetricsGet", (GpmRequest*))                                                  \
  X(fan_speed, "nvmlDeviceGetFanSpeed_v2", (Device, U32, U32*))

struct Functions {
#define X(member, symbol, parameters) Code(*member) parameters = nullptr;  // NOLINT(bugprone-macro-parentheses)
  TACHO_NVML_FUNCTIONS(X)
#undef X
};

// The symbol of one of them, "" for none: safe in a signal's handler.
const char* symbol_of(const Functions& functions, const void* function);

// Calls one of them, with the thread's mark (call_mark.h) on it meanwhile.
template <class F, class... A>
Code marked(const Functions& functions, F function, A... arguments) {
  call_mark = {.function = reinterpret_cast<const void*>(function),
               .library = &functions,
               .name = [](const void* l, const void* f) { return symbol_of(*static_cast<const Functions*>(l), f); }};
  const Code code = function(arguments...);
  call_mark.function = nullptr;
  return code;
}

class Library {
 public:
  // The first of `paths` that can be opened; a path without a slash is looked for where the loader looks.
  static Result<std::shared_ptr<Library>> open(std::span<const std::string> paths, const Flavour& flavour = nvidia());
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const Functions& functions() const { return functions_; }
  const std::string& path() const { return library_.path(); }

 private:
  Library(SharedLibrary library, const Functions& functions) : library_(std::move(library)), functions_(functions) {}

  SharedLibrary library_;
  Functions functions_;
};

// "not supported"; for codes that NVML's documentation does not have, "error".
std::string_view text_of(Code code);
// The card does not have this, or this process may not: asking again will not help soon.
bool is_unsupported(Code code);
// Nothing can be read from the card, or from any, until it has been found anew.
bool is_lost(Code code);

}  // namespace tacho::sampler::nvml

// "not supported (3)"
template <>
struct fmt::formatter<tacho::sampler::nvml::Code> {
  static constexpr auto parse(fmt::format_parse_context& ctx) { return ctx.begin(); }
  static auto format(tacho::sampler::nvml::Code code, fmt::format_context& ctx) {
    return fmt::format_to(ctx.out(), "{} ({})", tacho::sampler::nvml::text_of(code), static_cast<int>(code));
  }
};
