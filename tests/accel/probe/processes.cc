#include "tests/accel/probe/groups.h"

namespace nvml_probe {

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

}  // namespace nvml_probe
