#include "proto/base/text_columns.h"

#include <algorithm>
#include <array>
#include <optional>

#include "proto/base/check.h"
#include "proto/base/utf8.h"

namespace tacho {
namespace {

struct Span {
  char32_t first, last;
};

template <std::size_t N>
bool is_in(const std::array<Span, N>& spans, char32_t c) {
  const auto after = std::upper_bound(spans.begin(), spans.end(), c, [](char32_t v, const Span& s) { return v < s.first; });
  return after != spans.begin() && c <= std::prev(after)->last;
}

// Where terminals agree; the blocks of Unicode's East Asian Width W and F, rounded to whole blocks where what is left out is not assigned.
constexpr std::array<Span, 55> kWide = {
    {{0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},   {0x23f3, 0x23f3},
     {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
     {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},
     {0x26f2, 0x26f3},   {0x26f5, 0x26f5},   {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
     {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
     {0x27b0, 0x27b0},   {0x27bf, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
     {0x3041, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe6f},   {0xff01, 0xff60},
     {0xffe0, 0xffe6},   {0x16fe0, 0x18dff}, {0x1aff0, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
     {0x1f191, 0x1f19a}, {0x1f200, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff},
     {0x20000, 0x3fffd}}};

constexpr std::array<Span, 19> kCombining = {{{0x0300, 0x036f},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05bd},
                                              {0x0610, 0x061a},
                                              {0x064b, 0x065f},
                                              {0x06d6, 0x06dc},
                                              {0x0e31, 0x0e31},
                                              {0x0e34, 0x0e3a},
                                              {0x0e47, 0x0e4e},
                                              {0x1ab0, 0x1aff},
                                              {0x1dc0, 0x1dff},
                                              {0x200b, 0x200d},
                                              {0x2060, 0x2060},
                                              {0x20d0, 0x20f0},
                                              {0x302a, 0x302d},
                                              {0x3099, 0x309a},
                                              {0xfe00, 0xfe0f},
                                              {0xfe20, 0xfe2f},
                                              {0xe0100, 0xe01ef}}};

// Control characters of both kinds, lines' and paragraphs' ends, marks of direction, noncharacters.
bool is_obeyed(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2061 && c <= 0x206f) || c == 0x061c || c == 0xfeff || c == 0xad || (c >= 0xfff0 && c <= 0xfffb);
}

struct Character {
  std::string_view bytes;
  std::size_t columns;
};

// The first character of a text that is not empty.
Character first_of(std::string_view text) {
  const std::size_t n = utf8_sequence_bytes(text);
  if (n == 0) return {"?", 1};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  char32_t c = n == 1 ? byte(0) : byte(0) & (0xffU >> (n + 1));
  for (std::size_t i = 1; i < n; ++i) c = (c << 6) | (byte(i) & 0x3fU);
  if (is_obeyed(c)) return {"?", 1};
  return {text.substr(0, n), columns_of(c)};
}

// Calls with each character; what is no UTF-8 is one '?' a byte.
template <typename Call>
void each_character(std::string_view text, Call call) {
  while (!text.empty()) {
    const Character c = first_of(text);
    call(c);
    text.remove_prefix(std::max<std::size_t>(1, utf8_sequence_bytes(text)));
  }
}

}  // namespace

std::size_t columns_of(char32_t c) {
  if (c < 0x300 || is_obeyed(c)) return 1;
  if (is_in(kCombining, c)) return 0;
  return is_in(kWide, c) ? 2 : 1;
}

std::size_t columns_of(std::string_view text) {
  std::size_t out = 0;
  each_character(text, [&](const Character& c) { out += c.columns; });
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  each_character(text, [&](const Character& c) { out += c.bytes; });
  return out;
}

std::string cut_middle(std::string_view text, std::size_t width, std::string_view mark) {
  if (columns_of(text) <= width) return std::string(text);
  std::vector<Character> all;
  const std::string clean = printable(text);
  each_character(clean, [&](const Character& c) { all.push_back(c); });
  const std::size_t mark_columns = columns_of(mark);
  const bool marked = width >= mark_columns + 2;
  const std::size_t room = width - (marked ? mark_columns : 0);
  const std::size_t tail_room = marked ? room / 2 : 0;
  std::size_t tail = all.size(), used = 0;
  while (tail > 0 && used + all[tail - 1].columns <= tail_room) used += all[--tail].columns;
  // A mark that combines with what is cut away would combine with the mark.
  while (tail < all.size() && all[tail].columns == 0) ++tail;
  std::string head;
  for (std::size_t i = 0, columns = used; i < tail && columns + all[i].columns <= room; ++i) {
    columns += all[i].columns;
    head += all[i].bytes;
  }
  if (marked) head += mark;
  for (; tail < all.size(); ++tail) head += all[tail].bytes;
  return head;
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const std::size_t columns = columns_of(text);
  std::string out(text);
  if (columns < width) out.insert(right ? 0 : out.size(), width - columns, ' ');
  return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  TACHO_CHECK(width >= indent + 2);
  std::vector<std::string> out;
  std::string line;
  std::size_t columns = 0;
  struct Break {
    std::size_t bytes = 0, columns = 0;  // of the line, up to where it may be broken; 0: nowhere
  };
  Break best, weak;  // an underscore is taken where there is nothing better
  const auto room = [&] { return out.empty() ? width : width - indent; };
  const auto end_line = [&](std::size_t bytes) {
    std::string done = std::string(out.empty() ? 0 : indent, ' ') + line.substr(0, bytes);
    done.erase(done.find_last_not_of(' ') + 1);
    out.push_back(std::move(done));
    line.erase(0, bytes);
    columns = columns_of(line);
    best = weak = {};
  };
  each_character(text, [&](const Character& c) {
    const auto is_good = [&](const Break& b) { return b.columns * 2 >= room(); };
    const bool is_full = columns + c.columns > room();
    if (!is_full || c.bytes != " ") {  // the line's end stands for a space
      // What a break leaves over may still be too long with this one.
      while (columns + c.columns > room()) end_line(is_good(best) ? best.bytes : is_good(weak) ? weak.bytes : line.size());
      line += c.bytes;
      columns += c.columns;
    }
    if (c.bytes == " " || c.bytes == "," || c.bytes == "/" || c.bytes == "-") best = {line.size(), columns};
    if (c.bytes == "_") weak = {line.size(), columns};
  });
  if (!line.empty() || out.empty()) end_line(line.size());
  return out;
}

}  // namespace tacho
