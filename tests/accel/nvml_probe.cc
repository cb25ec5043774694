// What a driver's libnvidia-ml.so.1 really answers: every call that the agent makes or might make, for every device, one line
// a call, for people who write or doubt the source (sampler/accel/). Not a part of the agent; links libc alone.
//
//   nvml_probe [--lib FILE] [--warm CALLS] [--watch SECONDS]   > recording.txt
//
// A line   KIND DEVICE FUNCTION(ARGUMENTS) rc=CODE cold_us= n= med_us= p99_us= max_us= cpu_us= | values | raw=HEX
//          The arguments are written before the call is made, so that one that hangs or crashes is the last on its line.
// raw      what the call wrote: the buffer was filled with a5 before.
// Changes  nothing: getters only. It registers for events and frees the set again.
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

namespace {

using u8 = unsigned char;
using u32 = uint32_t;
using u64 = uint64_t;
using Dev = void*;

void* g_lib = nullptr;
int g_warm = 60;
double g_warm_seconds = 0.06;
double g_watch_seconds = 3;

double now_us(clockid_t clock = CLOCK_MONOTONIC) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}
void pause_ms(double ms) {
  timespec t{static_cast<time_t>(ms / 1000), static_cast<long>(static_cast<long long>(ms * 1e6) % 1000000000)};
  nanosleep(&t, nullptr);
}

sigjmp_buf g_escape;
void on_fault(int) { siglongjmp(g_escape, 1); }
void on_alarm(int) {
  static const char text[] = " HANGS (60 s), the probe ends here\n";
  if (write(1, text, sizeof text - 1) < 0) _exit(4);
  _exit(3);
}

template <class F>
F symbol(const char* name) {
  return reinterpret_cast<F>(dlsym(g_lib, name));
}

template <class... A>
std::string text(const char* format, A... a) {
  char line[4096];
  snprintf(line, sizeof line, format, a...);
  return line;
}

struct Buffer {
  u8 bytes[65536];
  void clear() { memset(bytes, 0xa5, sizeof bytes); }
  u32 at32(size_t i) const {
    u32 v;
    memcpy(&v, bytes + i, 4);
    return v;
  }
  u64 at64(size_t i) const {
    u64 v;
    memcpy(&v, bytes + i, 8);
    return v;
  }
  double at_double(size_t i) const {
    double v;
    memcpy(&v, bytes + i, 8);
    return v;
  }
  const char* chars(size_t i) const { return reinterpret_cast<const char*>(bytes + i); }
  void put32(size_t i, u32 v) { memcpy(bytes + i, &v, 4); }
  template <class T = void>
  T* as(size_t i = 0) {
    return reinterpret_cast<T*>(bytes + i);
  }
  std::string raw(size_t most = 640) const {
    size_t end = sizeof bytes;
    while (end > 0 && bytes[end - 1] == 0xa5) --end;
    std::string out;
    for (size_t i = 0; i < std::min(end, most); ++i) {
      out += text("%02x", bytes[i]);
      if (i % 4 == 3) out += ' ';
    }
    return end > most ? out + text("... %zu", end) : out;
  }
};
Buffer g_buffer;

std::string printable(const char* s, size_t most = 120) {
  std::string out;
  for (size_t i = 0; i < most && s[i] != 0; ++i) {
    const u8 c = static_cast<u8>(s[i]);
    if (c == 0xa5) break;
    out += c >= 32 && c < 127 ? std::string(1, s[i]) : text("\\x%02x", c);
  }
  return "\"" + out + "\"";
}

// One call: cold, then warm while it succeeds. `call` gets the buffer and returns the code.
template <class Call, class Show>
int probe(const std::string& what, Call call, Show show, bool warm = true, void (*prepare)(Buffer&) = nullptr) {
  printf("%s", what.c_str());
  fflush(stdout);
  int rc = -1;
  volatile bool crashed = false;
  std::vector<double> times;
  double cold = 0, cpu = 0;
  alarm(60);
  if (sigsetjmp(g_escape, 1) == 0) {
    g_buffer.clear();
    if (prepare) prepare(g_buffer);
    const double t0 = now_us();
    rc = call(g_buffer);
    cold = now_us() - t0;
    if (warm) {
      const double until = now_us() + g_warm_seconds * 1e6, c0 = now_us(CLOCK_THREAD_CPUTIME_ID);
      for (int i = 0; i < g_warm && (i < 3 || now_us() < until); ++i) {
        if (prepare) g_buffer.clear(), prepare(g_buffer);
        const double t = now_us();
        rc = call(g_buffer);
        times.push_back(now_us() - t);
      }
      cpu = (now_us(CLOCK_THREAD_CPUTIME_ID) - c0) / static_cast<double>(times.size());
    }
  } else {
    crashed = true;
  }
  alarm(0);
  if (crashed) {
    printf(" CRASHED\n");
    fflush(stdout);
    return -1;
  }
  printf(" rc=%d cold_us=%.1f", rc, cold);
  if (!times.empty()) {
    std::sort(times.begin(), times.end());
    printf(" n=%zu med_us=%.1f p99_us=%.1f max_us=%.1f cpu_us=%.1f", times.size(), times[times.size() / 2],
           times[times.size() * 99 / 100], times.back(), cpu);
  }
  const std::string values = show(g_buffer);
  printf(" | %s | raw=%s\n", rc == 0 ? values.c_str() : "-", g_buffer.raw().c_str());
  fflush(stdout);
  return rc;
}

std::string nothing(const Buffer&) { return ""; }
std::string one32(const Buffer& b) { return text("%u", b.at32(0)); }
std::string one64(const Buffer& b) { return text("%llu", static_cast<unsigned long long>(b.at64(0))); }
std::string two32(const Buffer& b) { return text("%u %u", b.at32(0), b.at32(64)); }
std::string chars0(const Buffer& b) { return printable(b.chars(0)); }

bool missing(const std::string& who, const char* name) {
  if (dlsym(g_lib, name) != nullptr) return false;
  printf("%s%s ABSENT\n", who.c_str(), name);
  return true;
}

// ---- families of calls with the same shape
void get32(const std::string& who, Dev d, const char* name) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, u32*)>(name);
  probe(who + name + "()", [&](Buffer& b) { return f(d, b.as<u32>()); }, one32);
}
void get64(const std::string& who, Dev d, const char* name) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, u64*)>(name);
  probe(who + name + "()", [&](Buffer& b) { return f(d, b.as<u64>()); }, one64);
}
void get32x2(const std::string& who, Dev d, const char* name) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, u32*, u32*)>(name);
  probe(who + name + "()", [&](Buffer& b) { return f(d, b.as<u32>(), b.as<u32>(64)); }, two32);
}
void get_text(const std::string& who, Dev d, const char* name, u32 length) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, char*, u32)>(name);
  probe(who + name + "()", [&](Buffer& b) { return f(d, b.as<char>(), length); }, chars0);
}
void get32_of(const std::string& who, Dev d, const char* name, u32 from, u32 to) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, u32, u32*)>(name);
  for (u32 i = from; i <= to; ++i) probe(who + name + text("(%u)", i), [&](Buffer& b) { return f(d, i, b.as<u32>()); }, one32);
}
// A struct with a version word; `show` decodes.
template <class Show>
void get_struct(const std::string& who, Dev d, const char* name, u32 size, u32 version, Show show, u32 word1 = 0) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, void*)>(name);
  static u32 s_version, s_word1;
  s_version = version != 0 ? (size | (version << 24)) : 0;
  s_word1 = word1;
  probe(who + name + text("(size %u version %u word1 %u)", size, version, word1), [&](Buffer& b) { return f(d, b.as()); }, show, true,
        version != 0 ? +[](Buffer& b) { b.put32(0, s_version); b.put32(4, s_word1); } : nullptr);
}

// ---- every name we know
// clang-format off
const char* const kNames[] = {
    "nvmlInit", "nvmlInit_v2", "nvmlInitWithFlags", "nvmlShutdown", "nvmlErrorString", "nvmlSystemGetDriverVersion",
    "nvmlSystemGetNVMLVersion", "nvmlSystemGetCudaDriverVersion", "nvmlSystemGetCudaDriverVersion_v2", "nvmlSystemGetProcessName",
    "nvmlSystemGetDriverBranch", "nvmlDeviceGetCount", "nvmlDeviceGetCount_v2", "nvmlDeviceGetHandleByIndex",
    "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByPciBusId", "nvmlDeviceGetHandleByPciBusId_v2",
    "nvmlDeviceGetHandleByUUID", "nvmlDeviceGetHandleByUUIDV", "nvmlDeviceGetUUID", "nvmlDeviceGetName", "nvmlDeviceGetSerial",
    "nvmlDeviceGetIndex", "nvmlDeviceGetMinorNumber", "nvmlDeviceGetPciInfo", "nvmlDeviceGetPciInfo_v2", "nvmlDeviceGetPciInfo_v3",
    "nvmlDeviceGetPciInfoExt", "nvmlDeviceGetUtilizationRates", "nvmlDeviceGetMemoryInfo", "nvmlDeviceGetMemoryInfo_v2",
    "nvmlDeviceGetBAR1MemoryInfo", "nvmlDeviceGetTemperature", "nvmlDeviceGetTemperatureV", "nvmlDeviceGetMarginTemperature",
    "nvmlDeviceGetTemperatureThreshold", "nvmlDeviceGetPowerUsage", "nvmlDeviceGetEnforcedPowerLimit",
    "nvmlDeviceGetPowerManagementLimit", "nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetClockInfo",
    "nvmlDeviceGetMaxClockInfo", "nvmlDeviceGetPerformanceState", "nvmlDeviceGetCurrentClocksEventReasons",
    "nvmlDeviceGetCurrentClocksThrottleReasons", "nvmlDeviceGetSupportedClocksEventReasons",
    "nvmlDeviceGetSupportedClocksThrottleReasons", "nvmlDeviceGetViolationStatus", "nvmlDeviceGetEncoderUtilization",
    "nvmlDeviceGetDecoderUtilization", "nvmlDeviceGetJpgUtilization", "nvmlDeviceGetOfaUtilization", "nvmlDeviceGetPcieThroughput",
    "nvmlDeviceGetCurrPcieLinkGeneration", "nvmlDeviceGetCurrPcieLinkWidth", "nvmlDeviceGetMaxPcieLinkGeneration",
    "nvmlDeviceGetMaxPcieLinkWidth", "nvmlDeviceGetPcieReplayCounter", "nvmlDeviceGetPcieSpeed", "nvmlDeviceGetSamples",
    "nvmlDeviceGetProcessUtilization", "nvmlDeviceGetProcessesUtilizationInfo", "nvmlDeviceGetComputeRunningProcesses",
    "nvmlDeviceGetComputeRunningProcesses_v2", "nvmlDeviceGetComputeRunningProcesses_v3",
    "nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetMPSComputeRunningProcesses_v3",
    "nvmlDeviceGetRunningProcessDetailList", "nvmlDeviceGetFieldValues", "nvmlEventSetCreate", "nvmlEventSetFree",
    "nvmlEventSetWait", "nvmlEventSetWait_v2", "nvmlDeviceRegisterEvents", "nvmlDeviceGetSupportedEventTypes",
    "nvmlDeviceGetEccMode", "nvmlDeviceGetTotalEccErrors", "nvmlDeviceGetMemoryErrorCounter", "nvmlDeviceGetSramEccErrorStatus",
    "nvmlDeviceGetRetiredPages", "nvmlDeviceGetRetiredPages_v2", "nvmlDeviceGetRetiredPagesPendingStatus",
    "nvmlDeviceGetRemappedRows", "nvmlDeviceGetRowRemapperHistogram", "nvmlDeviceGetNvLinkState", "nvmlDeviceGetNvLinkVersion",
    "nvmlDeviceGetNvLinkErrorCounter", "nvmlDeviceGetNvLinkRemotePciInfo_v2", "nvmlDeviceGetNvLinkRemoteDeviceType",
    "nvmlDeviceGetNvLinkInfo", "nvmlDeviceGetMigMode", "nvmlDeviceGetMaxMigDeviceCount", "nvmlDeviceGetMigDeviceHandleByIndex",
    "nvmlDeviceGetDeviceHandleFromMigDeviceHandle", "nvmlDeviceIsMigDeviceHandle", "nvmlDeviceGetGpuInstanceId",
    "nvmlDeviceGetComputeInstanceId", "nvmlDeviceGetAttributes_v2", "nvmlDeviceGetNumaNodeId", "nvmlDeviceGetGpuFabricInfo",
    "nvmlDeviceGetGpuFabricInfoV", "nvmlDeviceGetModuleId", "nvmlDeviceGetPersistenceMode", "nvmlGpmMetricsGet",
    "nvmlGpmSampleAlloc", "nvmlGpmSampleFree", "nvmlGpmSampleGet", "nvmlGpmMigSampleGet", "nvmlGpmQueryDeviceSupport",
    "nvmlGpmQueryIfStreamingEnabled", "nvmlGpmSetStreamingEnabled", "nvmlDeviceGetFanSpeed", "nvmlDeviceGetFanSpeed_v2",
    "nvmlDeviceGetFanSpeedRPM", "nvmlDeviceGetNumFans", "nvmlDeviceGetCpuAffinity", "nvmlDeviceGetComputeMode",
    "nvmlDeviceGetCudaComputeCapability", "nvmlDeviceGetNumGpuCores", "nvmlDeviceGetMemoryBusWidth", "nvmlDeviceGetArchitecture",
    "nvmlDeviceGetPlatformInfo", "nvmlDeviceGetDynamicPstatesInfo", "nvmlDeviceGetGspFirmwareVersion",
    "nvmlDeviceGetGspFirmwareMode", "nvmlDeviceGetVbiosVersion", "nvmlDeviceGetInforomImageVersion", "nvmlDeviceGetBoardId",
    "nvmlDeviceGetBoardPartNumber", "nvmlDeviceGetBrand", "nvmlDeviceGetPowerManagementDefaultLimit",
    "nvmlDeviceGetPowerManagementLimitConstraints", "nvmlDeviceGetIrqNum", "nvmlDeviceGetPowerSource",
    "nvmlDeviceGetPcieLinkMaxSpeed", "nvmlDeviceGetRepairStatus", "nvmlDeviceGetAddressingMode", "nvmlDeviceGetCapabilities",
    "nvmlDeviceGetC2cModeInfoV", "nvmlDeviceGetThermalSettings", "nvmlDeviceGetPdi", "nvmlDeviceGetClock",
    "nvmlDeviceGetDefaultEccMode", "nvmlDeviceGetCurrentClockFreqs", "nvmlDeviceGetPerformanceModes",
    "nvmlDeviceGetSramUniqueUncorrectedEccErrorCounts", "nvmlDeviceReadWritePRM_v1", "nvmlDeviceReadPRMCounters_v1",
    "nvmlSystemEventSetCreate", "nvmlSystemRegisterEvents", "nvmlSystemEventSetWait", "nvmlDeviceGetUnrepairableMemoryFlag_v1",
    "nvmlDeviceGetPowerMizerMode_v1",
};
// clang-format on

void list_folder(const char* path, const char* with) {
  DIR* dir = opendir(path);
  if (!dir) return;
  while (const dirent* e = readdir(dir)) {
    if (strstr(e->d_name, with) != nullptr) printf("CONTEXT file %s/%s\n", path, e->d_name);
  }
  closedir(dir);
}
void show_file(const char* path) {
  FILE* f = fopen(path, "r");
  if (!f) return printf("CONTEXT %s: not there\n", path), void();
  char line[512];
  while (fgets(line, sizeof line, f)) printf("CONTEXT %s: %s", path, line);
  fclose(f);
}
void show_own(const char* when) {
  long resident_kib = 0, threads = 0;
  FILE* f = fopen("/proc/self/status", "r");
  char line[256];
  while (f && fgets(line, sizeof line, f)) {
    sscanf(line, "VmRSS: %ld", &resident_kib);
    sscanf(line, "Threads: %ld", &threads);
  }
  if (f) fclose(f);
  printf("OWN %s resident_kib=%ld threads=%ld files=", when, resident_kib, threads);
  DIR* dir = opendir("/proc/self/fd");
  while (const dirent* e = dir ? readdir(dir) : nullptr) {
    char path[300], target[300];
    snprintf(path, sizeof path, "/proc/self/fd/%.20s", e->d_name);
    const ssize_t n = readlink(path, target, sizeof target - 1);
    if (n > 0) target[n] = 0, printf("%s ", target);
  }
  if (dir) closedir(dir);
  printf("\n");
}

// ---- groups of calls
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

void probe_processes(const std::string& w, Dev d) {
  for (const char* name : {"nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetComputeRunningProcesses_v2",
                           "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v3",
                           "nvmlDeviceGetMPSComputeRunningProcesses_v3"}) {
    if (missing(w, name)) continue;
    auto f = symbol<int (*)(Dev, u32*, void*)>(name);
    probe(
        w + name + "(0)",
        [&](Buffer& b) {
          b.put32(0, 0);
          return f(d, b.as<u32>(), nullptr);
        },
        one32, false);
    probe(
        w + name + "(256)",
        [&](Buffer& b) {
          b.put32(0, 256);
          return f(d, b.as<u32>(), b.as(64));
        },
        one32);
  }
  if (auto f = symbol<int (*)(Dev, void*)>("nvmlDeviceGetRunningProcessDetailList")) {
    for (u32 mode = 0; mode < 4; ++mode) {
      probe(
          w + text("nvmlDeviceGetRunningProcessDetailList(mode %u)", mode),
          [&](Buffer& b) {
            b.put32(0, 24 | (1u << 24));
            b.put32(4, mode);
            b.put32(8, 256);
            const u64 where = reinterpret_cast<u64>(b.as(64));
            memcpy(b.bytes + 16, &where, 8);
            return f(d, b.as());
          },
          [](const Buffer& b) { return text("count=%u", b.at32(8)); });
    }
  }
  if (auto f = symbol<int (*)(Dev, void*, u32*, u64)>("nvmlDeviceGetProcessUtilization")) {
    probe(
        w + "nvmlDeviceGetProcessUtilization(0 entries)",
        [&](Buffer& b) {
          b.put32(0, 0);
          return f(d, nullptr, b.as<u32>(), 0);
        },
        one32);
    probe(
        w + "nvmlDeviceGetProcessUtilization(256 entries)",
        [&](Buffer& b) {
          b.put32(0, 256);
          return f(d, b.as(64), b.as<u32>(), 0);
        },
        one32);
  }
  if (auto f = symbol<int (*)(Dev, void*)>("nvmlDeviceGetProcessesUtilizationInfo"))
    probe(
        w + "nvmlDeviceGetProcessesUtilizationInfo(256)",
        [&](Buffer& b) {
          b.put32(0, 24 | (1u << 24));
          b.put32(4, 256);
          memset(b.bytes + 8, 0, 8);
          const u64 where = reinterpret_cast<u64>(b.as(64));
          memcpy(b.bytes + 16, &where, 8);
          return f(d, b.as());
        },
        [](const Buffer& b) { return text("count=%u last=%llu", b.at32(4), static_cast<unsigned long long>(b.at64(8))); });
}

struct Field {
  u32 id, scope;
  int64_t time_us, latency_us;
  u32 type;
  int rc;
  u8 value[8];
};
static_assert(sizeof(Field) == 40);

std::string field_text(const Field& f) {
  u64 u;
  int64_t i;
  double r;
  memcpy(&u, f.value, 8);
  memcpy(&i, f.value, 8);
  memcpy(&r, f.value, 8);
  std::string value;
  switch (f.type) {
    case 0: value = text("%.9g", r); break;
    case 1: value = text("%u", static_cast<u32>(u)); break;
    case 4: value = text("%lld", static_cast<long long>(i)); break;
    case 5: value = text("%d", static_cast<int>(static_cast<u32>(u))); break;
    case 6: value = text("%u", static_cast<u32>(u & 0xffff)); break;
    default: value = text("%llu", static_cast<unsigned long long>(u));
  }
  return text("id=%u scope=%u rc=%d type=%u value=%s raw=%016llx time_us=%lld latency_us=%lld", f.id, f.scope, f.rc, f.type,
              value.c_str(), static_cast<unsigned long long>(u), static_cast<long long>(f.time_us),
              static_cast<long long>(f.latency_us));
}

void fields_in_one(const std::string& w, Dev d, const char* label, const std::vector<std::pair<u32, u32>>& which) {
  auto f = symbol<int (*)(Dev, int, void*)>("nvmlDeviceGetFieldValues");
  if (!f) return;
  static std::vector<std::pair<u32, u32>> s_which;
  s_which = which;
  const int rc = probe(
      w + text("nvmlDeviceGetFieldValues(%s: %zu)", label, which.size()),
      [&](Buffer& b) { return f(d, static_cast<int>(s_which.size()), b.as()); },
      [](const Buffer& b) { return text("wall_us=%.0f first=%u", now_us(CLOCK_REALTIME), b.at32(0)); }, true,
      [](Buffer& b) {
        for (size_t i = 0; i < s_which.size(); ++i) {
          memset(b.bytes + 40 * i, 0, 40);
          b.put32(40 * i, s_which[i].first);
          b.put32(40 * i + 4, s_which[i].second);
        }
      });
  if (rc != 0) return;
  for (size_t i = 0; i < which.size(); ++i) {
    Field one;
    memcpy(&one, g_buffer.bytes + 40 * i, 40);
    printf("FIELD %s%s\n", w.c_str() + 5, field_text(one).c_str());
  }
}

void probe_fields(const std::string& w, Dev d) {
  auto f = symbol<int (*)(Dev, int, void*)>("nvmlDeviceGetFieldValues");
  if (!f) return missing(w, "nvmlDeviceGetFieldValues"), void();
  // Each by itself, for its cost; those that have no value once.
  for (u32 id = 1; id <= 400; ++id) {
    Field one{};
    std::vector<double> times;
    int rc = 0;
    alarm(60);
    for (int i = 0; i < 12; ++i) {
      one = {};
      one.id = id;
      const double t = now_us();
      rc = f(d, 1, &one);
      times.push_back(now_us() - t);
      if (rc != 0 || one.rc != 0) break;
    }
    alarm(0);
    const double cold = times[0];
    std::sort(times.begin(), times.end());
    printf("FIELD1 %scall_rc=%d cold_us=%.1f med_us=%.1f max_us=%.1f %s\n", w.c_str() + 5, rc, cold, times[times.size() / 2],
           times.back(), field_text(one).c_str());
    fflush(stdout);
  }
  constexpr u32 kAll = 0xffffffff;
  fields_in_one(w, d, "power",
                {{185, 0}, {186, 0}, {191, 0}, {185, 1}, {186, 1}, {191, 1}, {185, 2}, {186, 2}, {191, 2}, {83, 0}});
  fields_in_one(w, d, "links summed",
                {{138, kAll},
                 {139, kAll},
                 {140, kAll},
                 {141, kAll},
                 {160, kAll},
                 {161, kAll},
                 {162, kAll},
                 {163, kAll},
                 {164, kAll},
                 {201, kAll},
                 {202, kAll},
                 {203, kAll},
                 {204, kAll}});
  std::vector<std::pair<u32, u32>> per_link;
  for (const u32 id : {138u, 139u, 140u, 141u})
    for (u32 link = 0; link < 18; ++link) per_link.push_back({id, link});
  fields_in_one(w, d, "link bytes", per_link);
  per_link.clear();
  for (const u32 id : {138u, 139u})
    for (u32 link = 0; link < 18; ++link) per_link.push_back({id, link});
  fields_in_one(w, d, "link data bytes", per_link);
  for (const u32 id : {160u, 161u, 162u, 163u, 164u, 165u, 166u, 202u, 204u, 206u, 207u, 208u,
                       209u, 210u, 211u, 212u, 213u, 214u, 215u, 219u, 220u, 221u, 222u}) {
    per_link.clear();
    for (u32 link = 0; link < 18; ++link) per_link.push_back({id, link});
    fields_in_one(w, d, text("link field %u", id).c_str(), per_link);
  }
  fields_in_one(w, d, "a tick's worth",
                {{82, 0},
                 {83, 0},
                 {185, 0},
                 {186, 0},
                 {74, 0},
                 {75, 0},
                 {76, 0},
                 {77, 0},
                 {78, 0},
                 {79, 0},
                 {197, 0},
                 {198, 0},
                 {94, 0},
                 {138, kAll},
                 {139, kAll}});
}

void probe_samples(const std::string& w, Dev d) {
  auto f = symbol<int (*)(Dev, u32, u64, u32*, u32*, void*)>("nvmlDeviceGetSamples");
  if (!f) return missing(w, "nvmlDeviceGetSamples"), void();
  u64 last[12] = {};
  for (u32 type = 0; type < 12; ++type) {
    probe(
        w + text("nvmlDeviceGetSamples(%u, 0, null)", type),
        [&](Buffer& b) { return f(d, type, 0, b.as<u32>(), b.as<u32>(4), nullptr); },
        [](const Buffer& b) { return text("type=%u count=%u", b.at32(0), b.at32(4)); });
    const int rc = probe(
        w + text("nvmlDeviceGetSamples(%u, 0, 4000)", type),
        [&](Buffer& b) {
          b.put32(4, 4000);
          return f(d, type, 0, b.as<u32>(), b.as<u32>(4), b.as(16));
        },
        [](const Buffer& b) { return text("type=%u count=%u wall_us=%.0f", b.at32(0), b.at32(4), now_us(CLOCK_REALTIME)); });
    if (rc != 0) continue;
    const u32 count = std::min<u32>(g_buffer.at32(4), 4000);
    printf("SAMPLES %stype=%u count=%u:", w.c_str() + 5, type, count);
    u64 before = 0;
    for (u32 i = 0; i < count; ++i) {
      const u64 t = g_buffer.at64(16 + 16 * i);
      if (i == 0)
        printf(" first_us=%llu", static_cast<unsigned long long>(t));
      else
        printf(" +%lld", static_cast<long long>(t - before));
      printf("=%u", g_buffer.at32(16 + 16 * i + 8));
      before = t;
      last[type] = std::max(last[type], t);
    }
    printf("\n");
  }
  for (int second = 0; second < 3; ++second) {
    pause_ms(1000);
    for (u32 type = 0; type < 12; ++type) {
      if (last[type] == 0) continue;
      const int rc = probe(
          w + text("nvmlDeviceGetSamples(%u, %llu, 4000) second %d", type, static_cast<unsigned long long>(last[type]), second),
          [&](Buffer& b) {
            b.put32(4, 4000);
            return f(d, type, last[type], b.as<u32>(), b.as<u32>(4), b.as(16));
          },
          [](const Buffer& b) {
            const u32 n = b.at32(4);
            std::string out = text("type=%u count=%u wall_us=%.0f", b.at32(0), n, now_us(CLOCK_REALTIME));
            for (u32 i = 0; i < n && i < 120; ++i)
              out += text(" %llu=%u", static_cast<unsigned long long>(b.at64(16 + 16 * i)), b.at32(16 + 16 * i + 8));
            return out;
          },
          false);
      if (rc == 0) {
        for (u32 i = 0; i < g_buffer.at32(4) && i < 4000; ++i) last[type] = std::max(last[type], g_buffer.at64(16 + 16 * i));
      }
    }
  }
}

void probe_gpm(const std::string& w, Dev d) {
  get_struct(w, d, "nvmlGpmQueryDeviceSupport", 8, 0, nothing);
  if (auto f = symbol<int (*)(Dev, void*)>("nvmlGpmQueryDeviceSupport"))
    probe(
        w + "nvmlGpmQueryDeviceSupport(version 1)",
        [&](Buffer& b) {
          b.put32(0, 1);
          return f(d, b.as());
        },
        [](const Buffer& b) { return text("supported=%u", b.at32(4)); });
  get32(w, d, "nvmlGpmQueryIfStreamingEnabled");
  auto alloc = symbol<int (*)(void**)>("nvmlGpmSampleAlloc");
  auto release = symbol<int (*)(void*)>("nvmlGpmSampleFree");
  auto sample = symbol<int (*)(Dev, void*)>("nvmlGpmSampleGet");
  auto metrics = symbol<int (*)(void*)>("nvmlGpmMetricsGet");
  if (!alloc || !release || !sample || !metrics) return missing(w, "nvmlGpmSampleGet"), void();
  void *a = nullptr, *b2 = nullptr;
  if (probe(w + "nvmlGpmSampleAlloc()", [&](Buffer&) { return alloc(&a); }, nothing, false) != 0) return;
  if (alloc(&b2) != 0) return;
  if (probe(w + "nvmlGpmSampleGet()", [&](Buffer&) { return sample(d, a); }, nothing) != 0) return;
  for (const double ms : {1000.0, 200.0, 100.0, 50.0, 20.0}) {
    int rc = sample(d, a);
    pause_ms(ms);
    rc = rc != 0 ? rc : sample(d, b2);
    printf("GPM %spair of %.0f ms rc=%d\n", w.c_str() + 5, ms, rc);
    const u32 last = ms == 1000.0 ? 340 : 13;
    for (u32 id = 1; id <= last; ++id) {
      g_buffer.clear();
      memset(g_buffer.bytes, 0, 24 + 40);
      g_buffer.put32(0, 1);
      g_buffer.put32(4, 1);
      memcpy(g_buffer.bytes + 8, &a, 8);
      memcpy(g_buffer.bytes + 16, &b2, 8);
      g_buffer.put32(24, id);
      alarm(60);
      const double t = now_us();
      const int got = metrics(g_buffer.as());
      const double took = now_us() - t;
      alarm(0);
      const char* names[3];
      for (size_t i = 0; i < 3; ++i) {
        const u64 p = g_buffer.at64(24 + 16 + 8 * i);
        names[i] = p != 0 && got == 0 ? reinterpret_cast<const char*>(p) : "";
      }
      printf("GPM %sms=%.0f id=%u call_rc=%d rc=%d us=%.1f value=%.17g name=%s long=%s unit=%s\n", w.c_str() + 5, ms, id, got,
             static_cast<int>(g_buffer.at32(28)), took, g_buffer.at_double(32), printable(names[0]).c_str(),
             printable(names[1]).c_str(), printable(names[2]).c_str());
    }
    fflush(stdout);
  }
  // What a tick would ask for at once.
  pause_ms(150);
  sample(d, a);
  pause_ms(1000);
  sample(d, b2);
  static void *s_a, *s_b;
  s_a = a;
  s_b = b2;
  probe(
      w + "nvmlGpmMetricsGet(19 at once)", [&](Buffer& b) { return metrics(b.as()); },
      [](const Buffer& b) {
        std::string out;
        for (size_t i = 0; i < 19; ++i)
          out += text("%u:rc=%d:%.9g ", b.at32(24 + 40 * i), static_cast<int>(b.at32(28 + 40 * i)), b.at_double(32 + 40 * i));
        return out;
      },
      true,
      [](Buffer& b) {
        memset(b.bytes, 0, 24 + 40 * 19);
        b.put32(0, 1);
        b.put32(4, 19);
        memcpy(b.bytes + 8, &s_a, 8);
        memcpy(b.bytes + 16, &s_b, 8);
        const u32 ids[19] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20, 21, 60, 61, 30, 40};
        for (size_t i = 0; i < 19; ++i) b.put32(24 + 40 * i, ids[i]);
      });
  probe(w + "nvmlGpmSampleFree()", [&](Buffer&) { return release(a); }, nothing, false);
  release(b2);
}

void probe_events(const std::string& w, Dev d) {
  get64(w, d, "nvmlDeviceGetSupportedEventTypes");
  auto types_of = symbol<int (*)(Dev, u64*)>("nvmlDeviceGetSupportedEventTypes");
  auto create = symbol<int (*)(void**)>("nvmlEventSetCreate");
  auto release = symbol<int (*)(void*)>("nvmlEventSetFree");
  auto enlist = symbol<int (*)(Dev, u64, void*)>("nvmlDeviceRegisterEvents");
  auto wait = symbol<int (*)(void*, void*, u32)>("nvmlEventSetWait_v2");
  if (!types_of || !create || !release || !enlist || !wait) return;
  u64 types = 0;
  if (types_of(d, &types) != 0) return;
  void* set = nullptr;
  if (probe(w + "nvmlEventSetCreate()", [&](Buffer&) { return create(&set); }, nothing, false) != 0) return;
  const u64 mask = types & 0xff0b;  // errors and partitions: not every change of a clock
  probe(
      w + text("nvmlDeviceRegisterEvents(%llx)", static_cast<unsigned long long>(mask)),
      [&](Buffer&) { return enlist(d, mask, set); }, nothing, false);
  for (const u32 ms : {0u, 1u, 50u})
    probe(w + text("nvmlEventSetWait_v2(%u ms)", ms), [&](Buffer& b) { return wait(set, b.as(), ms); }, nothing);
  show_own("with an event set");
  probe(w + "nvmlEventSetFree()", [&](Buffer&) { return release(set); }, nothing, false);
}

// How often values change: polled as fast as the calls allow.
void watch(const std::string& w, Dev d) {
  struct Watched {
    const char* name = "";
    std::string changes = {};
    u64 before = ~u64{0};
    double at = 0;
    std::vector<double> spans = {};
    int count = 0;
  };
  auto power = symbol<int (*)(Dev, u32*)>("nvmlDeviceGetPowerUsage");
  auto energy = symbol<int (*)(Dev, u64*)>("nvmlDeviceGetTotalEnergyConsumption");
  auto rates = symbol<int (*)(Dev, u32*)>("nvmlDeviceGetUtilizationRates");
  auto clock = symbol<int (*)(Dev, u32, u32*)>("nvmlDeviceGetClockInfo");
  auto reasons = symbol<int (*)(Dev, u64*)>("nvmlDeviceGetCurrentClocksEventReasons");
  auto fields = symbol<int (*)(Dev, int, void*)>("nvmlDeviceGetFieldValues");
  Watched all[] = {{"energy_mj"}, {"power_mw"}, {"util_gpu"}, {"util_memory"}, {"clock_sm"}, {"reasons"},
                   {"field185"},  {"field186"}, {"field82"},  {"field197"},    {"field138"}, {"field74"}};
  const u32 ids[] = {185, 186, 82, 197, 138, 74};
  const double begun = now_us();
  int rounds = 0;
  alarm(60);
  while (now_us() - begun < g_watch_seconds * 1e6) {
    u64 v[12];
    for (u64& one : v) one = ~u64{0};
    u32 v32[2];
    if (energy && energy(d, &v[0]) != 0) v[0] = ~u64{0};
    if (power && power(d, v32) == 0) v[1] = v32[0];
    if (rates && rates(d, v32) == 0) v[2] = v32[0], v[3] = v32[1];
    if (clock && clock(d, 1, v32) == 0) v[4] = v32[0];
    if (reasons && reasons(d, &v[5]) != 0) v[5] = ~u64{0};
    Field one[6] = {};
    for (int i = 0; i < 6; ++i) one[i].id = ids[i];
    one[4].scope = 0xffffffff;
    if (fields && fields(d, 6, one) == 0) {
      for (int i = 0; i < 6; ++i) {
        if (one[i].rc == 0) memcpy(&v[6 + i], one[i].value, 8);
        if (one[i].rc == 0 && one[i].type == 1) v[6 + i] &= 0xffffffff;
      }
    }
    const double t = (now_us() - begun) / 1000;
    for (int i = 0; i < 12; ++i) {
      if (v[i] == ~u64{0} || v[i] == all[i].before) continue;
      if (all[i].before != ~u64{0}) all[i].spans.push_back(t - all[i].at);
      if (++all[i].count <= 150) all[i].changes += text(" %.1f:%llu", t, static_cast<unsigned long long>(v[i]));
      all[i].before = v[i];
      all[i].at = t;
    }
    ++rounds;
    pause_ms(1);
  }
  alarm(0);
  printf("WATCH %s%d rounds in %.1f s\n", w.c_str() + 5, rounds, (now_us() - begun) / 1e6);
  for (Watched& one : all) {
    std::sort(one.spans.begin(), one.spans.end());
    printf("WATCH %s%s changes=%d median_ms=%.1f min_ms=%.1f max_ms=%.1f:%s\n", w.c_str() + 5, one.name, one.count,
           one.spans.empty() ? 0 : one.spans[one.spans.size() / 2], one.spans.empty() ? 0 : one.spans[0],
           one.spans.empty() ? 0 : one.spans.back(), one.changes.c_str());
  }
  fflush(stdout);
}

// Does a costly call of one thread hold up a cheap one of another?
void probe_contention(const std::string& w, Dev d) {
  auto cheap = symbol<int (*)(Dev, u32*)>("nvmlDeviceGetPowerUsage");
  auto slow = symbol<int (*)(Dev, u32, u32*)>("nvmlDeviceGetPcieThroughput");
  auto list = symbol<int (*)(Dev, u32*, void*)>("nvmlDeviceGetComputeRunningProcesses_v3");
  if (!cheap || !slow || !list) return;
  struct Other {
    Dev d;
    int which;
    std::atomic<bool> stop{false};
    std::atomic<int> calls{0};
    decltype(slow) slow_call;
    decltype(list) list_call;
  };
  for (int which = 0; which < 3; ++which) {
    Other other{.d = d, .which = which, .slow_call = slow, .list_call = list};
    pthread_t thread;
    pthread_create(
        &thread, nullptr,
        [](void* p) -> void* {
          auto* o = static_cast<Other*>(p);
          static u8 room[64 * 256];
          while (!o->stop) {
            u32 v = 256;
            if (o->which == 1)
              o->slow_call(o->d, 0, &v);
            else if (o->which == 2)
              o->list_call(o->d, &v, room);
            else
              pause_ms(5);
            ++o->calls;
          }
          return nullptr;
        },
        &other);
    std::vector<double> times;
    const double until = now_us() + 400e3;
    while (now_us() < until) {
      u32 v;
      const double t = now_us();
      cheap(d, &v);
      times.push_back(now_us() - t);
      pause_ms(1);
    }
    other.stop = true;
    pthread_join(thread, nullptr);
    std::sort(times.begin(), times.end());
    const char* names[] = {"nothing", "PcieThroughput", "ComputeRunningProcesses_v3"};
    printf("CONTENTION %snvmlDeviceGetPowerUsage beside %s (%d calls): n=%zu med_us=%.1f p99_us=%.1f max_us=%.1f\n",
           w.c_str() + 5, names[which], other.calls.load(), times.size(), times[times.size() / 2], times[times.size() * 99 / 100],
           times.back());
    fflush(stdout);
  }
}

void probe_all(const std::string& who, Dev d, bool whole_device) {
  const std::string w = "CALL " + who + " ";
  probe_identity(w, d);
  probe_load(w, d);
  if (whole_device) probe_links(w, d);
  probe_errors(w, d);
  probe_processes(w, d);
  if (!whole_device) return;
  probe_gpm(w, d);
  probe_samples(w, d);
  probe_events(w, d);
  watch(w, d);
  probe_contention(w, d);
  probe_fields(w, d);
}

}  // namespace

int main(int argc, char** argv) {
  const char* lib = "libnvidia-ml.so.1";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--lib"))
      lib = argv[i + 1];
    else if (!strcmp(argv[i], "--warm"))
      g_warm = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--watch"))
      g_watch_seconds = atof(argv[i + 1]);
    else
      return fprintf(stderr, "nvml_probe: unknown option %s; see the top of nvml_probe.cc\n", argv[i]), 2;
  }
  struct sigaction action{};
  action.sa_handler = on_fault;
  action.sa_flags = SA_NODEFER;
  for (const int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigaction(s, &action, nullptr);
  signal(SIGALRM, on_alarm);

  show_file("/proc/driver/nvidia/version");
  show_file("/proc/driver/nvidia/params");
  list_folder("/dev", "nvidia");
  list_folder("/proc/driver/nvidia/gpus", ":");
  show_own("before dlopen");
  const double t0 = now_us();
  g_lib = dlopen(lib, RTLD_NOW | RTLD_LOCAL);
  if (!g_lib) return fprintf(stderr, "nvml_probe: %s\n", dlerror()), 1;
  printf("CONTEXT dlopen(%s) us=%.1f\n", lib, now_us() - t0);
  show_own("after dlopen");
  for (const char* name : kNames) printf("SYMBOL %s %s\n", name, dlsym(g_lib, name) ? "present" : "absent");

  auto init = symbol<int (*)()>("nvmlInit_v2");
  auto shutdown = symbol<int (*)()>("nvmlShutdown");
  auto count = symbol<int (*)(u32*)>("nvmlDeviceGetCount_v2");
  auto handle = symbol<int (*)(u32, Dev*)>("nvmlDeviceGetHandleByIndex_v2");
  auto error = symbol<const char* (*)(int)>("nvmlErrorString");
  if (!init || !shutdown || !count || !handle) return fprintf(stderr, "nvml_probe: the first calls are not in %s\n", lib), 1;
  if (auto f = symbol<int (*)(u32*)>("nvmlDeviceGetCount_v2"))
    probe("CALL - nvmlDeviceGetCount_v2() before init", [&](Buffer& b) { return f(b.as<u32>()); }, one32, false);
  if (probe("CALL - nvmlInit_v2()", [&](Buffer&) { return init(); }, nothing, false) != 0) return 1;
  show_own("after init");
  if (error) {
    for (int rc = 0; rc < 33; ++rc) printf("ERRORSTRING %d %s\n", rc, error(rc));
    printf("ERRORSTRING 999 %s\n", error(999));
  }
  for (const char* name : {"nvmlSystemGetDriverVersion", "nvmlSystemGetNVMLVersion"}) {
    auto f = symbol<int (*)(char*, u32)>(name);
    if (f) probe(text("CALL - %s()", name), [&](Buffer& b) { return f(b.as<char>(), 96); }, chars0);
  }
  if (auto f = symbol<int (*)(int*)>("nvmlSystemGetCudaDriverVersion_v2"))
    probe("CALL - nvmlSystemGetCudaDriverVersion_v2()", [&](Buffer& b) { return f(b.as<int>()); }, one32);
  probe("CALL - nvmlDeviceGetCount_v2()", [&](Buffer& b) { return count(b.as<u32>()); }, one32);
  u32 devices = 0;
  count(&devices);
  for (u32 i = 0; i <= devices; ++i) {
    Dev d = nullptr;
    if (probe(text("CALL - nvmlDeviceGetHandleByIndex_v2(%u)", i), [&](Buffer&) { return handle(i, &d); }, nothing) != 0)
      continue;
    const std::string who = text("%u", i);
    probe_all(who, d, true);
    auto mig = symbol<int (*)(Dev, u32, Dev*)>("nvmlDeviceGetMigDeviceHandleByIndex");
    for (u32 part = 0; mig && part < 8; ++part) {
      Dev m = nullptr;
      if (probe(
              "CALL " + who + text(" nvmlDeviceGetMigDeviceHandleByIndex(%u)", part), [&](Buffer&) { return mig(d, part, &m); },
              nothing) == 0)
        probe_all(who + text(".%u", part), m, false);
    }
    show_own("after a device");
  }
  probe("CALL - nvmlShutdown()", [&](Buffer&) { return shutdown(); }, nothing, false);
  show_own("after shutdown");
  probe("CALL - nvmlInit_v2() again", [&](Buffer&) { return init(); }, nothing, false);
  probe("CALL - nvmlShutdown() again", [&](Buffer&) { return shutdown(); }, nothing, false);
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  printf("END user_s=%.3f system_s=%.3f max_resident_kib=%ld\n",
         static_cast<double>(used.ru_utime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec) / 1e6,
         static_cast<double>(used.ru_stime.tv_sec) + static_cast<double>(used.ru_stime.tv_usec) / 1e6, used.ru_maxrss);
  return 0;
}
