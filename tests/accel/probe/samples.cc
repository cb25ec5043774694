#include "tests/accel/probe/groups.h"

namespace nvml_probe {

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

}  // namespace nvml_probe
