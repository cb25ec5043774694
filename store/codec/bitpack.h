// 128 unsigned integers of one bit width, packed.
//
// Layout   width <= 32: four lanes of 32-bit words, little-endian. Value i lies in lane i % 4 as the lane's (i / 4)-th number, bits
//          [i / 4 x width, + width) of the lane; word k of lane l is the (4 k + l)-th word. 16 x width bytes. Wider values: their
//          low 32 bits as 128 words, then the rest packed with width - 32.
// Source   the vertical layout of Lemire and Boytsov, "Decoding billions of integers per second through vectorization" (2012).
// Threads  pure functions.   Cost  unpacking: some ten billion values a second in the first-level cache.
#pragma once

#include <cstddef>
#include <cstdint>

#include "store/codec/varint.h"

namespace tacho::store::codec {

inline constexpr std::size_t kSub = 128;         // values of a sub-block
inline constexpr std::size_t kWidthCounts = 72;  // 0 to 64, and what fills up eights
inline constexpr std::size_t kSpreadSlack = 8;
inline constexpr unsigned kNarrow = 29;  // bits: two values begin and end within eight bytes

constexpr std::size_t packed_bytes(unsigned width) { return std::size_t{width} * (kSub / 8); }

// Requires: every value < 2^width, width <= 64. Writes packed_bytes(width) bytes.
void pack(const std::uint64_t* values, unsigned width, std::byte* out);

// Fewer than 128 values, one after the other from the lowest bit on: (count x width + 7) / 8 bytes.
constexpr std::size_t packed_bytes(std::size_t count, unsigned width) { return (count * width + 7) / 8; }
void pack_few(const std::uint64_t* values, std::size_t count, unsigned width, std::byte* out);
// Appends a frame: all kSub of them in lanes, fewer one after the other.
void put_packed(const std::uint64_t* values, std::size_t count, unsigned width, Bytes& out);
void unpack_few(const std::byte* in, std::size_t count, unsigned width, std::uint64_t* out, const struct Kernels& kernels);

// What encoding and decoding spend their time in, in one of three builds of the same code: for every processor of the architecture, and for
// those with wider vectors. All give the same bits: integer arithmetic, and IEEE division and conversion.
struct Kernels {
  void (*unpack[65])(const std::byte* in, std::uint64_t* out);
  // As unpack_few(), but it may stop before the last values: returns how many it wrote. Requires: width <= kNarrow.
  std::size_t (*unpack_narrow)(const std::byte* in, std::size_t count, unsigned width, std::uint64_t* out);
  // values[i] += symbols[i] x 2^shift, and a bit in `greatest`, two words, where a symbol is 15. Requires: shift < 64.
  void (*add_symbols)(const std::uint8_t* symbols, unsigned shift, std::uint64_t* values, std::uint64_t* greatest);
  // Where mask has a bit, the next of the values, plus 1; else 0. Requires: kSpreadSlack values can be read behind the last.
  void (*spread)(const std::uint64_t* mask, const std::uint64_t* values, std::uint64_t* out);
  // values[i] = start + zigzag^-1(values[i])
  void (*from_zigzag)(std::uint64_t* values, std::uint64_t start);
  // values[i] = start + sum over k <= i of (zigzag^-1(values[k]) + bias)
  void (*sum_zigzag)(std::uint64_t* values, std::uint64_t start, std::uint64_t bias);
  // values[i] = start + sum over k <= i of (values[k] + bias)
  void (*sum_biased)(std::uint64_t* values, std::uint64_t start, std::uint64_t bias);
  // out[i] = double(base + factor x values[i]) / divisor. Requires: every integer within +-2^51.
  void (*to_decimal)(const std::uint64_t* values, std::uint64_t base, std::uint64_t factor, double divisor, double* out);
  // counts[w], kWidthCounts of them: how many of the values have w bits. Requires: n <= kSub.
  void (*count_widths)(const std::uint64_t* values, std::size_t n, std::uint8_t* counts);
  // About the bits of every fourth value.
  std::size_t (*weight)(const std::uint64_t* values, std::size_t n);
  void (*fill)(double value, std::size_t count, double* out);
  // out[i] = the double of the bits base + factor x values[i]
  void (*to_bits)(const std::uint64_t* values, std::uint64_t base, std::uint64_t factor, double* out);
};

// The best for this processor.
const Kernels& kernels();
const Kernels& portable_kernels();
// Null where this build or this processor has none.
const Kernels* wide_kernels();    // AVX2
const Kernels* widest_kernels();  // AVX-512

}  // namespace tacho::store::codec
