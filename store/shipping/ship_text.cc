#include "store/shipping/ship_text.h"

#include <algorithm>
#include <ctime>

#include "proto/base/number.h"

namespace tacho::store {
namespace {

constexpr std::int64_t kRetryAfterMaxMs = 600'000;  // a receiver that says "next week" is asked again after ten minutes

}  // namespace

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, 300));
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::int64_t retry_after_ms(const HttpResponse& answer, TimeMs now) {
  const std::string text(header_value(answer.headers, "Retry-After"));
  if (text.empty()) return 0;
  std::int64_t ms = 0;
  if (const auto seconds = parse_int(text)) {
    ms = std::clamp<std::int64_t>(*seconds, 0, kRetryAfterMaxMs / 1000) * 1000;
  } else {
    std::tm date{};
    if (!::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date)) return 0;
    ms = static_cast<TimeMs>(::timegm(&date)) * 1000 - now;
  }
  return std::clamp<std::int64_t>(ms, 0, kRetryAfterMaxMs);
}

std::string rfc3339(TimeMs t) {
  std::string out;
  append_rfc3339(out, t);
  return out;
}

}  // namespace tacho::store
