#include "store/aliases/view.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "store/aliases/labels.h"
#include "tests/store/aliases/alias_fixture.h"

using namespace tacho;
using namespace tacho::store;
using namespace tacho::store::alias_test;

namespace {

std::string shout(std::string_view text) { return std::string(text) + "!"; }
std::string hush(std::string_view text) { return text.ends_with('!') ? std::string(text.substr(0, text.size() - 1)) : ""; }

std::shared_ptr<const AliasLabels> theirs() {
  AliasLabels l;
  l.made = {{"ID", "uuid"}, {"slot", "card"}, {"loud", "place", shout, hush}};
  l.dropped = {"vendor", "link"};
  l.constant = {{"Host", "n1"}};
  l.card = {.uuid = "ID", .index = "slot"};
  return std::make_shared<const AliasLabels>(std::move(l));
}

std::shared_ptr<const AliasLabels> ours() {
  AliasLabels l;
  l.made = {{"uuid", "ID"}, {"card", "slot"}, {"uuid", "serial"}};
  l.dropped = {"Host"};
  l.constant = {{"vendor", "v"}};
  l.card = {.vendor = "vendor", .uuid = "uuid", .index = "card"};
  l.usually_stored = true;
  return std::make_shared<const AliasLabels>(std::move(l));
}

AliasTerm term(std::string metric, std::vector<std::string> where = {}, double factor = 1, bool optional = false) {
  return {std::move(metric), matchers(where), factor, optional};
}

AliasRule rule(std::string name, std::vector<AliasTerm> terms) {
  AliasRule r{.set = "x", .name = std::move(name), .type = MetricType::gauge, .help = "made", .terms = std::move(terms)};
  r.labels = theirs();
  return r;
}

std::vector<AliasRule> rules() {
  std::vector<AliasRule> out;
  out.push_back(rule("UTIL", {term("util_ratio", {"vendor=\"v\""})}));
  out.back().times = 100;
  out.back().rollup = Rollup::min;
  out.push_back(rule("FREE", {term("total_bytes"), term("used_bytes", {}, -1), term("reserved_bytes", {}, -1, true)}));
  out.back().over = 1024;
  out.push_back(rule("SHARE", {term("used_bytes")}));
  out.back().divisor = {term("total_bytes")};
  out.push_back(rule("BITS", {term("why", {"reason=\"a\""}), term("why", {"reason=\"b\""}, 4, true)}));
  out.push_back(rule("ERRORS", {term("link_errors_total", {"kind=\"crc\""})}));
  out.back().type = MetricType::counter;
  out.back().sums = true;
  out.push_back(rule("SPEED", {term("sent_total"), term("received_total")}));
  out.back().per_second = true;
  out.push_back(rule("WATTS", {term("power", {"window=\"average\""})}));
  out.push_back(rule("WATTS", {term("power", {"window=\"instant\""})}));
  // The other way.
  out.push_back({.set = "back",
                 .name = "util_ratio",
                 .type = MetricType::gauge,
                 .terms = {term("UTIL")},
                 .over = 100,
                 .unread = -1,
                 .labels = ours()});
  out.push_back({.set = "back",
                 .name = "util_ratio",
                 .type = MetricType::gauge,
                 .terms = {term("other_util", {"slot!=\"\""})},
                 .over = 100,
                 .labels = ours()});
  return out;
}

struct Node {
  std::shared_ptr<const MemoryStore> store;
  std::shared_ptr<const AliasTable> table = std::make_shared<const AliasTable>(rules());
  AliasView view{*store, table};
  explicit Node(const std::string& text) : store(kept(text)) {}
};

const std::string kTwoCards =
    "util_ratio{vendor=\"v\",card=\"0\",uuid=\"a\",place=\"p\"} 0.29 1\nutil_ratio{vendor=\"v\",card=\"1\",uuid=\"b\",pod=\"w\"} "
    "0.5 1\n"
    "util_ratio{vendor=\"v\",card=\"0\",uuid=\"a\",place=\"p\"} StaleNaN 2\nutil_ratio{vendor=\"z\",card=\"2\",uuid=\"c\"} 1 1\n";

}  // namespace

TEST_CASE("an alias is what it is made of under other names: labels, values, markers") {
  const Node n(kTwoCards);
  CHECK(asked(n.view, {"__name__=\"UTIL\""}) ==
        "UTIL{Host=\"n1\",ID=\"a\",loud=\"p!\",slot=\"0\"} 1=29 2=stale\n"
        "UTIL{Host=\"n1\",ID=\"b\",pod=\"w\",slot=\"1\"} 1=50\n");
  const auto selected = n.view.select(matchers({"__name__=\"UTIL\""}), kAll, {});
  CHECK(selected->series[0].info->type == MetricType::gauge);
  CHECK(selected->series[0].info->rollup == Rollup::min);
  // No sample is kept twice: the times are the store's own.
  const auto behind = n.store->select(matchers({"__name__=\"util_ratio\"", "uuid=\"a\""}), kAll, {});
  CHECK(selected->series[0].times.data() == behind->series[0].times.data());
}

TEST_CASE("matchers are on the alias's labels, whatever becomes of them") {
  const Node n(kTwoCards);
  const auto slots = [&](std::vector<std::string> more) {
    more.push_back("__name__=\"UTIL\"");
    std::string out;
    const auto s = n.view.select(matchers(more), kAll, {});
    for (const SeriesView& v : s->series) out += v.labels().get("slot");
    std::string listed;
    const auto names = n.view.series(matchers(more), kAll);
    for (const Labels& l : *names) listed += l.get("slot");
    CHECK(listed == out);
    return out;
  };
  CHECK(slots({}) == "01");
  CHECK(slots({"ID=\"a\""}) == "0");
  CHECK(slots({"ID!=\"a\""}) == "1");
  CHECK(slots({"ID=~\"a|b\""}) == "01");
  CHECK(slots({"ID=~\"[b-z]\""}) == "1");
  CHECK(slots({"ID=\"\""}).empty());
  CHECK(slots({"loud=\"p!\""}) == "0");
  CHECK(slots({"loud=~\".*!\""}) == "0");
  CHECK(slots({"loud=\"\""}) == "1");
  CHECK(slots({"loud=\"p\""}).empty());
  CHECK(slots({"Host=\"n1\""}) == "01");
  CHECK(slots({"Host=\"n2\""}).empty());
  CHECK(slots({"pod=\"w\""}) == "1");
  CHECK(slots({"vendor=\"v\""}).empty());  // the alias has no such label
  CHECK(slots({"vendor=\"\""}) == "01");
  CHECK(slots({"uuid=\"a\""}).empty());
  CHECK(slots({"slot=~\"1|2\""}) == "1");
}

TEST_CASE("several selectors at once give what each gives alone, each series once, in order") {
  const Node n(
      kTwoCards +
      "total_bytes{uuid=\"a\"} 10 1\nused_bytes{uuid=\"a\"} 4 1\n"
      "sent_total{uuid=\"a\"} 1 1\nsent_total{uuid=\"a\"} 3 2\nreceived_total{uuid=\"a\"} 5 1\nreceived_total{uuid=\"a\"} 7 2\n");
  const std::vector<std::vector<std::string>> selectors = {
      {"__name__=\"UTIL\""},    {"__name__=\"util_ratio\""},        {"uuid=\"a\""}, {"__name__=\"used_bytes\""},
      {"__name__=\"SHARE\""},   {"__name__=\"SPEED\"", "ID=\"a\""},  // of what was before a range too
      {"__name__=\"nothing\""}, {"__name__=~\"UTIL|used_bytes\""}};
  const auto shown = [](const Selection& of) {
    std::map<Labels, std::vector<double>> out;
    for (const SeriesView& v : of.series) {
      CHECK_FALSE(out.contains(v.labels()));
      out.emplace(v.labels(), std::vector<double>(v.values.begin(), v.values.end()));
      for (double& x : out[v.labels()])
        if (std::isnan(x)) x = -1;
    }
    return out;
  };
  for (std::size_t chosen = 1; chosen < (1u << selectors.size()); ++chosen) {
    std::vector<std::vector<Matcher>> kept;
    std::map<Labels, std::vector<double>> wanted;
    const TimeRange range = chosen % 3 == 0 ? TimeRange{1500, 2000} : kAll;
    for (std::size_t i = 0; i < selectors.size(); ++i) {
      if ((chosen >> i & 1) == 0) continue;
      kept.push_back(matchers(selectors[i]));
      wanted.merge(shown(*n.view.select(kept.back(), range, {})));
    }
    const std::vector<MatcherSet> sets(kept.begin(), kept.end());
    const auto got = n.view.select_any(sets, range, {});
    REQUIRE(got);
    REQUIRE(shown(*got) == wanted);
    std::size_t samples = 0;
    for (const SeriesView& v : got->series) samples += v.values.size();
    REQUIRE(got->samples == samples);
    REQUIRE(std::is_sorted(got->series.begin(), got->series.end(),
                           [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); }));
  }
}

TEST_CASE("an alias answers where it is asked for by name, and never beside what it is made of") {
  const Node n(kTwoCards + "other 1 1\n");
  const auto all = asked(*n.store, {});
  CHECK(asked(n.view, {}) == all);
  CHECK(asked(n.view, {"__name__=~\".+\""}) == all);
  CHECK(asked(n.view, {"__name__!=\"other\""}) == asked(*n.store, {"__name__!=\"other\""}));
  CHECK(asked(n.view, {"__name__!~\"util.*\""}) == "other 1=1\n");
  CHECK(asked(n.view, {"uuid=\"a\""}) == asked(*n.store, {"uuid=\"a\""}));
  CHECK(asked(n.view, {"ID=\"a\""}).empty());
  CHECK(asked(n.view, {"__name__=~\"util_ratio|UTIL\""}) == asked(*n.store, {"__name__=\"util_ratio\""}));
  const auto alias = asked(n.view, {"__name__=\"UTIL\""});
  CHECK(asked(n.view, {"__name__=~\"UT.*\""}) == alias);
  CHECK(asked(n.view, {"__name__=~\"UTIL|nothing\""}) == alias);
  CHECK(asked(n.view, {"__name__=~\"UTIL|other\""}) == alias + "other 1=1\n");
  CHECK(asked(n.view, {"__name__=\"UTIL\"", "__name__!~\"U.*\""}).empty());
  CHECK(found(n.view, {"__name__=~\"UT.*\"", "slot=\"1\""}) == "UTIL{Host=\"n1\",ID=\"b\",pod=\"w\",slot=\"1\"}\n");
  CHECK(found(n.view, {}) == found(*n.store, {}));
}

TEST_CASE("sums take a row only where all of it is there") {
  const Node n(
      "total_bytes{uuid=\"a\"} 8192 1\nused_bytes{uuid=\"a\"} 1024 1\nreserved_bytes{uuid=\"a\"} 1024 1\n"
      "total_bytes{uuid=\"a\"} 8192 2\nused_bytes{uuid=\"a\"} 2048 2\n"
      "total_bytes{uuid=\"a\"} 8192 3\nused_bytes{uuid=\"a\"} 4096 3\nreserved_bytes{uuid=\"a\"} 1024 3\n"
      "total_bytes{uuid=\"b\"} 4096 1\nused_bytes{uuid=\"b\"} 1024 1\ntotal_bytes{uuid=\"c\"} 4096 1\n");
  // What card a reserves was not read at 2; b never tells; c's use is unknown.
  CHECK(asked(n.view, {"__name__=\"FREE\""}) == "FREE{Host=\"n1\",ID=\"a\"} 1=6 3=3\nFREE{Host=\"n1\",ID=\"b\"} 1=3\n");
  CHECK(asked(n.view, {"__name__=\"SHARE\""}) ==
        "SHARE{Host=\"n1\",ID=\"a\"} 1=0.125 2=0.25 3=0.5\nSHARE{Host=\"n1\",ID=\"b\"} 1=0.25\n");
  CHECK(found(n.view, {"__name__=\"FREE\""}) == "FREE{Host=\"n1\",ID=\"a\"}\nFREE{Host=\"n1\",ID=\"b\"}\n");
  CHECK(asked(n.view, {"__name__=\"FREE\"", "ID=\"a\""}, {2000, 3000}) == "FREE{Host=\"n1\",ID=\"a\"} 3=3\n");
}

TEST_CASE("flags become a mask; a flag that a card does not have is not set") {
  const Node n(
      "why{reason=\"a\",uuid=\"u\"} 1 1\nwhy{reason=\"b\",uuid=\"u\"} 1 1\nwhy{reason=\"a\",uuid=\"u\"} 0 "
      "2\nwhy{reason=\"b\",uuid=\"u\"} 1 2\n"
      "why{reason=\"a\",uuid=\"w\"} 1 1\nwhy{reason=\"c\",uuid=\"w\"} 1 1\nwhy{reason=\"b\",uuid=\"x\"} 1 1\n");
  CHECK(asked(n.view, {"__name__=\"BITS\""}) == "BITS{Host=\"n1\",ID=\"u\"} 1=5 2=4\nBITS{Host=\"n1\",ID=\"w\"} 1=1\n");
}

TEST_CASE("series that differ in a label the alias does not have are summed, and end one by one") {
  const std::string a = "link_errors_total{kind=\"crc\",uuid=\"a\",link=\"0\"} ";
  const std::string b = "link_errors_total{kind=\"crc\",uuid=\"a\",link=\"1\"} ";
  const Node n(a + "1 1\n" + b + "10 1\n" + a + "2 2\n" + a + "3 3\n" + b + "12 3\n" + b + "StaleNaN 4\n" + a + "4 4\n" + a +
               "StaleNaN 5\n" + a + "7 6\n");
  // At 2 a link was not read: no half sum. From 4 on the card has one link; at 5 none.
  CHECK(asked(n.view, {"__name__=\"ERRORS\""}) == "ERRORS{Host=\"n1\",ID=\"a\"} 1=11 3=15 4=4 5=stale 6=7\n");
}

TEST_CASE("a rate is the step between two rows") {
  std::string text;
  const auto row = [&](int t, int sent, int received) {
    text += fmt::format("sent_total{{uuid=\"a\"}} {} {}\nreceived_total{{uuid=\"a\"}} {} {}\n", sent, t, received, t);
  };
  row(1, 100, 1000);
  row(2, 150, 1050);
  row(4, 150, 1250);
  row(5, 10, 20);  // the driver was loaded anew
  row(6, 20, 30);
  row(400, 1000, 1000);  // after a pause nobody can say when it was sent
  row(401, 1001, 1001);
  const Node n(text);
  CHECK(asked(n.view, {"__name__=\"SPEED\""}) == "SPEED{Host=\"n1\",ID=\"a\"} 2=100 4=100 6=20 401=2\n");
  // The first row of a range has one before it.
  CHECK(asked(n.view, {"__name__=\"SPEED\""}, {2000, 4000}) == "SPEED{Host=\"n1\",ID=\"a\"} 2=100 4=100\n");
  CHECK(asked(n.view, {"__name__=~\"SPEED|sent.*\""}, {2000, 4000}).find("sent_total{uuid=\"a\"} 2=150 4=150\n") !=
        std::string::npos);
  const Node ended(
      "sent_total{uuid=\"a\"} 1 1\nreceived_total{uuid=\"a\"} 1 1\nsent_total{uuid=\"a\"} StaleNaN 2\n"
      "received_total{uuid=\"a\"} StaleNaN 2\nsent_total{uuid=\"a\"} 5 3\nreceived_total{uuid=\"a\"} 5 3\n");
  CHECK(asked(ended.view, {"__name__=\"SPEED\""}) == "SPEED{Host=\"n1\",ID=\"a\"} 2=stale\n");
}

TEST_CASE("of several ways to make an alias the first that a card has counts") {
  const Node n(
      "power{uuid=\"a\",window=\"instant\"} 9 1\npower{uuid=\"a\",window=\"average\"} 7 1\npower{uuid=\"b\",window=\"instant\"} "
      "5 1\n");
  CHECK(asked(n.view, {"__name__=\"WATTS\""}) == "WATTS{Host=\"n1\",ID=\"a\"} 1=7\nWATTS{Host=\"n1\",ID=\"b\"} 1=5\n");
}

TEST_CASE("what an exporter calls otherwise is found under our names, and says nothing twice of a card") {
  const std::string native = "util_ratio{vendor=\"v\",card=\"0\",uuid=\"a\"} 0.5 1\n";
  const std::string scraped =
      "UTIL{ID=\"a\",slot=\"0\",job=\"j\",Host=\"h\"} 49 1\nUTIL{ID=\"b\",slot=\"1\",job=\"j\",Host=\"h\"} 29 1\n"
      "UTIL{ID=\"b\",slot=\"1\",job=\"j\",Host=\"h\"} -1 2\nother_util{slot=\"4\",job=\"k\"} 7 1\nother_util{job=\"no card\"} 7 "
      "1\n";
  const std::string b = "util_ratio{card=\"1\",job=\"j\",uuid=\"b\",vendor=\"v\"} 1=0.29\n";
  const std::string four = "util_ratio{card=\"4\",job=\"k\",vendor=\"v\"} 1=0.07\n";
  const Node both(native + scraped);
  CHECK(asked(both.view, {"__name__=\"util_ratio\""}) == "util_ratio{card=\"0\",uuid=\"a\",vendor=\"v\"} 1=0.5\n" + b + four);
  // Nor where the selector does not show the one that counts.
  CHECK(asked(both.view, {"__name__=\"util_ratio\"", "job=\"j\""}) == b);
  CHECK(asked(both.view, {"__name__=\"util_ratio\"", "job=~\".+\""}) == b + four);
  CHECK(found(both.view, {"__name__=\"util_ratio\"", "job=\"j\""}) ==
        "util_ratio{card=\"1\",job=\"j\",uuid=\"b\",vendor=\"v\"}\n");
  CHECK(asked(both.view, {"__name__=~\"util_.*\"", "vendor=\"v\"", "uuid!=\"a\""}) == b + four);
  // The exporter's own series stay, and ours do not repeat them.
  CHECK(asked(both.view, {"__name__=\"UTIL\""}) == asked(*both.store, {"__name__=\"UTIL\""}));
  CHECK(asked(both.view, {"__name__=\"UTIL\"", "Host=\"n1\""}).empty());
  CHECK(asked(both.view, {"__name__=\"UTIL\"", "ID=\"b\""}) == asked(*both.store, {"__name__=\"UTIL\"", "ID=\"b\""}));
  CHECK(asked(Node(scraped).view, {"__name__=\"util_ratio\"", "card=\"0\""}) ==
        "util_ratio{card=\"0\",job=\"j\",uuid=\"a\",vendor=\"v\"} 1=0.49\n");
  CHECK(asked(Node(native).view, {"__name__=\"util_ratio\""}) == asked(*kept(native), {}));
}

TEST_CASE("names and metadata show the aliases that there are") {
  const Node n(kTwoCards);
  CHECK(n.view.names(kAll).value() == std::vector<std::string>{"UTIL"});
  CHECK(n.view.names({5000, 6000}).value().empty());
  bool told = false;
  for (const MetricMetadata& m : n.view.metadata()) {
    CHECK(m.name != "FREE");
    told = told || (m.name == "UTIL" && m.help == "made" && m.type == MetricType::gauge);
  }
  CHECK(told);
  CHECK(std::vector<std::string>(n.table->sets().begin(), n.table->sets().end()) == std::vector<std::string>{"x", "back"});
}

TEST_CASE("a set is all its aliases, without what is kept") {
  const Node n(kTwoCards +
               "UTIL{ID=\"b\"} 1 1\nsent_total{uuid=\"a\"} 1 1\nsent_total{uuid=\"a\"} 3 2\n"
               "received_total{uuid=\"a\"} 1 1\nreceived_total{uuid=\"a\"} 4 2\n");
  const std::vector<std::string> x{"x"};
  CHECK(lines(*n.view.select_sets(x, kAll, {})) ==
        "SPEED{Host=\"n1\",ID=\"a\"} 2=5\nUTIL{Host=\"n1\",ID=\"a\",loud=\"p!\",slot=\"0\"} 1=29 2=stale\n");
  CHECK(n.view.select_sets({}, kAll, {})->series.empty());
  CHECK(n.view.metadata_of_sets(x).size() == 2);
  CHECK(n.view.metadata_of_sets({}).empty());
}

TEST_CASE("limits and errors are the store's") {
  const Node n(kTwoCards);
  const auto refused = n.view.select(matchers({"__name__=\"UTIL\""}), kAll, {.samples_max = 1});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("too many samples") != std::string::npos);
  CHECK(n.view.select(matchers({"__name__=\"UTIL\""}), kAll, {.samples_max = 3}));
  CHECK_FALSE(n.view.select_sets(std::vector<std::string>{"x"}, kAll, {.samples_max = 1}));
  CHECK(asked(n.view, {"__name__=\"UTIL\""}, {2000, 1000}).empty());
  // An expression that finds an alias among others reads no more of the others than it asks for.
  const Node others(kTwoCards + "other{cpu=\"0\"} 1 1\nother{cpu=\"1\"} 1 1\nother{cpu=\"2\"} 1 1\nother{cpu=\"3\"} 1 1\n");
  CHECK(others.view.select(matchers({"__name__=~\"UTIL|other\"", "cpu=\"0\""}), kAll, {.samples_max = 4}));
}

// The same from the definition: every kept series relabelled and scaled, one sample at a time.
TEST_CASE("an alias is its series, relabelled and scaled, whatever they are") {
  std::mt19937_64 random(20261126);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<std::uint64_t>(n)); };
  for (int round = 0; round < 200; ++round) {
    std::string text;
    const int cards = 1 + pick(4);
    for (int t = 1; t <= 30; ++t) {
      for (int card = 0; card < cards; ++card) {
        if (pick(5) == 0) continue;
        const std::string value = pick(20) == 0 ? "StaleNaN" : pick(20) == 0 ? "NaN" : fmt::format("{}", pick(1'000'001) / 1e6);
        text += fmt::format("util_ratio{{vendor=\"{}\",card=\"{}\",uuid=\"u{}\",place=\"{}\"}} {} {}\n", card == 3 ? "z" : "v",
                            card, card % 3, card % 2 == 0 ? "p" : "", value, t);
      }
    }
    if (text.empty()) continue;
    const Node n(text);
    const TimeMs from = 1000 * pick(30);
    const TimeRange range{from, from + 1000 * pick(30)};
    const std::vector<std::string> more =
        pick(2) == 0 ? std::vector<std::string>{} : std::vector<std::string>{fmt::format("slot=~\"[0-{}]\"", pick(3))};
    std::vector<std::string> selector{"__name__=\"UTIL\""};
    selector.insert(selector.end(), more.begin(), more.end());
    const auto got = n.view.select(matchers(selector), range, {});
    REQUIRE(got);
    const auto behind = n.store->select(matchers({"__name__=\"util_ratio\"", "vendor=\"v\""}), range, {});
    std::map<Labels, const SeriesView*> expected;
    for (const SeriesView& s : behind->series) {
      const std::string place(s.labels().get("place"));
      Labels l = Labels::of("UTIL", {{"Host", "n1"},
                                     {"ID", std::string(s.labels().get("uuid"))},
                                     {"slot", std::string(s.labels().get("card"))},
                                     {"loud", place.empty() ? "" : place + "!"}});
      if (matches_all(matchers(more), l)) expected[std::move(l)] = &s;
    }
    REQUIRE(got->series.size() == expected.size());
    auto want = expected.begin();
    for (const SeriesView& s : got->series) {
      CHECK(s.labels() == want->first);
      const SeriesView& k = *want->second;
      REQUIRE(std::vector<TimeMs>(s.times.begin(), s.times.end()) == std::vector<TimeMs>(k.times.begin(), k.times.end()));
      for (std::size_t i = 0; i < s.values.size(); ++i) {
        if (std::isnan(k.values[i])) {
          CHECK(std::bit_cast<std::uint64_t>(s.values[i]) == std::bit_cast<std::uint64_t>(k.values[i]));
        } else {
          // To the nearest that is written with four digits behind the point.
          CHECK(s.values[i] == std::round(k.values[i] * 1e6) / 1e4);
        }
      }
      ++want;
    }
  }
}

TEST_CASE("a selection over several sets of matchers has each series once, also from stores that take one set at a time") {
  struct OneByOne final : Queryable {
    const MemoryStore& below;
    explicit OneByOne(const MemoryStore& store) : below(store) {}
    Result<Selection> select(std::span<const Matcher> m, TimeRange r, const SelectLimits& l) const override {
      return below.select(m, r, l);
    }
    Result<std::vector<Labels>> series(std::span<const Matcher> m, TimeRange r) const override { return below.series(m, r); }
    TimeRange bounds() const override { return below.bounds(); }
    std::vector<MetricMetadata> metadata() const override { return {}; }
  };
  const auto store = kept("b 1 1\nb 2 2\na{x=\"1\"} 1 1\na{x=\"2\"} 1 1\nc 1 1\n");
  const OneByOne plain(*store);
  const auto a = matchers({"__name__=\"a\""});
  const auto listed = matchers({"__name__=~\"a|b\"", "x!=\"2\""});
  const auto open = matchers({"__name__=~\"b.*\""});
  const std::vector<std::vector<MatcherSet>> cases{{a, listed}, {a, listed, open}, {open}, {a, a}, {}};
  for (const std::vector<MatcherSet>& sets : cases) {
    const auto one = store->select_any(sets, kAll, {});
    const auto other = plain.select_any(sets, kAll, {});
    REQUIRE((one && other));
    CHECK(lines(*one) == lines(*other));
  }
  CHECK(lines(*store->select_any(cases[1], kAll, {})) == "a{x=\"1\"} 1=1\na{x=\"2\"} 1=1\nb 1=1 2=2\n");
  CHECK_FALSE(plain.select_any(cases[1], kAll, {.samples_max = 2}));
}
