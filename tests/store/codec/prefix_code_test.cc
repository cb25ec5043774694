#include "store/codec/prefix_code.h"

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include "store/codec/coded.h"

using namespace tacho::store::codec;

namespace {

// Residuals of about so many bits, a part of them 0, some of them far outside.
std::vector<std::uint64_t> residuals(std::mt19937_64& random, std::size_t n) {
  const auto bits = static_cast<unsigned>(random() % 64);
  const auto zeros = random() % 10, far = random() % 3 == 0 ? 1 + random() % 50 : 0;
  std::vector<std::uint64_t> out(n);
  for (auto& r : out) {
    if (random() % 10 < zeros) continue;
    r = random() >> (63 - bits) >> (random() % 6 == 0 ? 0 : random() % (bits + 1));
    if (far != 0 && random() % far == 0) r = random();
  }
  return out;
}

}  // namespace

TEST_CASE("symbols of every code and number come back, out of memory of their very size") {
  std::mt19937_64 random(16);
  for (unsigned code = 0; code < kPrefixCodes; ++code) {
    for (std::size_t count = 1; count <= kSub; ++count) {
      std::vector<std::uint8_t> symbols(count);
      for (auto& s : symbols) s = static_cast<std::uint8_t>(random() % kSymbols >> random() % 5);
      Bytes out;
      write_symbols(code, symbols, out);
      const auto exact = std::make_unique<std::byte[]>(out.size());
      std::copy(out.begin(), out.end(), exact.get());
      std::vector<std::uint8_t> back(count + kSymbolsSlack);
      INFO("code " << code << ", " << count << " symbols");
      REQUIRE(read_symbols(code, {exact.get(), out.size()}, count, back.data()) == out.size());
      back.resize(count);
      REQUIRE(back == symbols);
      out.resize(out.size() + 300);  // what follows is not theirs
      back.resize(count + kSymbolsSlack);
      REQUIRE(read_symbols(code, out, count, back.data()) == out.size() - 300);
    }
  }
}

TEST_CASE("coded residuals come back, whatever the plan thought of them") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 4000; ++round) {
    const std::size_t n = round % 2 == 0 ? kSub : 1 + random() % kSub;
    const auto values = residuals(random, n);
    CodedPlan plan = plan_coded(Magnitudes(values.data(), n));
    if (round % 5 == 0)
      plan = {static_cast<unsigned>(random() % kPrefixCodes), static_cast<unsigned>(random() % 64), plan.mask, 0};
    Bytes out;
    write_coded(plan, values.data(), n, out);
    for (const Kernels* kernels : {&portable_kernels(), wide_kernels(), widest_kernels()}) {
      if (kernels == nullptr) continue;
      Reader in(out);
      std::uint64_t back[kSub];
      REQUIRE(read_coded(in, n, back, *kernels));
      REQUIRE(in.rest().empty());
      REQUIRE(std::equal(values.begin(), values.end(), back));
      for (std::size_t i = n; i < kSub; ++i) REQUIRE(back[i] == 0);
    }
    // Cut anywhere it is refused, or read within what is left.
    const std::vector<std::byte> cut(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(random() % out.size()));
    Reader in(cut);
    std::uint64_t back[kSub];
    CHECK_FALSE(read_coded(in, n, back, kernels()));
  }
}
