#include "proto/scraped_page.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using namespace tacho;

namespace {

using Read = ScrapedPage::Read;
constexpr auto kPlain = TextFormat::prometheus;
constexpr auto kOm = TextFormat::openmetrics;

struct PageFixture {
  ScrapedPage page;

  Read read(std::string text, TextFormat format = kPlain) {
    const auto done = page.read(text, format);
    INFO((done ? "" : done.error().message));
    REQUIRE(done);
    return *done;
  }
  std::string error_of(std::string text, TextFormat format = kPlain) {
    const auto done = page.read(text, format);
    return done ? "no error" : done.error().message;
  }
  // "series=value ..." in the page's order, with @ms where there is a timestamp.
  std::string samples() const {
    std::string out;
    for (std::size_t i = 0; i < page.size(); ++i) {
      out += fmt::format("{}={}", page.series(i), page.values()[i]);
      if (!page.times().empty() && page.times()[i] != ScrapedPage::kNoTime) out += fmt::format("@{}", page.times()[i]);
      out += ' ';
    }
    return out;
  }
  // Where each line was before: "0 1 new ".
  std::string places() const {
    std::string out;
    for (std::size_t i = 0; i < page.size(); ++i)
      out += page.before(i) == ScrapedPage::kNone ? "new " : fmt::format("{} ", page.before(i));
    return out;
  }
  std::string type(std::size_t line) const {
    const PageFamily* f = page.family(line);
    return f == nullptr ? "none" : fmt::format("{} {}", f->name, metric_type_name(f->type));
  }
};

}  // namespace

TEST_CASE("page: the values of a page whose other text stays are read, whatever their width") {
  PageFixture f;
  CHECK(f.read("# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\nb 3\n") == Read::changed);
  CHECK(f.places() == "new new new ");
  CHECK(f.read("# TYPE a gauge\na{x=\"1\"} 100000\na{x=\"2\"} -2.5e-3\nb +Inf\n") == Read::same);
  CHECK(f.samples() == "a{x=\"1\"}=100000 a{x=\"2\"}=-0.0025 b=inf ");
  CHECK(f.read("# TYPE a gauge\na{x=\"1\"} 1234567890123456789\na{x=\"2\"} NaN\nb 0") == Read::same);  // no last newline
  CHECK(f.samples() == "a{x=\"1\"}=1.2345678901234568e+18 a{x=\"2\"}=nan b=0 ");
  CHECK(std::bit_cast<std::uint64_t>(f.page.values()[1]) == kNormalNanBits);
  CHECK(f.read("# TYPE a gauge\na{x=\"1\"} 5 \t\na{x=\"2\"} 0x1p3\nb 1\n") == Read::same);
  CHECK(f.samples() == "a{x=\"1\"}=5 a{x=\"2\"}=8 b=1 ");
}

TEST_CASE("page: a line that comes, goes or moves is found by its text") {
  PageFixture f;
  f.read("a 1\nb 2\nc 3\n");
  CHECK(f.read("a 1\nc 4\n") == Read::changed);
  CHECK(f.places() == "0 2 ");
  CHECK(f.samples() == "a=1 c=4 ");
  CHECK(f.read("a 1\nn 7\nc 5\n") == Read::changed);
  CHECK(f.places() == "0 new 1 ");
  CHECK(f.read("c 6\na 2\nn 8\n") == Read::changed);
  CHECK(f.places() == "2 0 1 ");
  CHECK(f.samples() == "c=6 a=2 n=8 ");
  CHECK(f.read("c 7\na 3\nn 9\n") == Read::same);
  CHECK(f.read("") == Read::changed);
  CHECK(f.page.size() == 0);
  CHECK(f.read("c 7\n") == Read::changed);
  CHECK(f.places() == "new ");
}

TEST_CASE("page: a series that is there twice is two lines") {
  PageFixture f;
  f.read("a 1\na 2\nb 3\n");
  CHECK(f.read("a 4\na 5\nb 6\n") == Read::same);
  CHECK(f.samples() == "a=4 a=5 b=6 ");
  CHECK(f.read("b 6\na 4\na 5\n") == Read::changed);
  CHECK(f.places() == "2 0 1 ");
}

TEST_CASE("page: text that only begins like the known one is another series") {
  PageFixture f;
  f.read("ab 1\nc{x=\"1\"} 2\n");
  CHECK(f.read("ab {x=\"1\"} 1\nc{x=\"1\"} 2\n") == Read::changed);
  CHECK(f.samples() == "ab {x=\"1\"}=1 c{x=\"1\"}=2 ");
  f.read("ab 1\nc{x=\"1\"} 2\n");
  CHECK(f.read("abc 1\nc{x=\"1\"} 2\n") == Read::changed);
  CHECK(f.places() == "new 1 ");
  CHECK(f.read("abc 1\nc{x=\"1\"}2\n") == Read::changed);  // the blank is not needed
  CHECK(f.read("abc 1\nc{x=\"1\"}3\n") == Read::same);
  CHECK(f.samples() == "abc=1 c{x=\"1\"}=3 ");
}

TEST_CASE("page: timestamps come with their samples and may come and go") {
  PageFixture f;
  f.read("a 1\nb 2 1000\n");
  CHECK(f.samples() == "a=1 b=2@1000 ");
  CHECK(f.read("a 1\nb 2 2000\n") == Read::same);
  CHECK(f.samples() == "a=1 b=2@2000 ");
  CHECK(f.read("a 1 3000\nb 2\n") == Read::same);
  CHECK(f.samples() == "a=1@3000 b=2 ");
  f.read("x 1\n");
  CHECK(f.page.times().empty());
  CHECK(f.read("x 1 5\n") == Read::changed);
  CHECK(f.samples() == "x=1@5 ");
  CHECK(f.read("x 1 5.5\n# EOF\n", kOm) == Read::changed);  // the same bytes mean something else in the other format
  CHECK(f.samples() == "x=1@5500 ");
}

TEST_CASE("page: exemplars come and go without a change, and OpenMetrics ends in EOF") {
  PageFixture f;
  f.read("# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_sum 3 1.5 # {t=\"x\"} 0.5\n# EOF\n", kOm);
  CHECK(f.read("# TYPE h histogram\nh_bucket{le=\"1\"} 4 # {t=\"h_sum 9\"} 0.5 3.1\nh_sum 5 2.5\n# EOF\n", kOm) == Read::same);
  CHECK(f.samples() == "h_bucket{le=\"1\"}=4 h_sum=5@2500 ");
  CHECK(f.error_of("# TYPE h histogram\nh_bucket{le=\"1\"} 4\nh_sum 5\n", kOm) ==
        "line 3: the text is cut short: OpenMetrics text ends with a line # EOF");
  CHECK(f.error_of("# TYPE h histogram\nh_bucket{le=\"1\"} 4\nh_sum 5", kOm).find("cut short") != std::string::npos);
  CHECK(f.error_of("# TYPE h histogram\nh_bucket{le=\"1\"} 4\nh_sum 5\n# EOF\nx 1\n", kOm) ==
        "line 5: there is more text after # EOF, at \"x 1\"");
}

TEST_CASE("page: after an error the page before it is still the one that is compared with") {
  PageFixture f;
  f.read("a 1\nb 2\n");
  CHECK(f.error_of("a 1\nb 2\nc x\n") == "line 3: expected a number as the value, at \"x\"");
  CHECK(f.page.samples_read() == 2);
  CHECK(f.error_of("a 1\nb two\n") == "line 2: expected a number as the value, at \"two\"");
  CHECK(f.page.samples_read() == 1);
  CHECK(f.read("a 3\nb 4\nc 5\n") == Read::changed);
  CHECK(f.places() == "0 1 new ");
  CHECK(f.samples() == "a=3 b=4 c=5 ");
}

TEST_CASE("page: what is forgotten is new") {
  PageFixture f;
  f.read("a 1\n");
  f.page.forget();
  CHECK(f.read("a 1\n") == Read::changed);
  CHECK(f.places() == "new ");
}

TEST_CASE("page: each line knows its family, by place and by name") {
  PageFixture f;
  f.read(
      "# HELP c what\n# TYPE c counter\nc_total 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 1\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\n# TYPE g gauge\ng 1\n# UNIT g seconds\nc_created 1\nc_total{x=\"1\"} 1\n"
      "{\"g\"} 2\n# TYPE i info\ni_info 1\n# EOF\n",
      kOm);
  CHECK(f.type(0) == "c counter");
  CHECK(f.type(1) == "h histogram");
  CHECK(f.type(2) == "h histogram");
  CHECK(f.type(3) == "h histogram");
  CHECK(f.type(4) == "s summary");
  CHECK(f.type(5) == "s summary");
  CHECK(f.type(6) == "g gauge");
  CHECK(f.type(7) == "none");
  CHECK(f.type(8) == "c counter");
  CHECK(f.type(9) == "g gauge");
  CHECK(f.type(10) == "i info");
  REQUIRE(f.page.families().size() == 5);
  CHECK(f.page.families()[0] == PageFamily{"c", MetricType::counter, "what", ""});
  CHECK(f.page.families()[3].unit == "seconds");
  // In text 0.0.4 a counter is called as it is.
  f.read("# TYPE c_total counter\nc_total 1\nc 2\n");
  CHECK(f.type(0) == "c_total counter");
  CHECK(f.type(1) == "none");
}

TEST_CASE("page: another type or help is a change, with the lines where they were") {
  PageFixture f;
  f.read("# TYPE a gauge\na 1\nb 2\n");
  CHECK(f.read("# TYPE a counter\na 1\nb 2\n") == Read::changed);
  CHECK(f.places() == "0 1 ");
  CHECK(f.type(0) == "a counter");
  CHECK(f.read("# TYPE a counter\na 1\nb 2\n# the end\n") == Read::changed);
  CHECK(f.read("# TYPE a counter\na 1\nb 2\n# the END\n") == Read::changed);
  CHECK(f.read("# TYPE a counter\na 7\nb 2\n# the END\n") == Read::same);
}

TEST_CASE("page: a long history of changes reads like the whole parser, every time") {
  struct Whole final : ExpositionSink {
    std::string text;
    void sample(std::string_view series, double value, std::optional<TimeMs> t) override {
      text += fmt::format("{}={}", series, value);
      if (t) text += fmt::format("@{}", *t);
      text += ' ';
    }
  };
  std::mt19937 random(7);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  PageFixture f;
  int same = 0;
  unsigned first = 0, count = 50;
  for (int scrape = 0; scrape < 400; ++scrape) {
    if (below(3) == 0) first = below(10), count = 40 + below(20);
    std::string text;
    for (unsigned i = first; i < first + count; ++i) {
      if (i % 7 == 0) text += fmt::format("# TYPE m{} gauge\n", i);
      text += fmt::format("m{}{{l=\"v{}\"}} ", i - i % 7, i);
      text += below(2) ? std::to_string(random()) : fmt::format("{}", std::ldexp(static_cast<double>(random()), -40));
      if (first == 3 && below(4) == 0) text += fmt::format(" {}", random());
      text += '\n';
    }
    if (below(20) == 0) text += "broken\n";
    Whole whole;
    const bool good = parse_exposition(text, kPlain, whole).has_value();
    const auto read = f.page.read(text, kPlain);
    REQUIRE(read.has_value() == good);
    if (!good) continue;
    REQUIRE(f.samples() == whole.text);
    same += *read == Read::same;
  }
  CHECK(same > 100);
}
