#include "tests/accel/probe/groups.h"

namespace nvml_probe {

void probe_identity(const std::string& w, Dev d) {
  for (const char* name : {"nvmlDeviceGetUUID", "nvmlDeviceGetName", "nvmlDeviceGetSerial", "nvmlDeviceGetVbiosVersion",
                           "nvmlDeviceGetInforomImageVersion", "nvmlDeviceGetBoardPartNumber"})
    get_text(w, d, name, 96);
  if (auto f = symbol<int (*)(Dev, char*)>("nvmlDeviceGetGspFirmwareVersion"))
    probe(w + "nvmlDeviceGetGspFirmwareVersion()", [&](Buffer& b) { return f(d, b.as<char>()); }, chars0);
  get32x2(w, d, "nvmlDeviceGetGspFirmwareMode");
  for (const char* name :
       {"nvmlDeviceGetIndex", "nvmlDeviceGetMinorNumber", "nvmlDeviceGetBoardId", "nvmlDeviceGetBrand", "nvmlDeviceGetModuleId",
        "nvmlDeviceGetNumaNodeId", "nvmlDeviceGetArchitecture", "nvmlDeviceGetNumGpuCores", "nvmlDeviceGetMemoryBusWidth",
        "nvmlDeviceGetIrqNum", "nvmlDeviceGetPersistenceMode", "nvmlDeviceGetComputeMode", "nvmlDeviceGetPowerSource",
        "nvmlDeviceGetMaxMigDeviceCount", "nvmlDeviceIsMigDeviceHandle", "nvmlDeviceGetGpuInstanceId",
        "nvmlDeviceGetComputeInstanceId"})
    get32(w, d, name);
  get32x2(w, d, "nvmlDeviceGetCudaComputeCapability");
  get32x2(w, d, "nvmlDeviceGetMigMode");
  for (const char* name : {"nvmlDeviceGetPciInfo_v2", "nvmlDeviceGetPciInfo_v3"})
    get_struct(w, d, name, 68, 0, [](const Buffer& b) {
      return text("legacy=%s domain=%x bus=%x device=%x id=%08x sub=%08x busId=%s", printable(b.chars(0), 16).c_str(), b.at32(16),
                  b.at32(20), b.at32(24), b.at32(28), b.at32(32), printable(b.chars(36), 32).c_str());
    });
  get_struct(w, d, "nvmlDeviceGetAttributes_v2", 40, 0, [](const Buffer& b) {
    return text("sm=%u copy=%u dec=%u enc=%u jpg=%u ofa=%u gi=%u ci=%u mib=%llu", b.at32(0), b.at32(4), b.at32(8), b.at32(12),
                b.at32(16), b.at32(20), b.at32(24), b.at32(28), static_cast<unsigned long long>(b.at64(32)));
  });
  get_struct(w, d, "nvmlDeviceGetGpuFabricInfoV", 36, 2, [](const Buffer& b) {
    return text("status=%u clique=%u state=%u health=%08x", b.at32(20), b.at32(24), b.at32(28), b.at32(32));
  });
  get_struct(w, d, "nvmlDeviceGetGpuFabricInfoV", 40, 3, nothing);
  get_struct(w, d, "nvmlDeviceGetPlatformInfo", 44, 2, nothing);
  get_struct(w, d, "nvmlDeviceGetCapabilities", 8, 1, nothing);
  get_struct(w, d, "nvmlDeviceGetC2cModeInfoV", 8, 1, nothing);
  get_struct(w, d, "nvmlDeviceGetAddressingMode", 8, 1, nothing);
  get_struct(w, d, "nvmlDeviceGetRepairStatus", 12, 1, nothing);
  get_struct(w, d, "nvmlDeviceGetPdi", 16, 1, nothing);
  if (auto f = symbol<int (*)(Dev, u32, unsigned long*)>("nvmlDeviceGetCpuAffinity"))
    probe(w + "nvmlDeviceGetCpuAffinity(16)", [&](Buffer& b) { return f(d, 16, b.as<unsigned long>()); }, nothing);
}

void probe_load(const std::string& w, Dev d) {
  get_struct(w, d, "nvmlDeviceGetUtilizationRates", 8, 0,
             [](const Buffer& b) { return text("gpu=%u memory=%u", b.at32(0), b.at32(4)); });
  get_struct(w, d, "nvmlDeviceGetMemoryInfo", 24, 0, [](const Buffer& b) {
    return text("total=%llu free=%llu used=%llu", static_cast<unsigned long long>(b.at64(0)),
                static_cast<unsigned long long>(b.at64(8)), static_cast<unsigned long long>(b.at64(16)));
  });
  get_struct(w, d, "nvmlDeviceGetMemoryInfo_v2", 40, 2, [](const Buffer& b) {
    return text("total=%llu reserved=%llu free=%llu used=%llu", static_cast<unsigned long long>(b.at64(8)),
                static_cast<unsigned long long>(b.at64(16)), static_cast<unsigned long long>(b.at64(24)),
                static_cast<unsigned long long>(b.at64(32)));
  });
  get_struct(w, d, "nvmlDeviceGetBAR1MemoryInfo", 24, 0, [](const Buffer& b) {
    return text("total=%llu free=%llu used=%llu", static_cast<unsigned long long>(b.at64(0)),
                static_cast<unsigned long long>(b.at64(8)), static_cast<unsigned long long>(b.at64(16)));
  });
  for (const char* name : {"nvmlDeviceGetEncoderUtilization", "nvmlDeviceGetDecoderUtilization", "nvmlDeviceGetJpgUtilization",
                           "nvmlDeviceGetOfaUtilization"})
    get32x2(w, d, name);
  get_struct(w, d, "nvmlDeviceGetDynamicPstatesInfo", 100, 0, nothing);
  for (const char* name : {"nvmlDeviceGetPowerUsage", "nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetPowerManagementLimit",
                           "nvmlDeviceGetPowerManagementDefaultLimit", "nvmlDeviceGetPerformanceState", "nvmlDeviceGetFanSpeed",
                           "nvmlDeviceGetNumFans"})
    get32(w, d, name);
  get32x2(w, d, "nvmlDeviceGetPowerManagementLimitConstraints");
  get64(w, d, "nvmlDeviceGetTotalEnergyConsumption");
  get32_of(w, d, "nvmlDeviceGetTemperature", 0, 0);
  get_struct(w, d, "nvmlDeviceGetTemperatureV", 12, 1, [](const Buffer& b) { return text("%d", static_cast<int>(b.at32(8))); });
  get_struct(w, d, "nvmlDeviceGetMarginTemperature", 8, 1,
             [](const Buffer& b) { return text("%d", static_cast<int>(b.at32(4))); });
  get32_of(w, d, "nvmlDeviceGetTemperatureThreshold", 0, 7);
  if (auto f = symbol<int (*)(Dev, u32, void*)>("nvmlDeviceGetThermalSettings"))
    probe(w + "nvmlDeviceGetThermalSettings(15)", [&](Buffer& b) { return f(d, 15, b.as()); }, nothing);
  get32_of(w, d, "nvmlDeviceGetFanSpeed_v2", 0, 1);
  get_struct(w, d, "nvmlDeviceGetFanSpeedRPM", 12, 1, nothing);
  get32_of(w, d, "nvmlDeviceGetClockInfo", 0, 3);
  get32_of(w, d, "nvmlDeviceGetMaxClockInfo", 0, 3);
  for (const char* name : {"nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons",
                           "nvmlDeviceGetSupportedClocksEventReasons", "nvmlDeviceGetSupportedClocksThrottleReasons"})
    get64(w, d, name);
  if (auto f = symbol<int (*)(Dev, u32, void*)>("nvmlDeviceGetViolationStatus")) {
    for (u32 policy : {0u, 1u, 2u, 3u, 4u, 5u, 10u, 11u})
      probe(
          w + text("nvmlDeviceGetViolationStatus(%u)", policy), [&](Buffer& b) { return f(d, policy, b.as()); },
          [](const Buffer& b) {
            return text("reference_us=%llu violation_ns=%llu", static_cast<unsigned long long>(b.at64(0)),
                        static_cast<unsigned long long>(b.at64(8)));
          });
  }
}

void probe_links(const std::string& w, Dev d) {
  for (const char* name : {"nvmlDeviceGetCurrPcieLinkGeneration", "nvmlDeviceGetCurrPcieLinkWidth",
                           "nvmlDeviceGetMaxPcieLinkGeneration", "nvmlDeviceGetMaxPcieLinkWidth",
                           "nvmlDeviceGetPcieReplayCounter", "nvmlDeviceGetPcieSpeed", "nvmlDeviceGetPcieLinkMaxSpeed"})
    get32(w, d, name);
  get32_of(w, d, "nvmlDeviceGetPcieThroughput", 0, 1);
  get32_of(w, d, "nvmlDeviceGetNvLinkState", 0, 19);
  get32_of(w, d, "nvmlDeviceGetNvLinkVersion", 0, 1);
  get32_of(w, d, "nvmlDeviceGetNvLinkRemoteDeviceType", 0, 18);
  if (auto f = symbol<int (*)(Dev, u32, u32, u64*)>("nvmlDeviceGetNvLinkErrorCounter")) {
    for (u32 link : {0u, 17u}) {
      for (u32 counter = 0; counter < 5; ++counter)
        probe(
            w + text("nvmlDeviceGetNvLinkErrorCounter(%u,%u)", link, counter),
            [&](Buffer& b) { return f(d, link, counter, b.as<u64>()); }, one64);
    }
  }
  if (auto f = symbol<int (*)(Dev, u32, void*)>("nvmlDeviceGetNvLinkRemotePciInfo_v2")) {
    for (u32 link : {0u, 17u})
      probe(
          w + text("nvmlDeviceGetNvLinkRemotePciInfo_v2(%u)", link), [&](Buffer& b) { return f(d, link, b.as()); },
          [](const Buffer& b) { return printable(b.chars(36), 32); });
  }
}

void probe_errors(const std::string& w, Dev d) {
  get32x2(w, d, "nvmlDeviceGetEccMode");
  if (auto f = symbol<int (*)(Dev, u32, u32, u64*)>("nvmlDeviceGetTotalEccErrors")) {
    for (u32 kind = 0; kind < 2; ++kind) {
      for (u32 scope = 0; scope < 2; ++scope)
        probe(
            w + text("nvmlDeviceGetTotalEccErrors(%u,%u)", kind, scope),
            [&](Buffer& b) { return f(d, kind, scope, b.as<u64>()); }, one64);
    }
  }
  if (auto f = symbol<int (*)(Dev, u32, u32, u32, u64*)>("nvmlDeviceGetMemoryErrorCounter")) {
    for (u32 kind = 0; kind < 2; ++kind) {
      for (u32 scope = 0; scope < 2; ++scope) {
        for (u32 place = 0; place < 8; ++place)
          probe(
              w + text("nvmlDeviceGetMemoryErrorCounter(%u,%u,%u)", kind, scope, place),
              [&](Buffer& b) { return f(d, kind, scope, place, b.as<u64>()); }, one64);
      }
    }
  }
  get_struct(w, d, "nvmlDeviceGetSramEccErrorStatus", 104, 1, nothing);
  if (auto f = symbol<int (*)(Dev, u32*, u32*, u32*, u32*)>("nvmlDeviceGetRemappedRows"))
    probe(
        w + "nvmlDeviceGetRemappedRows()",
        [&](Buffer& b) { return f(d, b.as<u32>(), b.as<u32>(4), b.as<u32>(8), b.as<u32>(12)); },
        [](const Buffer& b) {
          return text("corrected=%u uncorrected=%u pending=%u failed=%u", b.at32(0), b.at32(4), b.at32(8), b.at32(12));
        });
  get_struct(w, d, "nvmlDeviceGetRowRemapperHistogram", 20, 0, [](const Buffer& b) {
    return text("max=%u high=%u partial=%u low=%u none=%u", b.at32(0), b.at32(4), b.at32(8), b.at32(12), b.at32(16));
  });
  if (auto f = symbol<int (*)(Dev, u32, u32*, u64*, u64*)>("nvmlDeviceGetRetiredPages_v2")) {
    for (u32 cause = 0; cause < 2; ++cause)
      probe(
          w + text("nvmlDeviceGetRetiredPages_v2(%u)", cause),
          [&](Buffer& b) {
            b.put32(0, 64);
            return f(d, cause, b.as<u32>(), b.as<u64>(1024), b.as<u64>(4096));
          },
          one32);
  }
  get32(w, d, "nvmlDeviceGetRetiredPagesPendingStatus");
}

}  // namespace nvml_probe
