#include "store/ring/open_blocks.h"

#include <catch2/catch.hpp>

using namespace tacho;
using namespace tacho::store;

TEST_CASE("opened blocks are kept while they are used, and never more bytes than the bound") {
  OpenBlocks blocks;
  const std::size_t half = OpenBlocks::kBytesMax / 2;
  const auto a = std::make_shared<OpenBlock>(), b = std::make_shared<OpenBlock>(), c = std::make_shared<OpenBlock>();
  blocks.keep(1, a, half, MonoNs{1});
  blocks.keep(2, b, half, MonoNs{2});
  CHECK(blocks.find(1) == a);
  CHECK(blocks.find(3) == nullptr);
  blocks.keep(1, a, half, MonoNs{3});  // used again: 2 is the longest unused
  blocks.keep(3, c, 10, MonoNs{4});
  CHECK(blocks.find(2) == nullptr);
  CHECK(blocks.find(1) == a);
  CHECK(blocks.bytes() == half + 10);
  blocks.keep(3, a, 10, MonoNs{5});  // opened twice at the same time: the first counts
  CHECK(blocks.find(3) == c);
  blocks.keep(1, a, OpenBlocks::kBytesMax + 1, MonoNs{6});  // it has grown beyond all bounds
  CHECK(blocks.bytes() == 0);
  blocks.keep(4, b, 1, MonoNs{7});
  blocks.keep(5, c, 1, MonoNs{8});
  blocks.forget_old(MonoNs{7} + OpenBlocks::kKeptNs);
  CHECK(blocks.find(4) == b);
  blocks.forget_old(MonoNs{8} + OpenBlocks::kKeptNs);
  CHECK(blocks.find(4) == nullptr);
  CHECK(blocks.find(5) == c);
}
