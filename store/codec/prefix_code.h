// Symbols 0 to 15 in a few bits each, the small ones in the fewest, by one of four fixed codes.
//
// Shape    the codes are constants: a sub-block names one and stores no table. Code by code the symbols are taken to be rarer the larger
//          they are: steeply; like one side of a bell; like a bell with a tail; with a long tail.
// Layout   bit by bit from the lowest bit of the first byte on; a word's first bit first. Words are the canonical ones of their lengths: of
//          equal length in the order of the symbols, counting upward (store/FORMAT.md, "prefix codes").
// Source   Huffman (1952); canonical codes as in RFC 1951, 3.2.2. Decoding several symbols by one look-up: as zlib-ng and zstd do for bytes.
// Threads  pure functions.   Cost  reading: half a nanosecond a symbol.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "store/codec/varint.h"

namespace tacho::store::codec {

inline constexpr unsigned kSymbols = 16;
inline constexpr unsigned kPrefixCodes = 4;
inline constexpr unsigned kWordBitsMax = 9;

// Stored in files: the lengths of a code never change, and a code's number is never reused.
inline constexpr std::array<std::array<std::uint8_t, kSymbols>, kPrefixCodes> kWordBits = {{
    {1, 2, 3, 4, 6, 6, 7, 8, 8, 8, 9, 9, 9, 9, 9, 9},
    {2, 2, 2, 3, 4, 6, 6, 8, 8, 8, 8, 9, 9, 9, 9, 7},
    {1, 3, 3, 4, 4, 5, 5, 7, 7, 8, 8, 9, 9, 9, 9, 5},
    {1, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7, 7, 7, 8, 8, 5},
}};

// Every bit string is a run of words: no more and no fewer than there is room for.
constexpr bool complete(const std::array<std::uint8_t, kSymbols>& lengths) {
  unsigned sum = 0;
  for (const std::uint8_t n : lengths) sum += 1u << (kWordBitsMax - n);
  return sum == 1u << kWordBitsMax;
}
static_assert(complete(kWordBits[0]) && complete(kWordBits[1]) && complete(kWordBits[2]) && complete(kWordBits[3]));

// Requires: code < kPrefixCodes, at most kSub symbols, each < kSymbols. Ends on a whole byte.
void write_symbols(unsigned code, std::span<const std::uint8_t> symbols, Bytes& out);

// Requires: code < kPrefixCodes, count <= kSub; `out` has room for count + kSymbolsSlack. Returns the bytes they took; more than there are: `in` is cut short.
inline constexpr std::size_t kSymbolsSlack = 24;
std::size_t read_symbols(unsigned code, std::span<const std::byte> in, std::size_t count, std::uint8_t* out);

}  // namespace tacho::store::codec
