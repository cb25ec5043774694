#include "sampler/host/storage/human_number.h"

#include <charconv>
#include <cmath>

namespace tacho::sampler {
namespace {

constexpr std::string_view kSpace = " \t\n";
constexpr std::string_view kUnits = "kMGTPEZY";

struct Parts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;  // digits behind the point; empty without one
  double unit = 1;
};

bool all_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

std::optional<Parts> split(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  Parts parts;
  parts.negative = text.starts_with('-');
  if (parts.negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const char last = text.back() == 'K' ? 'k' : text.back();
  if (const std::size_t power = kUnits.find(last); power != std::string_view::npos) {
    parts.unit = std::ldexp(1.0, 10 * (static_cast<int>(power) + 1));
    text.remove_suffix(1);
  }
  const std::size_t point = text.find('.');
  parts.whole = text.substr(0, point);
  if (point != std::string_view::npos) parts.fraction = text.substr(point + 1);
  if (parts.whole.empty() || !all_digits(parts.whole) || !all_digits(parts.fraction)) return std::nullopt;
  if (point != std::string_view::npos && parts.fraction.empty()) return std::nullopt;
  return parts;
}

double number(std::string_view digits) {
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// Whole numbers, as bytes are.
double made(const Parts& parts, double fraction) {
  const double value = std::floor((number(parts.whole) + fraction) * parts.unit);
  return parts.negative ? -value : value;
}

}  // namespace

std::optional<double> parse_bcache_number(std::string_view text) {
  const std::optional<Parts> parts = split(text);
  if (!parts) return std::nullopt;
  return made(*parts, parts->fraction.empty() ? 0 : number(parts->fraction) / 10.24);
}

std::optional<double> parse_bcachefs_number(std::string_view text) {
  const std::optional<Parts> parts = split(text);
  if (!parts) return std::nullopt;
  const double places = std::pow(10.0, static_cast<double>(parts->fraction.size()));
  return made(*parts, parts->fraction.empty() ? 0 : number(parts->fraction) / places);
}

}  // namespace tacho::sampler
