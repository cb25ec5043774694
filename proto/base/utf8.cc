#include "proto/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace tacho {

std::size_t utf8_sequence_bytes(std::string_view s) {
  if (s.empty()) return 0;
  const auto at = [&s](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) == 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (size == 0 || s.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  // The second byte also rules out overlong forms, surrogates and what lies above U+10FFFF.
  const unsigned char second = at(1);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  return size;
}

bool is_utf8(std::string_view s) {
  while (!s.empty()) {
    if (s.size() >= 8) {
      std::uint64_t word;
      std::memcpy(&word, s.data(), 8);
      if ((word & 0x8080'8080'8080'8080) == 0) {
        s.remove_prefix(8);
        continue;
      }
    }
    const std::size_t size = utf8_sequence_bytes(s);
    if (size == 0) return false;
    s.remove_prefix(size);
  }
  return true;
}

}  // namespace tacho
