#include "tools/terminal/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

namespace tacho::tools {
namespace {

struct Scaled {
  double value;
  std::string_view prefix;
};

// Steps up while the rounded number would need a fourth digit before the point.
Scaled scaled(double v, double base, std::span<const std::string_view> prefixes) {
  std::size_t i = 0;
  while (i + 1 < prefixes.size() && std::fabs(v) >= (base == 1024 ? 1023.5 : 999.5)) {
    v /= base;
    ++i;
  }
  return {v, prefixes[i]};
}

// Three digits: 1.23, 12.3, 123. What was whole before it was scaled stays whole.
std::string digits(double v, bool whole) {
  const double size = std::fabs(v);
  if (whole) return fmt::format("{:.0f}", v);
  if (size < 9.995) return fmt::format("{:.2f}", v);
  if (size < 99.95) return fmt::format("{:.1f}", v);
  return fmt::format("{:.0f}", v);
}

bool is_whole(double v) { return std::fabs(v) < 1e15 && v == std::floor(v); }

struct Parts {
  std::string number;
  std::string_view prefix;  // of the unit
  std::string_view unit;
};

constexpr std::array<std::string_view, 6> kBinary = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
constexpr std::array<std::string_view, 6> kDecimal = {"", "k", "M", "G", "T", "P"};

Parts time_parts(double v) {
  const double size = std::fabs(v);
  if (v == 0) return {"0", "", "s"};
  if (size < 0.0009995) return {digits(v * 1e6, false), "u", "s"};
  if (size < 0.9995) return {digits(v * 1e3, false), "m", "s"};
  return {digits(v, false), "", "s"};
}

Parts parts(double v, TopUnit unit) {
  switch (unit) {
    case TopUnit::ratio: {
      const bool tiny = v != 0 && std::fabs(v) < 0.00995;  // the agent's own CPU time would be 0.0 % for ever
      return {fmt::format("{:.{}f}", v * 100, tiny ? 2 : 1), "", "%"};
    }
    case TopUnit::bytes:
    case TopUnit::bytes_per_second: {
      const Scaled s = scaled(v, 1024, kBinary);
      return {digits(s.value, s.prefix.empty()), s.prefix, unit == TopUnit::bytes ? "B" : "B/s"};
    }
    case TopUnit::count:
    case TopUnit::per_second: {
      const Scaled s = scaled(v, 1000, kDecimal);
      return {digits(s.value, s.prefix.empty() && is_whole(v)), s.prefix, unit == TopUnit::count ? "" : "/s"};
    }
    case TopUnit::seconds: return time_parts(v);
    case TopUnit::span: return {format_span(v), "", ""};
    case TopUnit::celsius: return {fmt::format("{:.0f}", v), "", "C"};
    case TopUnit::watts: return {digits(v, std::fabs(v) >= 9.995), "", "W"};
  }
  return {};
}

}  // namespace

std::string format_full(double v, TopUnit unit) {
  if (!std::isfinite(v)) return {};
  const Parts p = parts(v, unit);
  const std::string tail = fmt::format("{}{}", p.prefix, p.unit);
  return tail.empty() ? p.number : fmt::format("{} {}", p.number, tail);
}

std::string format_compact(double v, TopUnit unit) {
  if (!std::isfinite(v)) return {};
  const Parts p = parts(v, unit);
  switch (unit) {
    // The line's own value has said what is counted.
    case TopUnit::bytes:
    case TopUnit::bytes_per_second:
    case TopUnit::count:
    case TopUnit::per_second: return fmt::format("{}{}", p.number, p.prefix.substr(0, 1));
    default: return fmt::format("{}{}{}", p.number, p.prefix, p.unit);
  }
}

std::string format_span(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return {};
  struct Step {
    std::int64_t seconds;
    char name;
  };
  constexpr std::array<Step, 4> kSteps = {{{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  auto left = static_cast<std::int64_t>(std::min(seconds, 1e12));
  for (std::size_t i = 0; i + 1 < kSteps.size(); ++i) {
    if (left < kSteps[i].seconds) continue;
    const std::int64_t rest = left % kSteps[i].seconds / kSteps[i + 1].seconds;
    const std::string first = fmt::format("{}{}", left / kSteps[i].seconds, kSteps[i].name);
    const bool long_ago = i == 0 && left >= 100 * kSteps[0].seconds;
    return rest == 0 || long_ago ? first : fmt::format("{}{}{}", first, rest, kSteps[i + 1].name);
  }
  return fmt::format("{}s", left);
}

}  // namespace tacho::tools
