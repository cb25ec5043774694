#include "sampler/text_scan.h"

#include <catch2/catch.hpp>
#include <string>

namespace tacho::sampler {
namespace {

std::optional<std::uint64_t> u64(std::string_view text) { return take_u64(text); }

TEST_CASE("a word that is no number of 64 bits is refused, never cut short") {
  CHECK(u64("0") == 0u);
  CHECK(u64("  18446744073709551615 ") == 18446744073709551615u);
  CHECK_FALSE(u64("18446744073709551616"));
  CHECK_FALSE(u64("99999999999999999999999"));
  CHECK_FALSE(u64(""));
  CHECK_FALSE(u64("-1"));
  CHECK_FALSE(u64("12x"));
  CHECK_FALSE(u64("1.5"));
}

TEST_CASE("columns behind a bad word stay in step") {
  std::string_view rest = "1 x 3";
  CHECK(take_u64(rest) == 1u);
  CHECK_FALSE(take_u64(rest));
  CHECK(take_u64(rest) == 3u);
  CHECK_FALSE(take_u64(rest));
}

TEST_CASE("fractions are read whole or not at all") {
  auto fraction = [](std::string_view text) { return take_double(text); };
  CHECK(fraction("0.33 1") == 0.33);
  CHECK_FALSE(fraction("0.33x"));
  CHECK_FALSE(fraction("1e5"));
  CHECK_FALSE(fraction("nan"));
  CHECK_FALSE(fraction("-1"));
  CHECK_FALSE(fraction(""));
}

TEST_CASE("the last word of a text without a newline at its end is not trusted") {
  Lines lines("a 1\nb 22 33");
  REQUIRE(lines.next());
  CHECK(lines.line() == "a 1");
  CHECK(lines.whole());
  REQUIRE(lines.next());
  CHECK(lines.line() == "b 22");
  CHECK_FALSE(lines.whole());
  CHECK_FALSE(lines.next());
}

TEST_CASE("empty lines are lines, and a newline at the end starts no further one") {
  Lines lines("\n\nx\n");
  int count = 0;
  while (lines.next()) ++count;
  CHECK(count == 3);
  CHECK_FALSE(Lines("").next());
}

}  // namespace
}  // namespace tacho::sampler
