#include "proto/xor_chunk.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using namespace tacho;

namespace {

struct Column {
  std::vector<TimeMs> times;
  std::vector<double> values;
  void add(TimeMs t, double v) {
    times.push_back(t);
    values.push_back(v);
  }
};

std::string chunk_of(const Column& c) {
  std::string out;
  append_xor_chunk(out, c.times, c.values);
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

void check_round_trip(const Column& c) {
  const auto back = decode_xor_chunk(chunk_of(c));
  REQUIRE(back);
  REQUIRE(back->size() == c.times.size());
  for (std::size_t i = 0; i < back->size(); ++i) {
    CHECK((*back)[i].t == c.times[i]);
    CHECK(std::bit_cast<std::uint64_t>((*back)[i].v) == std::bit_cast<std::uint64_t>(c.values[i]));
  }
}

Column every_form() {
  constexpr TimeMs t = 1'700'000'000'123;
  Column c;
  c.add(t, 1);
  c.add(t + 1000, 1);
  c.add(t + 2000, 2.5);
  c.add(t + 3001, -0.0);
  c.add(t + 3002, HUGE_VAL);
  c.add(t + 20'000, 0.1);
  c.add(t + 200'000, 1e300);
  c.add(t + 1'000'000, 5e-324);
  c.add(t + 3'000'000, 12345.678);
  c.add(t + 3'001'000, normal_nan());
  c.add(t + 3'002'000, stale_marker());
  return c;
}

}  // namespace

// What Debian's Prometheus 2.42 answers to remote read for these samples.
TEST_CASE("XOR chunk: the bytes are Prometheus's") {
  CHECK(hex(chunk_of(every_form())) ==
        "000bf6a1abfef9623ff0000000000000e807309bffd8001c07600378317ff9884cb87e809333333333333789f2ea831cfb4a2333d80fc00000"
        "0000025d7830fff8df90f22001d677c0000000000493e02819039ad916872b3fffffffffffc2fed13f301cd6c8b439594002000000000000c0");
}

TEST_CASE("XOR chunk: what goes in comes out, bit for bit") {
  check_round_trip(every_form());
  Column one;
  one.add(-5, -1.5);
  check_round_trip(one);

  // At and around the widths' ends, up and down.
  for (const std::int64_t edge : {1LL << 13, 1LL << 16, 1LL << 19, 1LL << 40}) {
    for (const std::int64_t by : {-1, 0, 1}) {
      Column c;
      const std::int64_t distance = edge * 2;
      c.add(0, 1);
      c.add(distance, 1);
      c.add(distance * 2 + edge + by, 2);
      c.add(distance * 3 + edge + by, 2);
      check_round_trip(c);
    }
  }

  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    Column c;
    TimeMs t = static_cast<TimeMs>(random() >> 20);
    const unsigned spread = 1 + static_cast<unsigned>(random() % 40);
    double walk = 0;
    for (std::size_t i = 0, n = 1 + random() % 300; i < n; ++i) {
      t += 1 + static_cast<TimeMs>(random() >> (64 - spread));
      walk += static_cast<double>(random() % 1000) / 100;
      c.add(t, round % 3 == 0 ? std::bit_cast<double>(random()) : round % 3 == 1 ? walk : static_cast<double>(random() % 4));
    }
    check_round_trip(c);
  }
}

TEST_CASE("XOR chunk: what is cut short or broken is an error, never a sample too many") {
  const std::string whole = chunk_of(every_form());
  for (std::size_t n = 0; n + 1 < whole.size(); ++n) CHECK_FALSE(decode_xor_chunk(std::string_view(whole).substr(0, n)));
  std::mt19937_64 random(11);
  for (int i = 0; i < 5000; ++i) {
    std::string broken = whole;
    broken[random() % broken.size()] ^= static_cast<char>(1u << (random() % 8));
    if (const auto samples = decode_xor_chunk(broken)) CHECK(samples->size() <= broken.size() * 4);
  }
}
