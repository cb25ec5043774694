#include "store/block/column.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "proto/base/sample.h"
#include "store/block/block.h"

using namespace tacho;
using namespace tacho::store;

namespace {

using Random = std::mt19937_64;

std::uint64_t bits(double v) { return std::bit_cast<std::uint64_t>(v); }

// A way to make a column of n cells.
struct Shape {
  const char* name;
  std::function<std::vector<double>(Random&, std::size_t)> make;
};

std::vector<double> each(std::size_t n, const std::function<double(std::size_t)>& f) {
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = f(i);
  return out;
}

double uniform(Random& r) { return static_cast<double>(r() >> 11) / 9007199254740992.0; }

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"a counter",
       [](Random& r, std::size_t n) {
         double v = static_cast<double>(r() >> 20);
         const auto step = 1 + r() % 100'000;
         return each(n, [&](std::size_t) { return v += static_cast<double>(r() % step); });
       }},
      {"a counter of pages, with resets",
       [](Random& r, std::size_t n) {
         double v = 0;
         return each(n, [&](std::size_t) { return v = r() % 200 == 0 ? 0 : v + 4096.0 * static_cast<double>(r() % 7); });
       }},
      {"a slow counter",
       [](Random& r, std::size_t n) {
         double v = 1e6;
         return each(n, [&](std::size_t) { return v += r() % 50 == 0 ? 1 : 0; });
       }},
      {"a steady counter",
       [](Random& r, std::size_t n) {
         const double step = static_cast<double>(r() % 1000);
         return each(n, [&](std::size_t i) { return 5e9 + step * static_cast<double>(i) + (r() % 40 == 0 ? 1 : 0); });
       }},
      {"a gauge with decimals",
       [](Random& r, std::size_t n) {
         const double power = std::pow(10.0, static_cast<double>(r() % 8));
         return each(n, [&](std::size_t) { return std::round(uniform(r) * 1000 * power) / power; });
       }},
      {"a gauge with one spike",
       [](Random& r, std::size_t n) {
         const std::size_t spike = r() % n;
         return each(n, [&](std::size_t i) { return i == spike ? 1e12 : 40 + static_cast<double>(r() % 4); });
       }},
      {"a gauge with one dip",
       [](Random& r, std::size_t n) {
         const std::size_t dip = r() % n;
         return each(n, [&](std::size_t i) { return i == dip ? 0.0 : 1e9 + static_cast<double>(r() % 4); });
       }},
      {"idle, with bursts",
       [](Random& r, std::size_t n) {
         const double burst = static_cast<double>(1 + r() % 100'000);
         bool busy = false;
         return each(n, [&](std::size_t) {
           busy = r() % (busy ? 3 : 6) == 0 ? !busy : busy;
           return busy ? std::round(-std::log(1 - uniform(r)) * burst) : 0.0;
         });
       }},
      {"a bell with a tail",
       [](Random& r, std::size_t n) {
         return each(n, [&](std::size_t) {
           double sum = 0;
           for (int k = 0; k < 6; ++k) sum += uniform(r);
           return std::round((sum - 3) * 5000) + (r() % 60 == 0 ? static_cast<double>(r() >> 20) : 0.0);
         });
       }},
      {"full mantissas", [](Random& r, std::size_t n) { return each(n, [&](std::size_t) { return uniform(r); }); }},
      {"floats as doubles",
       [](Random& r, std::size_t n) {
         return each(n, [&](std::size_t) { return static_cast<double>(static_cast<float>(uniform(r) * 300)); });
       }},
      {"any bits at all",
       [](Random& r, std::size_t n) { return each(n, [&](std::size_t) { return std::bit_cast<double>(r()); }); }},
      {"wholes up to 2^53",
       [](Random& r, std::size_t n) {
         return each(
             n, [&](std::size_t) { return static_cast<double>(static_cast<std::int64_t>(r() >> 11)) * (r() % 2 == 0 ? 1 : -1); });
       }},
      {"around 2^51 and 2^53",
       [](Random& r, std::size_t n) {
         return each(n, [&](std::size_t) { return std::ldexp(1.0, r() % 2 == 0 ? 51 : 53) + static_cast<double>(r() % 9) - 4; });
       }},
      {"few states",
       [](Random& r, std::size_t n) {
         double v = 0;
         return each(n, [&](std::size_t) { return v = r() % 30 == 0 ? static_cast<double>(r() % 5) : v; });
       }},
      {"the odd ones among decimals",
       [](Random& r, std::size_t n) {
         const double odd[] = {std::nan(""),
                               -0.0,
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::denorm_min(),
                               std::bit_cast<double>(kStaleBits),
                               std::bit_cast<double>(0x7ff8'dead'beef'0001),
                               -std::numeric_limits<double>::max()};
         return each(n, [&](std::size_t) { return r() % 20 == 0 ? odd[r() % 8] : static_cast<double>(r() % 500) / 10; });
       }},
      {"alternating extremes",
       [](Random&, std::size_t n) {
         return each(
             n, [&](std::size_t i) { return std::bit_cast<double>(i % 2 == 0 ? 0x8000'0000'0000'0000 : 0x7fff'ffff'ffff'ffff); });
       }},
  };
  return all;
}

// Now and then runs of absent cells, as a source that missed ticks leaves them.
void punch_holes(Random& r, std::vector<double>& cells) {
  for (std::size_t i = 0; i < cells.size();) {
    const std::size_t run = 1 + r() % (cells.size() / 3 + 1);
    if (r() % 2 == 0) std::fill_n(cells.begin() + static_cast<std::ptrdiff_t>(i), std::min(run, cells.size() - i), absent());
    i += run;
  }
}

std::vector<TimeMs> seconds(std::size_t n) {
  std::vector<TimeMs> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = 1'795'000'000'000 + static_cast<TimeMs>(i) * 1000;
  return out;
}

void check_equal(std::span<const double> got, std::span<const double> want, const char* what) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (bits(got[i]) == bits(want[i])) continue;
    INFO(what << ", cell " << i << " of " << got.size() << ": " << std::hex << bits(got[i]) << " for " << bits(want[i]));
    REQUIRE(bits(got[i]) == bits(want[i]));
  }
}

}  // namespace

TEST_CASE("every bit of every column comes back, whole and in any range") {
  Random random(20261124);
  for (int round = 0; round < 60; ++round) {
    const std::size_t sizes[] = {1, 2, 3, 127, 128, 129, 255, 256, 257, 640, 1000, 1024, 1500};
    const std::size_t n = sizes[random() % std::size(sizes)];
    std::vector<std::vector<double>> columns;
    std::vector<const char*> names;
    for (const Shape& s : shapes()) {
      columns.push_back(s.make(random, n));
      names.push_back(s.name);
      if (random() % 4 == 0) punch_holes(random, columns.back());
      // A sister: the same up to base and factor, as a metric that is exported twice.
      if (random() % 3 == 0) {
        std::vector<double> sister = columns.back();
        for (double& v : sister) {
          if (!is_absent(v)) v = v * 1024 + 7;
        }
        columns.push_back(std::move(sister));
        names.push_back("a sister");
      }
      if (random() % 3 == 0) {
        columns.push_back(columns.back());
        names.push_back("a twin");
      }
      for (std::size_t c = random() % 3; c-- > 0;) {
        columns.push_back(std::vector<double>(n, c % 2 == 0 ? 4096.0 : absent()));
        names.push_back("a constant");
      }
    }
    const auto bytes = encode_block(seconds(n), columns);
    const auto block = BlockView::open_whole(bytes);
    REQUIRE(block);
    REQUIRE(block->columns() == columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) {
      std::vector<double> whole(n);
      REQUIRE(block->read_column(c, 0, whole));
      check_equal(whole, columns[c], names[c]);
      const std::size_t first = random() % n;
      std::vector<double> part(random() % (n - first + 1));
      REQUIRE(block->read_column(c, first, part));
      check_equal(part, std::span(columns[c]).subspan(first, part.size()), names[c]);
    }
  }
}

TEST_CASE("columns shrink to what is known about them") {
  Random random(7);
  const std::size_t n = 1024;
  const auto size_of = [&](const std::vector<std::vector<double>>& columns) {
    codec::Bytes out;
    ColumnWriter writer(out);
    for (const auto& c : columns) writer.add(c);
    return out.size();
  };
  CHECK(size_of({std::vector<double>(n, absent())}) == 0);
  CHECK(size_of({std::vector<double>(n, 3.25)}) <= 4);
  CHECK(size_of({std::vector<double>(n, 3.25), std::vector<double>(n, absent()), std::vector<double>(n, 3.25)}) <= 4);
  CHECK(size_of({std::vector<double>(n, 1.0 / 3)}) == 8);
  // A steady counter: a slope, and a byte or two a sub-block.
  CHECK(size_of({each(n, [](std::size_t i) { return 1e9 + 250.0 * static_cast<double>(i); })}) <= 32);
  // Two bits a value, and one spike that costs itself alone.
  auto noisy = each(n, [&](std::size_t) { return 40 + static_cast<double>(random() % 4); });
  const std::size_t calm = size_of({noisy});
  CHECK(calm <= n / 4 + 40);
  noisy[500] = 1e12;
  CHECK(size_of({noisy}) <= calm + 20);
  noisy[500] = -1e12;
  CHECK(size_of({noisy}) <= calm + 30);
  // One that is the other up to base and factor.
  const auto pages = each(n, [&](std::size_t) { return static_cast<double>(random() % 1000); });
  auto kept = pages;
  for (double& v : kept) v = v * 4096 + 12;
  const std::size_t alone = size_of({pages});
  CHECK(size_of({pages, kept}) <= alone + 12);
  // What cannot be made smaller is not made larger.
  CHECK(size_of({each(n, [&](std::size_t) { return std::bit_cast<double>(random()); })}) <= n * 8);
}

TEST_CASE("the kernels for wider vectors give the portable ones' bits") {
  const codec::Kernels* wide = GENERATE(codec::wide_kernels(), codec::widest_kernels());
  if (wide == nullptr) {
    WARN("this processor has no vectors as wide: nothing to compare");
    return;
  }
  const codec::Kernels& portable = codec::portable_kernels();
  Random random(3);
  for (unsigned width = 0; width <= 64; ++width) {
    std::uint64_t values[codec::kSub], a[codec::kSub], b[codec::kSub];
    for (auto& v : values) v = width == 0 ? 0 : random() >> (64 - width);
    std::vector<std::byte> packed(codec::packed_bytes(width) + 1);
    codec::pack(values, width, packed.data());
    portable.unpack[width](packed.data(), a);
    wide->unpack[width](packed.data(), b);
    REQUIRE(std::equal(a, a + codec::kSub, values));
    REQUIRE(std::equal(b, b + codec::kSub, values));

    const std::uint64_t start = random(), bias = random();
    portable.sum_zigzag(a, start, bias);
    wide->sum_zigzag(b, start, bias);
    REQUIRE(std::equal(a, a + codec::kSub, b));
    portable.sum_biased(a, start, bias);
    wide->sum_biased(b, start, bias);
    REQUIRE(std::equal(a, a + codec::kSub, b));

    portable.from_zigzag(a, start);
    wide->from_zigzag(b, start);
    REQUIRE(std::equal(a, a + codec::kSub, b));
    std::uint8_t symbols[codec::kSub];
    for (auto& symbol : symbols) symbol = static_cast<std::uint8_t>(random() % (width % 2 == 0 ? 16 : 15));
    const unsigned shift = width % 64;
    std::uint64_t greatest[2], wide_greatest[2];
    portable.add_symbols(symbols, shift, a, greatest);
    wide->add_symbols(symbols, shift, b, wide_greatest);
    for (std::size_t i = 0; i < codec::kSub; ++i) REQUIRE((greatest[i / 64] >> i % 64 & 1) == (symbols[i] == 15 ? 1 : 0));
    REQUIRE(std::equal(greatest, greatest + 2, wide_greatest));
    REQUIRE(std::equal(a, a + codec::kSub, b));
    const std::uint64_t mask[2] = {random(), random() & random()};
    std::uint64_t few[codec::kSub + codec::kSpreadSlack];
    for (auto& v : few) v = random();
    portable.spread(mask, few, a);
    wide->spread(mask, few, b);
    REQUIRE(std::equal(a, a + codec::kSub, b));
    std::size_t next = 0;
    for (std::size_t i = 0; i < codec::kSub; ++i) REQUIRE(a[i] == ((mask[i / 64] >> i % 64 & 1) != 0 ? few[next++] + 1 : 0));

    double x[codec::kSub], y[codec::kSub];
    for (int e = 0; e <= codec::kPlacesMax; ++e) {
      for (const std::uint64_t factor : {std::uint64_t{1}, std::uint64_t{1000}}) {
        for (auto& v : values) v = random() >> (64 - 40);
        const std::uint64_t base = 0 - (random() >> 24);
        portable.to_decimal(values, base, factor, codec::kPowers[static_cast<std::size_t>(e)], x);
        wide->to_decimal(values, base, factor, codec::kPowers[static_cast<std::size_t>(e)], y);
        for (std::size_t i = 0; i < codec::kSub; ++i) {
          REQUIRE(bits(x[i]) == bits(y[i]));
          const auto integer = static_cast<std::int64_t>(base + factor * values[i]);
          if (std::abs(integer) < std::int64_t{1} << 51)
            REQUIRE(bits(x[i]) == bits(static_cast<double>(integer) / codec::kPowers[static_cast<std::size_t>(e)]));
        }
      }
    }
    portable.to_bits(values, start, bias, x);
    wide->to_bits(values, start, bias, y);
    for (std::size_t i = 0; i < codec::kSub; ++i) REQUIRE(bits(x[i]) == bits(y[i]));
  }
}

TEST_CASE("columns of damaged bytes are refused or decode within their bounds") {
  Random random(99);
  struct One final : ColumnSource {
    std::vector<EncodedColumn> all;
    EncodedColumn column(std::size_t c) const override { return all[c]; }
    std::size_t columns() const override { return all.size(); }
  };
  for (const Shape& s : shapes()) {
    for (int round = 0; round < 300; ++round) {
      const std::size_t n = round % 3 == 0 ? 1024 : 1 + random() % 400;
      auto cells = s.make(random, n);
      if (random() % 2 == 0) punch_holes(random, cells);
      codec::Bytes out;
      ColumnWriter writer(out);
      const Encoding encoding = writer.add(cells);
      for (unsigned flips = 0; flips < 1 + random() % 6 && !out.empty(); ++flips)
        out[random() % std::min<std::size_t>(out.size(), 64)] = static_cast<std::byte>(random());
      if (random() % 3 == 0) out.resize(random() % (out.size() + 1));
      // In memory of its exact size, so that the sanitizer sees a byte too many.
      const std::vector<std::byte> exact(out.begin(), out.end());
      One source;
      source.all.push_back({encoding, exact});
      std::vector<double> got(n);
      (void)read_column(source, 0, n, 0, got, codec::kernels());
      (void)read_column(source, 0, n, n / 2, std::span(got).first(n - n / 2), codec::portable_kernels());
    }
  }
}
