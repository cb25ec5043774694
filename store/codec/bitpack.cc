#include "store/codec/bitpack.h"

#include <bit>
#include <cstring>
#include <initializer_list>

namespace tacho::store::codec {
namespace {

static_assert(std::endian::native == std::endian::little, "the store's files are little-endian and read in place");

void pack_low(const std::uint64_t* values, unsigned width, std::byte* out) {
  std::uint32_t words[4 * 32] = {};
  for (unsigned i = 0; i < kSub; ++i) {
    const unsigned lane = i % 4, bit = i / 4 * width;
    const std::uint64_t shifted = values[i] << (bit % 32);
    words[bit / 32 * 4 + lane] |= static_cast<std::uint32_t>(shifted);
    if (bit % 32 + width > 32) words[(bit / 32 + 1) * 4 + lane] |= static_cast<std::uint32_t>(shifted >> 32);
  }
  std::memcpy(out, words, packed_bytes(width));
}

}  // namespace

void pack(const std::uint64_t* values, unsigned width, std::byte* out) {
  if (width == 0) return;
  if (width <= 32) return pack_low(values, width, out);
  std::uint32_t low[kSub];
  std::uint64_t high[kSub];
  for (unsigned i = 0; i < kSub; ++i) {
    low[i] = static_cast<std::uint32_t>(values[i]);
    high[i] = values[i] >> 32;
  }
  std::memcpy(out, low, sizeof low);
  pack_low(high, width - 32, out + sizeof low);
}

void pack_few(const std::uint64_t* values, std::size_t count, unsigned width, std::byte* out) {
  std::byte* const end = out + packed_bytes(count, width);
  std::uint64_t word = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    word |= values[i] << bits;
    bits += width;
    if (bits < 64) continue;
    std::memcpy(out, &word, 8);
    out += 8;
    bits -= 64;
    word = bits == 0 ? 0 : values[i] >> (width - bits);
  }
  if (out < end) std::memcpy(out, &word, static_cast<std::size_t>(end - out));
}

void put_packed(const std::uint64_t* values, std::size_t count, unsigned width, Bytes& out) {
  const std::size_t at = out.size();
  out.resize(at + (count == kSub ? packed_bytes(width) : packed_bytes(count, width)));
  if (count == kSub) {
    pack(values, width, out.data() + at);
  } else {
    pack_few(values, count, width, out.data() + at);
  }
}

void unpack_few(const std::byte* in, std::size_t count, unsigned width, std::uint64_t* out, const Kernels& kernels) {
  const std::uint64_t mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  const std::size_t bytes = packed_bytes(count, width);
  std::size_t i = width <= kNarrow ? kernels.unpack_narrow(in, count, width, out) : 0, bit = i * width;
  // Eight bytes at once, and the ninth for what is wide, as long as they lie inside.
  for (; i < count && bit / 8 + 9 <= bytes; ++i, bit += width) {
    std::uint64_t v;
    std::memcpy(&v, in + bit / 8, 8);
    const unsigned shift = bit % 8;
    v >>= shift;
    if (width > 56) v |= static_cast<std::uint64_t>(in[bit / 8 + 8]) << 1 << (63 - shift);
    out[i] = v & mask;
  }
  std::byte tail[24] = {};
  if (i == count) return;
  const std::size_t at = bit / 8;
  if (bytes > at) std::memcpy(tail, in + at, bytes - at);
  for (bit -= at * 8; i < count; ++i, bit += width) {
    std::uint64_t v;
    std::memcpy(&v, tail + bit / 8, 8);
    const unsigned shift = bit % 8;
    v = v >> shift | static_cast<std::uint64_t>(tail[bit / 8 + 8]) << 1 << (63 - shift);
    out[i] = v & mask;
  }
}

const Kernels& kernels() {
  static const Kernels& best = *[] {
    for (const Kernels* k : {widest_kernels(), wide_kernels()}) {
      if (k != nullptr) return k;
    }
    return &portable_kernels();
  }();
  return best;
}

}  // namespace tacho::store::codec
