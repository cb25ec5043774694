// UTF-8, as far as names and label values need it.
//
// Threads  any.   Cost  one pass; bytes below 0x80 are skipped eight at a time.
#pragma once

#include <string>
#include <string_view>

namespace tacho {

// Well-formed as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view s);

// Length of the well-formed sequence at the start of `s` (1 to 4), 0 when there is none.
std::size_t utf8_sequence_bytes(std::string_view s);

}  // namespace tacho
