#include "tools/terminal/format.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace tacho::tools;
using enum TopUnit;

TEST_CASE("values carry the unit that leaves three digits") {
  const auto check = [](double v, TopUnit unit, const char* full, const char* compact) {
    CHECK(format_full(v, unit) == full);
    CHECK(format_compact(v, unit) == compact);
  };
  check(0, ratio, "0.0 %", "0.0%");
  check(0.2345, ratio, "23.4 %", "23.4%");
  check(0.00042, ratio, "0.04 %", "0.04%");
  check(0.0123, ratio, "1.2 %", "1.2%");
  check(1, ratio, "100.0 %", "100.0%");
  check(0, bytes, "0 B", "0");
  check(1023, bytes, "1023 B", "1023");
  check(1024, bytes, "1.00 KiB", "1.00K");
  check(1023.7 * 1024, bytes, "1.00 MiB", "1.00M");
  check(12.34 * 1024 * 1024, bytes_per_second, "12.3 MiB/s", "12.3M");
  check(1023.0 * 1024, bytes_per_second, "1023 KiB/s", "1023K");
  check(80.0 * 1024 * 1024 * 1024, bytes, "80.0 GiB", "80.0G");
  check(7, count, "7", "7");
  check(0.42, count, "0.42", "0.42");
  check(999.7, per_second, "1.00 k/s", "1.00k");
  check(12'345, per_second, "12.3 k/s", "12.3k");
  check(0, seconds, "0 s", "0s");
  check(0.00085, seconds, "850 us", "850us");
  check(0.0123, seconds, "12.3 ms", "12.3ms");
  check(1.5, seconds, "1.50 s", "1.50s");
  check(61.4, celsius, "61 C", "61C");
  check(412.6, watts, "413 W", "413W");
  check(15'125, span, "4h12m", "4h12m");
}

TEST_CASE("what is not finite is shown as nothing") {
  for (double v : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                   -std::numeric_limits<double>::infinity()}) {
    CHECK(format_full(v, bytes).empty());
    CHECK(format_compact(v, ratio).empty());
  }
}

TEST_CASE("no value of a size that occurs is wider than its column") {
  for (TopUnit unit : {ratio, bytes, bytes_per_second, count, per_second, seconds, celsius, watts}) {
    for (double v = 1e-7; v < (unit == ratio                                         ? 9.9
                               : unit == celsius || unit == watts || unit == seconds ? 1e4
                                                                                     : 1e16);
         v *= 1.037) {
      INFO(v);
      REQUIRE(format_full(v, unit).size() <= kFullWidth);
      REQUIRE(format_compact(v, unit).size() <= kCompactWidth);
    }
  }
  for (double v = 0.5; v < 1e9; v *= 1.037) REQUIRE(format_span(v).size() <= kCompactWidth);
}

TEST_CASE("spans of time show their two largest parts") {
  CHECK(format_span(0) == "0s");
  CHECK(format_span(59.9) == "59s");
  CHECK(format_span(60) == "1m");
  CHECK(format_span(725) == "12m5s");
  CHECK(format_span(3 * 86400 + 4 * 3600 + 5) == "3d4h");
  CHECK(format_span(86400 + 59) == "1d");
  CHECK(format_span(400.0 * 86400 + 7200) == "400d");
  CHECK(format_span(-1).empty());
}
