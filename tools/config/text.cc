#include "tools/config/text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include "proto/base/number.h"
#include "tools/config/instance_file.h"

namespace tacho::tools {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<Unit, 10> kUnits{{{"", 1},
                                       {"B", 1},
                                       {"KiB", 1ULL << 10},
                                       {"MiB", 1ULL << 20},
                                       {"GiB", 1ULL << 30},
                                       {"TiB", 1ULL << 40},
                                       {"KB", 1000},
                                       {"MB", 1'000'000},
                                       {"GB", 1'000'000'000},
                                       {"TB", 1'000'000'000'000}}};

constexpr std::string_view kFile = "file:";

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Slips between two words: a letter too many, too few, wrong, or two swapped.
std::size_t slips(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_back, back(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) back[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({back[j] + 1, row[j - 1] + 1, back[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two_back[j - 2] + 1);
    }
    two_back = back;
    back = row;
  }
  return back[b.size()];
}

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view s) {
  const auto digits = std::min(s.find_first_not_of("0123456789"), s.size());
  const auto number = parse_int(s.substr(0, digits));
  if (!number || *number < 0) return std::nullopt;
  std::string_view unit = s.substr(digits);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& u : kUnits) {
    std::uint64_t bytes = 0;
    if (u.name == unit && !__builtin_mul_overflow(static_cast<std::uint64_t>(*number), u.bytes, &bytes)) return bytes;
  }
  return std::nullopt;
}

std::string expand_variables(std::string_view s, std::vector<std::string>& missing) {
  std::string out;
  while (!s.empty()) {
    const auto dollar = s.find('$');
    out += s.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    s.remove_prefix(dollar + 1);
    if (s.starts_with('$')) {
      out += '$';
      s.remove_prefix(1);
      continue;
    }
    std::string_view name;
    std::size_t taken = 0;
    if (const auto close = s.find('}'); s.starts_with('{') && close != std::string_view::npos) {
      name = s.substr(1, close - 1);
      taken = close + 1;
    } else {
      while (taken < s.size() && is_name_char(s[taken])) ++taken;
      name = s.substr(0, taken);
    }
    s.remove_prefix(taken);
    if (name.empty()) {
      out += '$';  // a dollar that begins no name
      continue;
    }
    if (name.starts_with(kFile)) {
      const auto value = read_instance_value(name.substr(kFile.size()));
      if (value) out += *value;
      if (!value) missing.push_back(value.error().message);
      continue;
    }
    const std::string key(name);
    if (const char* value = std::getenv(key.c_str())) {
      out += value;
    } else {
      missing.push_back("the environment variable " + key + " is not set");
    }
  }
  return out;
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_slips = std::min<std::size_t>(2, std::max<std::size_t>(1, word.size() / 3)) + 1;
  for (const std::string_view candidate : known) {
    if (const std::size_t n = slips(word, candidate); n < best_slips) {
      best = candidate;
      best_slips = n;
    }
  }
  return best;
}

}  // namespace tacho::tools
