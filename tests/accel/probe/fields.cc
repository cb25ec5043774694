#include "tests/accel/probe/field.h"
#include "tests/accel/probe/groups.h"

#include <sys/time.h>

namespace nvml_probe {

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

}  // namespace nvml_probe
