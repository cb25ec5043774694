#include "tests/accel/probe/field.h"
#include "tests/accel/probe/groups.h"

#include <pthread.h>
#include <sys/resource.h>

#include <atomic>

namespace nvml_probe {

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

}  // namespace nvml_probe
