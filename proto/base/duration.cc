#include "proto/base/duration.h"

#include <array>
#include <limits>

#include "proto/base/number.h"

namespace tacho {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};

constexpr std::array<Unit, 7> kUnits{{{"y", 365LL * 86'400'000},
                                      {"w", 7LL * 86'400'000},
                                      {"d", 86'400'000},
                                      {"h", 3'600'000},
                                      {"m", 60'000},
                                      {"s", 1000},
                                      {"ms", 1}}};

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view s) {
  if (s == "0") return 0;
  if (s.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // units come largest first, each at most once
  while (!s.empty()) {
    std::int64_t n = 0;
    std::size_t i = 0;
    for (; i < s.size() && s[i] >= '0' && s[i] <= '9'; ++i) {
      if (n > (std::numeric_limits<std::int64_t>::max() - 9) / 10) return std::nullopt;
      n = n * 10 + (s[i] - '0');
    }
    if (i == 0) return std::nullopt;
    std::size_t end = i;
    while (end < s.size() && s[end] >= 'a' && s[end] <= 'z') ++end;
    const std::string_view unit = s.substr(i, end - i);
    std::size_t u = next_unit;
    while (u < kUnits.size() && kUnits[u].name != unit) ++u;
    if (u == kUnits.size()) return std::nullopt;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(n, kUnits[u].ms, &part) || __builtin_add_overflow(total, part, &total)) return std::nullopt;
    next_unit = u + 1;
    s.remove_prefix(end);
  }
  return total;
}

std::optional<std::int64_t> parse_duration_or_seconds(std::string_view s) {
  if (const auto d = parse_duration(s)) return d;
  return parse_seconds(s);
}

std::string format_duration(std::int64_t ms) {
  if (ms == 0) return "0s";
  std::string out = ms < 0 ? "-" : "";
  std::uint64_t rest = ms < 0 ? 0 - static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  for (const Unit& u : kUnits) {
    const auto size = static_cast<std::uint64_t>(u.ms);
    // As Prometheus does: years, weeks and days only where nothing is left over.
    const bool whole_only = u.ms >= 86'400'000;
    if (rest < size || (whole_only && rest % size != 0)) continue;
    out += std::to_string(rest / size);
    out += u.name;
    rest %= size;
  }
  return out;
}

}  // namespace tacho
