#include "proto/base/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "proto/base/sample.h"

namespace tacho {
namespace {

// Shortest decimal digits of |v| and the exponent of the first one: v = d.ddd * 10^exponent.
struct Digits {
  char text[24];
  int count = 0;
  int exponent = 0;
};

Digits shortest_digits(double v) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(v), std::chars_format::scientific).ptr;
  Digits d;
  const char* p = buffer;
  for (; p != end && *p != 'e'; ++p) {
    if (*p != '.') d.text[d.count++] = *p;
  }
  ++p;
  if (*p == '+') ++p;
  std::from_chars(p, end, d.exponent);
  return d;
}

void append_exponent_form(std::string& out, const Digits& d) {
  out += d.text[0];
  if (d.count > 1) {
    out += '.';
    out.append(d.text + 1, d.count - 1);
  }
  out += 'e';
  out += d.exponent < 0 ? '-' : '+';
  const int e = std::abs(d.exponent);
  if (e < 10) out += '0';
  out += std::to_string(e);
}

void append_plain_form(std::string& out, const Digits& d) {
  if (d.exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-d.exponent - 1), '0');
    out.append(d.text, d.count);
    return;
  }
  const int whole = d.exponent + 1;
  if (d.count <= whole) {
    out.append(d.text, d.count);
    out.append(static_cast<std::size_t>(whole - d.count), '0');
  } else {
    out.append(d.text, whole);
    out += '.';
    out.append(d.text + whole, d.count - whole);
  }
}

bool append_special(std::string& out, double v) {
  if (std::isnan(v)) {
    out += "NaN";
  } else if (std::isinf(v)) {
    out += v > 0 ? "+Inf" : "-Inf";
  } else {
    return false;
  }
  return true;
}

// Whole numbers below 2^53 are by far the most common values: no digit search needed.
bool append_small_integer(std::string& out, double v) {
  if (!(std::fabs(v) < 9007199254740992.0) || v != std::trunc(v) || (v == 0 && std::signbit(v))) return false;
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(v)).ptr;
  out.append(buffer, end);
  return true;
}

bool equals_no_case(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i];
    if (c != lower[i]) return false;
  }
  return true;
}

// Requires: 1e-6 <= |v| < 2^53, no whole number. The library's Dragonbox finds the same digits as std::to_chars in a third of the time.
char* write_fraction(char* to, double v) {
  if (v < 0) *to++ = '-';
  const auto decimal = fmt::detail::dragonbox::to_decimal(std::fabs(v));  // significand * 10^exponent, exponent < 0
  char* const digits = to + 1;
  const auto count = static_cast<int>(std::to_chars(digits, digits + 20, decimal.significand).ptr - digits);
  const int whole = count + decimal.exponent;
  if (whole > 0) {
    std::memmove(to, digits, static_cast<std::size_t>(whole));
    to[whole] = '.';
    return digits + count;
  }
  const auto zeros = static_cast<std::size_t>(-whole);
  std::memmove(to + 2 + zeros, digits, static_cast<std::size_t>(count));
  to[0] = '0';
  to[1] = '.';
  std::memset(to + 2, '0', zeros);
  return to + 2 + zeros + count;
}

}  // namespace

char* write_api_number(char* to, double v) {
  const double a = std::fabs(v);
  if (a < 9007199254740992.0) {
    char* const end = to + kApiNumberBytes;
    // Whole numbers first, by far the most common.
    if (a == std::trunc(a) && !(a == 0 && std::signbit(v))) return std::to_chars(to, end, static_cast<std::int64_t>(v)).ptr;
    if (a >= 1e-6) return write_fraction(to, v);
    if (a == 0) return std::ranges::copy(std::string_view("-0"), to).out;
  }
  std::string text;
  if (!append_special(text, v)) {
    if (std::signbit(v)) text += '-';
    const Digits d = shortest_digits(v);
    if (a < 1e-6 || a >= 1e21) {
      append_exponent_form(text, d);
    } else {
      append_plain_form(text, d);
    }
  }
  return to + text.copy(to, kApiNumberBytes);
}

void append_api_number(std::string& out, double v) {
  char buffer[kApiNumberBytes];
  out.append(buffer, write_api_number(buffer, v));
}

void append_text_number(std::string& out, double v) {
  if (append_special(out, v)) return;
  const Digits d = shortest_digits(v);
  if (d.exponent >= -4 && d.exponent < 21) {
    if (append_small_integer(out, v)) return;
    if (std::signbit(v)) out += '-';
    append_plain_form(out, d);
  } else {
    if (std::signbit(v)) out += '-';
    append_exponent_form(out, d);
  }
}

std::string api_number(double v) {
  std::string out;
  append_api_number(out, v);
  return out;
}

void append_seconds(std::string& out, TimeMs t) {
  if (t < 0) out += '-';
  const std::uint64_t a = t < 0 ? 0 - static_cast<std::uint64_t>(t) : static_cast<std::uint64_t>(t);
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, a / 1000).ptr);
  const unsigned ms = static_cast<unsigned>(a % 1000);
  if (ms == 0) return;
  const char digits[4] = {'.', static_cast<char>('0' + ms / 100), static_cast<char>('0' + ms / 10 % 10),
                          static_cast<char>('0' + ms % 10)};
  out.append(digits, ms % 10 ? 4 : ms % 100 ? 3 : 2);
}

void append_rfc3339(std::string& out, TimeMs t) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(t)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const auto digits = [&out](std::int64_t v, std::size_t count) {
    const std::string text = std::to_string(v);
    out.append(count - std::min(count, text.size()), '0');
    out += text;
  };
  digits(int{date.year()}, 4);
  for (const auto& [before, value] : {std::pair<char, std::int64_t>{'-', unsigned{date.month()}},
                                      {'-', unsigned{date.day()}},
                                      {'T', clock.hours().count()},
                                      {':', clock.minutes().count()},
                                      {':', clock.seconds().count()}}) {
    out += before;
    digits(value, 2);
  }
  if (const auto ms = clock.subseconds().count(); ms != 0) {
    out += '.';
    digits(ms, 3);
    while (out.back() == '0') out.pop_back();
  }
  out += 'Z';
}

std::optional<double> parse_number(std::string_view s) {
  bool negative = false;
  std::string_view body = s;
  if (!body.empty() && (body[0] == '+' || body[0] == '-')) {
    negative = body[0] == '-';
    body.remove_prefix(1);
  }
  if (body.empty()) return std::nullopt;
  const auto sign = [negative](double v) { return negative ? -v : v; };
  if (equals_no_case(body, "inf") || equals_no_case(body, "infinity")) return sign(std::numeric_limits<double>::infinity());
  if (equals_no_case(body, "nan")) return normal_nan();
  double v = 0;
  if (body.size() > 2 && body[0] == '0' && (body[1] == 'x' || body[1] == 'X')) {
    const auto [p, ec] = std::from_chars(body.data() + 2, body.data() + body.size(), v, std::chars_format::hex);
    if (ec != std::errc{} || p != body.data() + body.size()) return std::nullopt;
    return sign(v);
  }
  if (!((body[0] >= '0' && body[0] <= '9') || body[0] == '.')) return std::nullopt;
  const auto [p, ec] = std::from_chars(body.data(), body.data() + body.size(), v);
  if (p != body.data() + body.size()) return std::nullopt;
  if (ec == std::errc::result_out_of_range) {
    // from_chars leaves v alone; whether it was too big or too small shows in the exponent's sign.
    const auto e = body.find_first_of("eE");
    const bool tiny = e != std::string_view::npos && e + 1 < body.size() && body[e + 1] == '-';
    return sign(tiny || body.starts_with("0.0") ? 0.0 : std::numeric_limits<double>::infinity());
  }
  if (ec != std::errc{}) return std::nullopt;
  return sign(v);
}

std::optional<std::int64_t> parse_int(std::string_view s) {
  if (s.size() > 1 && s[0] == '+') s.remove_prefix(1);
  std::int64_t v = 0;
  const auto [p, ec] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || ec != std::errc{} || p != s.data() + s.size()) return std::nullopt;
  return v;
}

std::optional<TimeMs> parse_seconds(std::string_view s) {
  const auto dot = s.find('.');
  const bool negative = !s.empty() && s[0] == '-';
  const std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : s.substr(dot + 1);
  const auto whole = parse_int(s.substr(0, dot));
  const bool digits_only = fraction.find_first_not_of("0123456789") == std::string_view::npos;
  if (whole && digits_only && fraction.size() <= 3 && !(dot != std::string_view::npos && fraction.empty()) &&
      std::abs(*whole) < std::numeric_limits<std::int64_t>::max() / 2000) {
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 3; ++i) ms = ms * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    return *whole * 1000 + (negative ? -ms : ms);
  }
  const auto v = parse_number(s);
  if (!v || !(std::fabs(*v) < 9.2e15)) return std::nullopt;
  return static_cast<TimeMs>(std::llround(*v * 1000));
}

std::optional<TimeMs> parse_time(std::string_view s) {
  if (const auto t = parse_seconds(s)) return t;
  // YYYY-MM-DDThh:mm:ss[.fff](Z|+hh:mm|-hh:mm)
  const auto digits = [&s](std::size_t at, std::size_t n) -> int {
    int v = 0;
    for (std::size_t i = at; i < at + n; ++i) {
      if (i >= s.size() || s[i] < '0' || s[i] > '9') return -1;
      v = v * 10 + (s[i] - '0');
    }
    return v;
  };
  if (s.size() < 20 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != 't') || s[13] != ':' || s[16] != ':')
    return std::nullopt;
  const int y = digits(0, 4), mo = digits(5, 2), d = digits(8, 2), h = digits(11, 2), mi = digits(14, 2), sec = digits(17, 2);
  const std::chrono::year_month_day day{std::chrono::year{y}, std::chrono::month{static_cast<unsigned>(mo)},
                                        std::chrono::day{static_cast<unsigned>(d)}};
  if (y < 0 || !day.ok() || h < 0 || h > 23 || mi < 0 || mi > 59 || sec < 0 || sec > 60) return std::nullopt;
  TimeMs t =
      std::chrono::sys_days{day}.time_since_epoch().count() * 86'400'000LL + h * 3'600'000LL + mi * 60'000LL + sec * 1000LL;
  std::size_t i = 19;
  if (s[i] == '.') {
    int scale = 100;
    for (++i; i < s.size() && s[i] >= '0' && s[i] <= '9'; ++i, scale /= 10) t += (s[i] - '0') * scale;
  }
  if (i + 1 == s.size() && (s[i] == 'Z' || s[i] == 'z')) return t;
  if (i + 6 != s.size() || (s[i] != '+' && s[i] != '-') || s[i + 3] != ':') return std::nullopt;
  const int oh = digits(i + 1, 2), om = digits(i + 4, 2);
  if (oh < 0 || oh > 23 || om < 0 || om > 59) return std::nullopt;
  const TimeMs offset = oh * 3'600'000LL + om * 60'000LL;
  return s[i] == '+' ? t - offset : t + offset;
}

}  // namespace tacho
