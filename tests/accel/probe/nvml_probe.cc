// What a driver's libnvidia-ml.so.1 really answers: every call that the agent makes or might make, for every device, one line
// a call, for people who write or doubt the source (sampler/accel/). Not a part of the agent; links libc alone.
//
//   nvml_probe [--lib FILE] [--warm CALLS] [--watch SECONDS]   > recording.txt
//
// A line   KIND DEVICE FUNCTION(ARGUMENTS) rc=CODE cold_us= n= med_us= p99_us= max_us= cpu_us= | values | raw=HEX
//          The arguments are written before the call is made, so that one that hangs or crashes is the last on its line.
// raw      what the call wrote: the buffer was filled with a5 before.
// Changes  nothing: getters only. It registers for events and frees the set again.
#include <dlfcn.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/accel/probe/groups.h"
#include "tests/accel/probe/names.h"

using namespace nvml_probe;

namespace {

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
      return fprintf(stderr, "nvml_probe: unknown option %s; see the top of tests/accel/probe/nvml_probe.cc\n", argv[i]), 2;
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
