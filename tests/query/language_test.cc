#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "query/engine/engine.h"
#include "query/language/ast.h"

namespace tacho::query {
namespace {

std::string printed(const std::string& text) {
  const auto e = parse(text);
  return e ? format(**e) : e.error().message;
}

}  // namespace

TEST_CASE("a query is printed as Prometheus prints it") {
  const auto check = [](const std::string& text, const std::string& want) {
    CHECK(printed(text) == want);
    CHECK(printed(want) == want);
  };
  check("SUM  (a) BY(x,y)", "sum by (x, y) (a)");
  check("sum without() (a)", "sum without () (a)");
  check("topk(3,a)", "topk(3, a)");
  check("a{b='x',c!~`y`}[5m] offset 1h @ 5", "a{b=\"x\",c!~\"y\"}[5m] @ 5.000 offset 1h");
  check("a OFFSET -90s", "a offset -1m30s");
  check("sum_over_time(a[1h:5m] @ end())", "sum_over_time(a[1h:5m] @ end())");
  check("a + on(x) group_left(y) b", "a + on (x) group_left (y) b");
  check("a == bool ignoring(x) b", "a == bool ignoring (x) b");
  check("{\"odd name\",\"l.m\"=\"v\"}", "{\"odd name\",\"l.m\"=\"v\"}");
  check("- - a ^ - 2", "--a ^ -2");
  check("0x1F + 1_000 + .5e1 + 1m", "31 + 1000 + 5 + 1m");
  check("'a\\x41\\u00e9\\''", "\"aA\u00e9'\"");
  check("a[step()*2]", "a[step() * 2]");
  check("a + fill(0) b", "a + fill (0) b");
  check("increase(a[5m] anchored)", "increase(a[5m] anchored)");
  check("sum # the total\n(a)", "sum(a)");
  check("Inf + NaN", "+Inf + NaN");
  check("\"\\n\"", "\"\\n\"");
}

TEST_CASE("an error says where and what") {
  const auto check = [](const std::string& text, const std::string& want) {
    INFO(text);
    const auto e = parse(text);
    REQUIRE_FALSE(e);
    CHECK(e.error().kind == ErrorKind::bad_data);
    CHECK(e.error().message == want);
  };
  check("", "1:1: parse error: no expression found in input");
  check("sum(", "1:5: parse error: unexpected end of input");
  check("a +\n+ * b", "2:3: parse error: unexpected \"*\"");
  check("foo{", "1:5: parse error: unexpected end of input in label matching, expected identifier or \"}\"");
  check("foo{a}", "1:6: parse error: unexpected \"}\" in label matching, expected label matching operator");
  check("foo{a=1}", "1:7: parse error: unexpected number \"1\" in label matching, expected string");
  check("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher");
  check("a{__name__=\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\"");
  check("nosuch(a)", "1:1: parse error: unknown function with name \"nosuch\"");
  check("rate(a[5m], 1)", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 2");
  check("abs(a,)", "1:6: parse error: trailing commas not allowed in function call args");
  check("a[5]b", "1:5: parse error: unexpected identifier \"b\"");
  check("a[0s]", "1:3: parse error: duration must be greater than 0");
  check("\"abc", "1:1: parse error: unterminated quoted string");
  check("5x", "1:1: parse error: bad number or duration syntax: \"5x\"");
  check("a offset 1m offset 1m", "1:1: parse error: offset may not be set multiple times");
  check("1 offset 5m",
        "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector "
        "or a subquery");
  check("a and on(x) group_left b", "1:1: parse error: no grouping allowed for \"and\" operation");
  check("rate(a[1h][2h:])", "1:6: parse error: subquery is only allowed on instant vector, got matrix instead");
  check("sum(a)[5m]", "1:7: parse error: ranges only allowed for vector selectors");
  check("'a' == 1", "1:1: parse error: binary expression must contain only scalar and instant vector types");
  check("a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators");
  check("a $ b", "1:3: parse error: unexpected character: '$'");
  const auto deep = parse(std::string(100'000, '(') + "1");
  REQUIRE_FALSE(deep);
  CHECK(deep.error().message.find("nested deeper") != std::string::npos);
  CHECK_FALSE(parse(std::string(100'000, '-') + "1"));
  CHECK_FALSE(parse("a{b=~\"(\"}"));
}

TEST_CASE("no text harms: broken queries give errors, whole ones print back") {
  const std::vector<std::string> seeds{
      "sum by (a) (rate(x_total{b=~\"c|d\"}[5m] offset 1m)) / on (a) group_left (e) y @ 5.5 > bool -1e3",
      "histogram_quantile(0.9, sum(rate({\"odd name\",\"l\"!~'x'}[5m:1s] @ end())) by (le)) or vector(0x1F) # end",
      "topk without (x) (3, -y ^ 2 ^ -z) unless ignoring () a[step()*2+min_of(1s, 2)] smoothed", "a + fill(0) b atan2 `raw\\`",
      "label_replace(a, 'd\\u00e9\\x41', \"$1\", \"s\", \"(.*)\") and count_values(\"v\", sort_by_label(a, \"b\", "
      "\"c\"))"};
  const std::string bits = " ()[]{}\"'`,:@=!~<>+-*/%^#\\.0159eExsmhdwyINFnan_\xff\n\0";
  std::mt19937_64 random(7);
  int whole = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (auto edits = random() % 6; edits > 0; --edits) {
      const std::size_t at = random() % (text.size() + 1);
      const std::size_t n = std::min<std::size_t>(random() % 5, text.size() - at);
      if (random() % 2) text.erase(at, n);
      if (random() % 2 && at <= text.size()) text.insert(at, 1, bits[random() % bits.size()]);
    }
    const auto e = parse(text);
    if (!e) {
      CHECK(e.error().message.find(": parse error: ") != std::string::npos);
      continue;
    }
    ++whole;
    const std::string once = format(**e);
    if (printed(once) != once) FAIL_CHECK(text << " is printed as " << once << " and then as " << printed(once));
  }
  CHECK(whole > 1000);
}

TEST_CASE("match[] takes a selector and nothing else") {
  const auto m = parse_matchers("{__name__=~\"node_.*\",job=\"x\"}");
  REQUIRE(m);
  CHECK(m->size() == 2);
  const auto named = parse_matchers("up{job!=\"x\"}");
  REQUIRE(named);
  CHECK(named->back().to_string() == "__name__=\"up\"");
  CHECK_FALSE(parse_matchers("up offset 5m"));
  CHECK_FALSE(parse_matchers("up[5m]"));
  CHECK_FALSE(parse_matchers("{}"));
  CHECK_FALSE(parse_matchers("1"));
}

}  // namespace tacho::query
