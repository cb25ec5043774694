#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include "store/codec/bitpack.h"

using namespace tacho::store::codec;

TEST_CASE("few values of any width and number are read back, and no byte past their end is touched") {
  std::mt19937_64 random(64);
  for (unsigned width = 0; width <= 64; ++width) {
    const std::uint64_t mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    for (std::size_t count = 0; count <= kSub; ++count) {
      std::vector<std::uint64_t> values(count);
      for (auto& v : values) v = random() & mask;
      // Of the very size on the heap: AddressSanitizer sees a read or a write past it.
      const auto packed = std::make_unique<std::byte[]>(packed_bytes(count, width));
      pack_few(values.data(), count, width, packed.get());
      std::vector<std::uint64_t> back(count, ~std::uint64_t{0});
      unpack_few(packed.get(), count, width, back.data(), kernels());
      INFO("width " << width << ", " << count << " values");
      REQUIRE(back == values);
    }
  }
}
