#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "proto/base/number.h"
#include "proto/base/sample.h"

using namespace tacho;

TEST_CASE("API numbers have Go's layout at every edge") {
  CHECK(api_number(0) == "0");
  CHECK(api_number(-0.0) == "-0");
  CHECK(api_number(1e-6) == "0.000001");
  CHECK(api_number(std::nextafter(1e-6, 0)) == "9.999999999999997e-07");
  CHECK(api_number(-1.5e-7) == "-1.5e-07");
  CHECK(api_number(9007199254740991) == "9007199254740991");
  CHECK(api_number(9007199254740992) == "9007199254740992");
  CHECK(api_number(1.2345678901234567e20) == "123456789012345670000");
  CHECK(api_number(-9.999999999999999e20) == "-999999999999999900000");
  CHECK(api_number(1e21) == "1e+21");
  CHECK(api_number(5e-324) == "5e-324");
  CHECK(api_number(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(api_number(0.1 + 0.2) == "0.30000000000000004");
  CHECK(api_number(4503599627370495.5) == "4503599627370495.5");
  CHECK(api_number(HUGE_VAL) == "+Inf");
  CHECK(api_number(-HUGE_VAL) == "-Inf");
  CHECK(api_number(stale_marker()) == "NaN");
}

TEST_CASE("API numbers of random bits read back to the same bits and fit their room") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    double v = std::bit_cast<double>(random());
    if (i % 2) v = std::ldexp(static_cast<double>(random() % 1'000'000'007), static_cast<int>(random() % 80) - 50);
    if (std::isnan(v)) continue;
    const std::string text = api_number(v);
    REQUIRE(text.size() <= kApiNumberBytes);
    REQUIRE(std::bit_cast<std::uint64_t>(*parse_number(text)) == std::bit_cast<std::uint64_t>(v));
  }
}

TEST_CASE("RFC 3339 times are as Go writes them, and read back") {
  const auto text = [](TimeMs t) {
    std::string out;
    append_rfc3339(out, t);
    return out;
  };
  CHECK(text(0) == "1970-01-01T00:00:00Z");
  CHECK(text(1'795'449'600'001) == "2026-11-23T16:00:00.001Z");
  CHECK(text(1'795'449'609'100) == "2026-11-23T16:00:09.1Z");
  CHECK(text(951'782'399'999) == "2000-02-28T23:59:59.999Z");
  CHECK(text(-1) == "1969-12-31T23:59:59.999Z");
  std::mt19937_64 random(5);
  for (int i = 0; i < 1000; ++i) {
    const auto t = static_cast<TimeMs>(random() % 253'402'300'800'000);
    REQUIRE(parse_time(text(t)) == t);
  }
}
