#include "proto/exposition.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace tacho;

namespace {

struct Recorded : ExpositionSink {
  struct Row {
    std::string series;
    double value;
    std::optional<TimeMs> t;
  };
  std::vector<Row> rows;
  std::vector<std::string> meta;
  void sample(std::string_view series, double value, std::optional<TimeMs> t) override {
    rows.push_back({std::string(series), value, t});
  }
  void type(std::string_view m, MetricType t) override { meta.push_back(std::string(m) + " is " + metric_type_name(t)); }
  void help(std::string_view m, std::string_view text) override { meta.push_back(std::string(m) + ": " + std::string(text)); }
  void unit(std::string_view m, std::string_view text) override { meta.push_back(std::string(m) + " in " + std::string(text)); }
};

Recorded read(std::string_view text, TextFormat format = TextFormat::openmetrics) {
  Recorded r;
  const auto done = parse_exposition(text, format, r);
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
  return r;
}

std::string error_of(std::string_view text, TextFormat format = TextFormat::openmetrics, std::string_view name = {}) {
  Recorded r;
  const auto done = parse_exposition(text, format, r, name);
  return done ? "no error" : done.error().message;
}

constexpr auto kPlain = TextFormat::prometheus;
constexpr auto kOm = TextFormat::openmetrics;

}  // namespace

TEST_CASE("OpenMetrics timestamps are seconds, exact to the millisecond") {
  const auto time = [](const std::string& text) { return read("a 1 " + text + "\n# EOF\n").rows.at(0).t.value(); };
  CHECK(time("1795439412.000") == 1795439412000);
  CHECK(time("1795439412.001") == 1795439412001);
  CHECK(time("1795439412.1") == 1795439412100);
  CHECK(time("1795439412.12") == 1795439412120);
  CHECK(time("0") == 0);
  CHECK(time("15") == 15000);
  CHECK(time("-1.5") == -1500);
  CHECK(time("-0.001") == -1);
  CHECK(time("1.0e3") == 1000000);
  CHECK(time("1234567890123.456") == 1234567890123456);
  for (TimeMs t = 1700000000000; t < 1700000002000; ++t) {
    std::string text;
    text += std::to_string(t / 1000) + "." + std::to_string(t % 1000 + 1000).substr(1);
    REQUIRE(time(text) == t);
  }
}

TEST_CASE("text 0.0.4 timestamps are milliseconds, samples without one say so") {
  const auto r = read("a 1 1795439412001\nb{x=\"1\"} 2\n\n  c\t3  -5 \n", kPlain);
  REQUIRE(r.rows.size() == 3);
  CHECK(r.rows[0].t == 1795439412001);
  CHECK_FALSE(r.rows[1].t.has_value());
  CHECK(r.rows[1].series == "b{x=\"1\"}");
  CHECK(r.rows[2].series == "c");
  CHECK(r.rows[2].t == -5);
  CHECK(read("a 1", kPlain).rows.size() == 1);  // the last newline may be missing
}

TEST_CASE("values are read as Go reads them, StaleNaN is the staleness marker in OpenMetrics only") {
  const auto bits = [](const std::string& v) {
    return std::bit_cast<std::uint64_t>(read("a " + v + " 1\n# EOF").rows.at(0).value);
  };
  CHECK(bits("StaleNaN") == kStaleBits);
  CHECK(bits("NaN") == kNormalNanBits);
  CHECK(bits("-0") == std::bit_cast<std::uint64_t>(-0.0));
  CHECK(bits("0.1") == std::bit_cast<std::uint64_t>(0.1));
  CHECK(bits("123456789012345") == std::bit_cast<std::uint64_t>(123456789012345.0));
  CHECK(bits("12345678901234567890") == std::bit_cast<std::uint64_t>(12345678901234567890.0));
  CHECK(bits("1.3592064e+07") == std::bit_cast<std::uint64_t>(13592064.0));
  CHECK(bits("+Inf") == std::bit_cast<std::uint64_t>(HUGE_VAL));
  CHECK(bits("-Inf") == std::bit_cast<std::uint64_t>(-HUGE_VAL));
  CHECK(error_of("a StaleNaN\n", kPlain) == "line 1: expected a number as the value, at \"StaleNaN\"");
}

TEST_CASE("metadata lines are delivered with their escapes undone") {
  const auto r = read(
      "# HELP a_seconds one\\ntwo \\\\ \\\"three\\\"\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# TYPE "
      "\"b.c\" counter\n"
      "# a remark\n# TYPE g gaugehistogram\n# EOF\n");
  CHECK(r.meta == std::vector<std::string>{"a_seconds: one\ntwo \\ \"three\"", "a_seconds is gauge", "a_seconds in seconds",
                                           "b.c is counter", "g is unknown"});
  CHECK(read("# TYPE x untyped\n# HELP x\n# UNIT x y\n", kPlain).meta == std::vector<std::string>{"x is unknown", "x: "});
}

TEST_CASE("exemplars are skipped, with and without a timestamp before them") {
  const auto r = read("h_bucket{le=\"1\"} 2 3.5 # {trace=\"}\"} 0.5 3.1\nh_bucket{le=\"2\"} 2 # {} 1\n# EOF\n");
  REQUIRE(r.rows.size() == 2);
  CHECK(r.rows[0].t == 3500);
  CHECK_FALSE(r.rows[1].t.has_value());
  CHECK(error_of("a 1 # {} 1\n", kPlain) == "line 1: expected the line to end, at \"# {} 1\"");
}

TEST_CASE("a series' labels come as written too, with the empty ones") {
  const auto pairs = parse_series_labels("up{b=\"\",a=\"1\\n\"}");
  REQUIRE(pairs);
  CHECK(*pairs == std::vector<Label>{{"__name__", "up"}, {"b", ""}, {"a", "1\n"}});
  CHECK_FALSE(parse_series_labels("{a=\"1\"}"));
}

TEST_CASE("a series' text becomes labels") {
  const auto labels = [](std::string_view text) {
    const auto l = parse_series(text);
    INFO(text << ": " << (l ? "" : l.error().message));
    REQUIRE(l);
    return *l;
  };
  CHECK(labels("up") == Labels::of("up"));
  CHECK(labels("up{}") == Labels::of("up"));
  CHECK(labels("up{b=\"2\",a=\"1\",}") == Labels::of("up", {{"a", "1"}, {"b", "2"}}));
  CHECK(labels(" up { a = \"x\\\"}\\\\\\n\\t\" , b = \"\" } ") == Labels::of("up", {{"a", "x\"}\\\n\\t"}}));
  CHECK(labels("{__name__=\"up\",a=\"1\"}") == Labels::of("up", {{"a", "1"}}));
  CHECK(labels("{\"my.metric\",\"a.b\"=\"1\",c=\"\xc3\xa9\"}") == Labels::of("my.metric", {{"a.b", "1"}, {"c", "\xc3\xa9"}}));
  CHECK(labels("{a=\"1\",\"late name\"}") == Labels::of("late name", {{"a", "1"}}));
  for (const std::string_view bad :
       {"", "{}", "{a=\"1\"}", "up{a=\"1\",a=\"2\"}", "up{__name__=\"x\"}", "up{a=1}", "up{a=\"1\"", "up 1",
        "up{a=\"1\" b=\"2\"}", "{\"a\",\"b\"}", "up{\"b\"}", "up{\"\"=\"x\"}", "up{a=\"\xff\"}", "1up", "up{a=\"x\\\"}"}) {
    INFO(bad);
    CHECK_FALSE(parse_series(bad));
  }
}

TEST_CASE("what append_series writes, parse_series reads back") {
  for (const Labels& l : {Labels::of("up"), Labels::of("up", {{"a", "x\ny\\\"z"}}), Labels::of("my metric", {{"a b", "1"}}),
                          Labels::of("\"", {{"c", "d"}})}) {
    std::string text;
    append_series(text, l);
    CHECK(text == l.to_string());
    CHECK(parse_series(text).value() == l);
  }
}

TEST_CASE("an error names the line and what was found there, samples before it were delivered") {
  CHECK(error_of("a 1\nb{x=1} 2\n# EOF\n") == "line 2: expected a label value in double quotes, at \"1} 2\"");
  CHECK(error_of("a 1\nb{x=1} 2\n# EOF\n", kOm, "node.om") == "node.om:2: expected a label value in double quotes, at \"1} 2\"");
  CHECK(error_of("a\n") == "line 1: expected a blank and a value after the metric name, but the line ends");
  CHECK(error_of("a \n") == "line 1: expected a number as the value, but the line ends");
  CHECK(error_of("a 1x\n") == "line 1: expected a number as the value, at \"1x\"");
  CHECK(error_of("a 1 x\n") == "line 1: expected a timestamp in seconds, at \"x\"");
  CHECK(error_of("a 1 1.5\n", kPlain) == "line 1: expected a timestamp in whole milliseconds, at \"1.5\"");
  CHECK(error_of("a 1 2 3\n", kPlain) == "line 1: expected the line to end, at \"3\"");
  CHECK(error_of("a{b=\"c} 1\n") == "line 1: a quoted text does not end on its line, but the line ends");
  CHECK(error_of("a{b=\"\xff\"} 1\n") == "line 1: a label value or name is not UTF-8, at \"a{b=\\\"\xff\\\"} 1\"");
  CHECK(error_of("1a 1\n", kPlain) == "line 1: expected a metric name, at \"1a 1\"");
  CHECK(error_of("a-b 1\n", kPlain) == "line 1: expected a blank and a value after the metric name, at \"-b 1\"");
  CHECK(error_of("# TYPE a beer\n", kPlain) ==
        "line 1: expected a metric type (counter, gauge, histogram, summary, ...), at \"beer\"");
  CHECK(error_of("# EOF\na 1\n") == "line 2: there is more text after # EOF, at \"a 1\"");

  Recorded r;
  CHECK_FALSE(parse_exposition("a 1\nb 2\nc\nd 3\n", kPlain, r));
  CHECK(r.rows.size() == 2);
}

TEST_CASE("OpenMetrics text without # EOF was cut short: whole lines are delivered, half a line is not") {
  Recorded r;
  const auto done = parse_exposition("a 1 1\nb 123", kOm, r);
  REQUIRE_FALSE(done);
  CHECK(done.error().message == "line 2: the text is cut short: OpenMetrics text ends with a line # EOF");
  CHECK(r.rows.size() == 1);
  CHECK(error_of("") == "line 1: the text is cut short: OpenMetrics text ends with a line # EOF");
  CHECK(read("# EOF").rows.empty());
  CHECK(read("", kPlain).rows.empty());
}

TEST_CASE("lines of one family need not stand together") {
  const auto r = read("a{x=\"1\"} 1 1\nb 2 1\na{x=\"1\"} 3 2\nb 4 2\n# EOF\n");
  REQUIRE(r.rows.size() == 4);
  CHECK(r.rows[2].series == r.rows[0].series);
}

TEST_CASE("the writer: OpenMetrics families, units, counters, end mark") {
  std::string out;
  ExpositionWriter w(kOm, out);
  w.begin("node_cpu_seconds_total", MetricType::counter, "Seconds\nby \"mode\".", "seconds");
  w.sample(Labels::of("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "a\"b\\c\nd"}}), 1.5, 1795439412001);
  w.begin("odd_counter", MetricType::counter, "", "seconds");
  w.sample(Labels::of("odd_counter"), stale_marker(), 1000);
  w.begin("build_info", MetricType::info, "");
  w.sample(Labels::of("build_info", {{"v", "1"}}), 1);
  w.begin("my.gauge", MetricType::gauge, "");
  w.sample(Labels::of("my.gauge"), -INFINITY);
  w.finish();
  CHECK(out == R"(# HELP node_cpu_seconds Seconds\nby \"mode\".
# TYPE node_cpu_seconds counter
# UNIT node_cpu_seconds seconds
node_cpu_seconds_total{cpu="0",mode="a\"b\\c\nd"} 1.5 1795439412.001
# TYPE odd_counter unknown
odd_counter StaleNaN 1
# TYPE build info
build_info{v="1"} 1
# TYPE "my.gauge" gauge
{"my.gauge"} -Inf
# EOF
)");
}

TEST_CASE("the writer: text 0.0.4") {
  std::string out;
  ExpositionWriter w(kPlain, out);
  w.begin("a_total", MetricType::counter, "It's \"a\"\\.", "seconds");
  w.sample(Labels::of("a_total"), 1e21, 12);
  w.begin("b_info", MetricType::info, "");
  w.begin("c", MetricType::unknown, "");
  w.begin("h_bucket", MetricType::histogram, "");
  w.sample(Labels::of("c"), stale_marker());
  w.finish();
  CHECK(out == R"(# HELP a_total It's "a"\\.
# TYPE a_total counter
a_total 1e+21 12
# TYPE b_info gauge
# TYPE c untyped
# TYPE h histogram
c NaN
)");
}

TEST_CASE("what is written reads back to the same bits") {
  std::string out;
  ExpositionWriter w(kOm, out);
  const std::vector<double> values = {0.1,
                                      -0.0,
                                      5e-324,
                                      1.7976931348623157e308,
                                      1e-4,
                                      123456.789,
                                      stale_marker(),
                                      normal_nan(),
                                      INFINITY,
                                      9007199254740993.0,
                                      1e21,
                                      0.00001234};
  w.begin("v", MetricType::gauge, "");
  for (std::size_t i = 0; i < values.size(); ++i) w.sample(Labels::of("v"), values[i], static_cast<TimeMs>(i * 1001));
  w.finish();
  const auto r = read(out);
  REQUIRE(r.rows.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(std::bit_cast<std::uint64_t>(r.rows[i].value) == std::bit_cast<std::uint64_t>(values[i]));
    CHECK(r.rows[i].t == static_cast<TimeMs>(i * 1001));
  }
}

TEST_CASE("family names") {
  CHECK(family_name("a_total", MetricType::counter, kOm) == "a");
  CHECK(family_name("a_total", MetricType::counter, kPlain) == "a_total");
  CHECK(family_name("a_total", MetricType::gauge, kOm) == "a_total");
  CHECK(family_name("h_bucket", MetricType::histogram, kPlain) == "h");
  CHECK(family_name("s_count", MetricType::summary, kPlain) == "s");
  CHECK(family_name("s", MetricType::summary, kPlain) == "s");
}

TEST_CASE("the Accept header chooses the format") {
  CHECK(negotiate_format("") == kPlain);
  CHECK(negotiate_format("*/*") == kPlain);
  CHECK(negotiate_format("text/html") == kPlain);
  CHECK(negotiate_format("application/openmetrics-text") == kOm);
  CHECK(negotiate_format("application/openmetrics-text; version=1.0.0; charset=utf-8,text/plain;q=0.5") == kOm);
  CHECK(negotiate_format("application/openmetrics-text;version=2.0.0,text/plain;version=0.0.4;q=0.3") == kPlain);
  CHECK(negotiate_format("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.75,*/*;q=0.1") == kPlain);
  CHECK(negotiate_format("application/openmetrics-text;q=0") == kPlain);
}

TEST_CASE("any cut of a text gives samples of whole lines or an error, never a crash") {
  const std::string text =
      "# HELP a b\\\\c\n# TYPE a gauge\na{x=\"y\\\"z\",u=\"\xc3\xa9\"} 1.5 2.25 # {t=\"1\"} 3\n{\"q\",\"r\"=\"s\"} "
      "StaleNaN 3\n# EOF\n";
  for (std::size_t n = 0; n <= text.size(); ++n) {
    // A heap copy of exactly n bytes, so that AddressSanitizer sees one byte too many.
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(n));
    Recorded om, plain;
    (void)parse_exposition({cut.data(), cut.size()}, kOm, om);
    (void)parse_exposition({cut.data(), cut.size()}, kPlain, plain);
    (void)parse_series({cut.data(), cut.size()});
    CHECK(om.rows.size() <= 2);
  }
}
