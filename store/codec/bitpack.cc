#include "store/codec/bitpack.h"

#include <bit>
#include <cstring>

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
  const std::size_t bytes = packed_bytes(count, width);
  std::memset(out, 0, bytes);
  for (std::size_t i = 0, bit = 0; i < count; ++i) {
    for (unsigned done = 0; done < width;) {
      const auto room = static_cast<unsigned>(8 - bit % 8);
      out[bit / 8] |= static_cast<std::byte>(values[i] >> done << bit % 8);
      const unsigned step = room < width - done ? room : width - done;
      done += step;
      bit += step;
    }
  }
}

void unpack_few(const std::byte* in, std::size_t count, unsigned width, std::uint64_t* out) {
  for (std::size_t i = 0, bit = 0; i < count; ++i) {
    std::uint64_t v = 0;
    for (unsigned done = 0; done < width;) {
      const auto room = static_cast<unsigned>(8 - bit % 8);
      const unsigned step = room < width - done ? room : width - done;
      const auto piece = static_cast<std::uint64_t>(in[bit / 8]) >> bit % 8 & ((1u << step) - 1);
      v |= piece << done;
      done += step;
      bit += step;
    }
    out[i] = v;
  }
}

const Kernels& kernels() {
  static const Kernels& best = wide_kernels() != nullptr ? *wide_kernels() : portable_kernels();
  return best;
}

}  // namespace tacho::store::codec
