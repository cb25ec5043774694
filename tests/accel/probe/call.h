// The probe's way of making a call: timed cold and warm, watched over (a crash or a hang is a line, too), its buffer shown raw.
//
// Threads  one, but for what probe_contention() starts.
#pragma once

#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace nvml_probe {

using u8 = unsigned char;
using u32 = uint32_t;
using u64 = uint64_t;
using Dev = void*;

inline void* g_lib = nullptr;
inline int g_warm = 60;
inline double g_warm_seconds = 0.06;
inline double g_watch_seconds = 3;

inline double now_us(clockid_t clock = CLOCK_MONOTONIC) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}
inline void pause_ms(double ms) {
  timespec t{static_cast<time_t>(ms / 1000), static_cast<long>(static_cast<long long>(ms * 1e6) % 1000000000)};
  nanosleep(&t, nullptr);
}

inline sigjmp_buf g_escape;
inline void on_fault(int) { siglongjmp(g_escape, 1); }
inline void on_alarm(int) {
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
inline Buffer g_buffer;

inline std::string printable(const char* s, size_t most = 120) {
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

inline std::string nothing(const Buffer&) { return ""; }
inline std::string one32(const Buffer& b) { return text("%u", b.at32(0)); }
inline std::string one64(const Buffer& b) { return text("%llu", static_cast<unsigned long long>(b.at64(0))); }
inline std::string two32(const Buffer& b) { return text("%u %u", b.at32(0), b.at32(64)); }
inline std::string chars0(const Buffer& b) { return printable(b.chars(0)); }

inline bool missing(const std::string& who, const char* name) {
  if (dlsym(g_lib, name) != nullptr) return false;
  printf("%s%s ABSENT\n", who.c_str(), name);
  return true;
}

// ---- families of calls with the same shape
inline void get32(const std::string& who, Dev d, const char* name) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, u32*)>(name);
  probe(who + name + "()", [&](Buffer& b) { return f(d, b.as<u32>()); }, one32);
}
inline void get64(const std::string& who, Dev d, const char* name) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, u64*)>(name);
  probe(who + name + "()", [&](Buffer& b) { return f(d, b.as<u64>()); }, one64);
}
inline void get32x2(const std::string& who, Dev d, const char* name) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, u32*, u32*)>(name);
  probe(who + name + "()", [&](Buffer& b) { return f(d, b.as<u32>(), b.as<u32>(64)); }, two32);
}
inline void get_text(const std::string& who, Dev d, const char* name, u32 length) {
  if (missing(who, name)) return;
  auto f = symbol<int (*)(Dev, char*, u32)>(name);
  probe(who + name + "()", [&](Buffer& b) { return f(d, b.as<char>(), length); }, chars0);
}
inline void get32_of(const std::string& who, Dev d, const char* name, u32 from, u32 to) {
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

}  // namespace nvml_probe
