// Whose the seconds are: series cut by identities, joined labels, matchers on them, and what two series under one name come to.
#include "store/identity/view.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/aliases/aliased_store.h"
#include "tests/store/aliases/alias_fixture.h"

using namespace tacho;
using namespace tacho::store;
using namespace tacho::store::alias_test;

namespace {

Identity all_are(Labels labels, TimeMs from) { return {"pod", {Labels()}, std::move(labels), from}; }
Identity card_is(const std::string& uuid, Labels labels, TimeMs from) {
  return {"card " + uuid, {Labels{{"uuid", uuid}}}, std::move(labels), from};
}

struct Node {
  std::shared_ptr<const MemoryStore> store;
  std::shared_ptr<const IdentityTimeline> timeline;
  IdentityView view{*store, [this] { return timeline; }};
  Node(const std::string& text, const std::vector<Identity>& identities)
      : store(kept(text)), timeline(IdentityTimeline::of(identities)) {}
};

// Seconds 1 to 6 of two cards and the node's load.
const std::string kSixSeconds = [] {
  std::string out;
  for (const std::string series : {"load", "util{uuid=\"a\"}", "util{uuid=\"b\"}"}) {
    for (int t = 1; t <= 6; ++t) out += fmt::format("{} {} {}\n", series, t, t);
  }
  return out;
}();

}  // namespace

TEST_CASE("a series whose identity changes is a series a stretch, and the old one ends where the new one begins") {
  const Node node(kSixSeconds, {card_is("a", {{"pod", "x"}}, 0), card_is("a", {{"pod", "y"}}, 3500), card_is("a", {}, 5000)});
  CHECK(asked(node.view, {"__name__=\"util\"", "uuid=\"a\""}) ==
        "util{pod=\"x\",uuid=\"a\"} 1=1 2=2 3=3 4=stale\n"
        "util{pod=\"y\",uuid=\"a\"} 4=4 5=stale\n"
        "util{uuid=\"a\"} 5=5 6=6\n");
  // Nobody said anything of the other one.
  CHECK(asked(node.view, {"uuid=\"b\""}) == "util{uuid=\"b\"} 1=1 2=2 3=3 4=4 5=5 6=6\n");
  // A range that has only one stretch knows nothing of the others.
  CHECK(asked(node.view, {"uuid=\"a\""}, {1000, 3000}) == "util{pod=\"x\",uuid=\"a\"} 1=1 2=2 3=3\n");
  CHECK(asked(node.view, {"uuid=\"a\""}, {4000, 4999}) == "util{pod=\"y\",uuid=\"a\"} 4=4\n");
  CHECK(found(node.view, {"__name__=\"util\"", "uuid=\"a\""}) ==
        "util{pod=\"x\",uuid=\"a\"}\nutil{pod=\"y\",uuid=\"a\"}\nutil{uuid=\"a\"}\n");
}

TEST_CASE("matchers act on the labels as joined") {
  const Node node(kSixSeconds, {card_is("a", {{"job_name", "x"}}, 0), card_is("b", {{"job_name", "y"}}, 4000)});
  const std::string a = "util{job_name=\"x\",uuid=\"a\"} 1=1 2=2 3=3 4=4 5=5 6=6\n";
  const std::string late_b = "util{job_name=\"y\",uuid=\"b\"} 4=4 5=5 6=6\n";
  const std::string early_b = "util{uuid=\"b\"} 1=1 2=2 3=3 4=stale\n";
  const std::string load = "load 1=1 2=2 3=3 4=4 5=5 6=6\n";
  CHECK(asked(node.view, {"job_name=\"x\""}) == a);
  CHECK(asked(node.view, {"job_name=~\"x|y\""}) == a + late_b);
  CHECK(asked(node.view, {"job_name=~\".+\"", "uuid=\"b\""}) == late_b);
  CHECK(asked(node.view, {"job_name!=\"x\""}) == load + late_b + early_b);
  CHECK(asked(node.view, {"job_name=\"\"", "__name__=\"util\""}) == early_b);
  CHECK(asked(node.view, {"job_name!~\"x|y\""}) == load + early_b);
  CHECK(asked(node.view, {"job_name=\"z\""}).empty());
  CHECK(asked(node.view, {"pod=\"z\""}).empty());
  CHECK(found(node.view, {"job_name=\"y\""}) == "util{job_name=\"y\",uuid=\"b\"}\n");
  CHECK(found(node.view, {"job_name=\"x\"", "uuid=\"b\""}).empty());
}

TEST_CASE("a label of the series' own stays, and Prometheus's own are nobody's to give") {
  const Labels all{{"pod", "mine"}, {"job", "j"}, {"instance", "i"}, {"__name__", "n"},
                   {"__x", "y"},    {"a-b", "c"}, {"team", "t"}};
  const Node node("m{pod=\"own\"} 1 1\n", {all_are(all, 0)});
  CHECK(asked(node.view, {}) == "m{pod=\"own\",team=\"t\"} 1=1\n");
}

TEST_CASE("of several identities the more telling target wins, label by label") {
  const Labels pod{{"pod", "p"}, {"team", "t"}};
  const Node node(kSixSeconds, {{"two", {Labels{{"uuid", "a"}, {"__name__", "util"}}}, Labels{{"pod", "q"}, {"task", "z"}}, 0},
                                all_are(pod, 0),
                                card_is("a", {{"task", "c"}, {"card", "k"}}, 0)});
  CHECK(asked(node.view, {"uuid=\"a\""}, {1000, 1000}) == "util{card=\"k\",pod=\"q\",task=\"z\",team=\"t\",uuid=\"a\"} 1=1\n");
  // Targets that say equally much: the one that began later, then the scope's name.
  const Labels one{{"pod", "1"}};
  const Labels two{{"pod", "2"}};
  const Labels card{{"uuid", "a"}};
  const Node equal(kSixSeconds, {{"s", {card}, one, 0}, {"r", {card}, two, 2000}, {"q", {card}, Labels{{"pod", "3"}}, 2000}});
  CHECK(asked(equal.view, {"uuid=\"a\""}, {1000, 2000}) ==
        "util{pod=\"1\",uuid=\"a\"} 1=1 2=stale\nutil{pod=\"3\",uuid=\"a\"} 2=2\n");
}

TEST_CASE("what a scope is told later counts from then on, also where the clock had been ahead") {
  const Node node(kSixSeconds, {card_is("a", {{"pod", "x"}}, 1000), card_is("a", {{"pod", "ahead"}}, 5000),
                                card_is("a", {{"pod", "y"}}, 3000)});
  CHECK(asked(node.view, {"uuid=\"a\""}) ==
        "util{pod=\"x\",uuid=\"a\"} 1=1 2=2 3=stale\nutil{pod=\"y\",uuid=\"a\"} 3=3 4=4 5=5 6=6\n");
}

TEST_CASE("a job that comes back is one series, with an end in between") {
  const Node node(kSixSeconds,
                  {card_is("a", {{"pod", "x"}}, 0), card_is("a", {{"pod", "y"}}, 3000), card_is("a", {{"pod", "x"}}, 5000)});
  CHECK(asked(node.view, {"pod=\"x\""}) == "util{pod=\"x\",uuid=\"a\"} 1=1 2=2 3=stale 5=5 6=6\n");
  // A change between two samples that nothing was sampled in is none.
  const Node quick(kSixSeconds,
                   {card_is("a", {{"pod", "x"}}, 0), card_is("a", {{"pod", "y"}}, 3100), card_is("a", {{"pod", "x"}}, 3900)});
  CHECK(asked(quick.view, {"pod=\"x\""}) == "util{pod=\"x\",uuid=\"a\"} 1=1 2=2 3=3 4=4 5=5 6=6\n");
}

TEST_CASE("a marker ends the series whose samples are before it") {
  const Node node("m 1 1\nm 2 2\nm StaleNaN 3\nm 4 4\n", {all_are({{"pod", "x"}}, 0), all_are({{"pod", "y"}}, 3000)});
  CHECK(asked(node.view, {}) == "m{pod=\"x\"} 1=1 2=2 3=stale\nm{pod=\"y\"} 4=4\n");
}

TEST_CASE("two series that would have equal labels are not answered as one") {
  // A scraped exporter that names the pod itself, beside ours that gets the name by an identity.
  const std::string text = "m{uuid=\"a\"} 1 1\nm{uuid=\"a\"} 2 2\nm{uuid=\"a\"} 3 3\nm{uuid=\"a\",pod=\"x\"} 7 2\n";
  const Node node(text, {card_is("a", {{"pod", "x"}}, 0)});
  const std::string both = "m{pod=\"x\",uuid=\"a\"} 2=7\nm{uuid=\"a\"} 1=1 2=2 3=3\n";
  CHECK(asked(node.view, {}) == both);
  CHECK(asked(node.view, {"pod=\"x\""}) == "m{pod=\"x\",uuid=\"a\"} 2=7\n");
  CHECK(asked(node.view, {"pod=\"\""}) == "m{uuid=\"a\"} 1=1 2=2 3=3\n");
  CHECK(found(node.view, {}) == "m{pod=\"x\",uuid=\"a\"}\nm{uuid=\"a\"}\n");
  // One behind the other they are one series.
  CHECK(asked(node.view, {}, {2000, 2000}) == "m{pod=\"x\",uuid=\"a\"} 2=7\nm{uuid=\"a\"} 2=2\n");
  CHECK(asked(node.view, {}, {3000, 3000}) == "m{pod=\"x\",uuid=\"a\"} 3=3\n");
  const Node behind("m{uuid=\"a\"} 1 1\nm{uuid=\"a\"} 2 2\nm{uuid=\"a\",pod=\"x\"} 7 3\n", {card_is("a", {{"pod", "x"}}, 0)});
  CHECK(asked(behind.view, {}) == "m{pod=\"x\",uuid=\"a\"} 1=1 2=2 3=7\n");
}

TEST_CASE("a limit counts what is answered, markers too") {
  const Node node(kSixSeconds, {card_is("a", {{"pod", "x"}}, 0), card_is("a", {{"pod", "y"}}, 4000)});
  const auto ask = [&](std::size_t most) {
    return node.view.select(matchers({"uuid=\"a\""}), kAll, {.samples_max = most, .name = "query.samples_max"});
  };
  CHECK(ask(7).has_value());
  REQUIRE_FALSE(ask(6).has_value());
  CHECK(ask(6).error().message.find("query.samples_max") != std::string::npos);
}

namespace {

// Tells what it was asked.
class Witness final : public Queryable {
 public:
  explicit Witness(const Queryable& store) : store_(store) {}
  Result<Selection> select(std::span<const Matcher> m, TimeRange range, const SelectLimits& limits) const override {
    ++selects;
    matchers += m.size();
    auto out = store_.select(m, range, limits);
    if (out) seen = out->series;
    return out;
  }
  Result<Selection> select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const override {
    selects += 1000;
    return store_.select_any(sets, range, limits);
  }
  Result<std::vector<Labels>> series(std::span<const Matcher> m, TimeRange range) const override {
    return store_.series(m, range);
  }
  TimeRange bounds() const override { return store_.bounds(); }
  std::vector<MetricMetadata> metadata() const override { return store_.metadata(); }

  mutable int selects = 0;
  mutable std::size_t matchers = 0;
  mutable std::vector<SeriesView> seen;

 private:
  const Queryable& store_;
};

}  // namespace

TEST_CASE("without identities in the range a question goes through as it is") {
  const auto store = kept(kSixSeconds);
  const Witness witness(*store);
  const auto later = IdentityTimeline::of(std::vector{card_is("a", {{"pod", "x"}}, 5000)});
  for (const auto& timeline : {std::shared_ptr<const IdentityTimeline>(), IdentityTimeline::of({}), later}) {
    const IdentityView view(witness, [&] { return timeline; });
    witness.selects = 0;
    const auto got = view.select(matchers({"__name__=\"util\""}), {1000, 4000}, {});
    REQUIRE(got);
    CHECK(witness.selects == 1);
    REQUIRE(got->series.size() == 2);
    CHECK(got->series[0].info == witness.seen[0].info);
    CHECK(got->series[0].values.data() == witness.seen[0].values.data());
  }
}

TEST_CASE("labels are joined once a stretch; values are copied only where a marker is added") {
  const auto store = kept(kSixSeconds);
  const Witness witness(*store);
  const auto timeline = IdentityTimeline::of(std::vector{all_are({{"pod", "x"}}, 0), all_are({{"pod", "y"}}, 4000)});
  const IdentityView view(witness, [&] { return timeline; });
  const auto one = view.select({}, {1000, 3000}, {});
  REQUIRE(one);
  REQUIRE(one->series.size() == 3);
  for (const SeriesView& s : one->series) {
    const auto same = [&](const SeriesView& w) { return w.values.data() == s.values.data() && w.times.data() == s.times.data(); };
    CHECK(std::any_of(witness.seen.begin(), witness.seen.end(), same));
  }
  const auto both = view.select(matchers({"uuid=\"a\""}), kAll, {});
  REQUIRE(both);
  REQUIRE(both->series.size() == 2);
  CHECK(both->series[0].times.data() == witness.seen[0].times.data());        // the times have the marker's already
  CHECK(both->series[0].values.data() != witness.seen[0].values.data());      // the old one: copied, and ended
  CHECK(both->series[1].values.data() == witness.seen[0].values.data() + 3);  // the new one: a part
}

TEST_CASE("a value that no identity gives asks the store for series that have it") {
  const auto store = kept(kSixSeconds);
  const Witness witness(*store);
  const auto timeline = IdentityTimeline::of(std::vector{all_are({{"pod", "x"}}, 0)});
  const IdentityView view(witness, [&] { return timeline; });
  REQUIRE(view.select(matchers({"pod=\"other\""}), kAll, {}));
  CHECK(witness.selects == 1);
  CHECK(witness.matchers == 1);  // pod="other" of their own: nothing is read for it
  CHECK(witness.seen.empty());
}

TEST_CASE("aliases carry the identity of what they are made of") {
  AliasLabels l;
  l.made = {{"UUID", "uuid"}};
  l.card = {.uuid = "UUID"};
  AliasRule rule{.set = "x", .name = "UTIL", .type = MetricType::gauge, .help = "made"};
  rule.terms = {{"util", {}, 1, false}};
  rule.times = 100;
  rule.labels = std::make_shared<const AliasLabels>(std::move(l));
  const Node node(kSixSeconds, {card_is("a", {{"job_name", "x"}}, 0), card_is("a", {{"job_name", "y"}}, 3000)});
  const AliasView view(node.view, std::make_shared<const AliasTable>(std::vector{rule}));
  CHECK(asked(view, {"__name__=\"UTIL\"", "UUID=\"a\""}) ==
        "UTIL{UUID=\"a\",job_name=\"x\"} 1=100 2=200 3=stale\nUTIL{UUID=\"a\",job_name=\"y\"} 3=300 4=400 5=500 6=600\n");
  CHECK(asked(view, {"__name__=\"UTIL\"", "job_name=\"x\""}) == "UTIL{UUID=\"a\",job_name=\"x\"} 1=100 2=200 3=stale\n");
  const AliasedStore shipped(view, {"x"});
  const std::string all = asked(shipped, {});
  CHECK(all.find("UTIL{UUID=\"a\",job_name=\"y\"} 3=300") != std::string::npos);
  CHECK(all.find("util{job_name=\"y\",uuid=\"a\"} 3=3") != std::string::npos);
}

// It carried those of the card's pod that its own pod has not, and counted to that one's job.
TEST_CASE("a process of one pod on another pod's card has nothing of the other's") {
  const std::vector<Identity> written{
      {"device 0", {Labels{{"accel", "0"}}}, Labels{{"pod_uid", "a"}, {"job_name", "train"}, {"tenant_id", "7"}}, 0},
      {"slurm 0", {Labels{{"accel", "0"}}}, Labels{{"hpc_job", "41"}}, 0},
      {"process 9", {Labels{{"accel", "0"}, {"pid", "9"}}}, Labels{{"pod_uid", "b"}, {"pod", "monitor"}}, 0},
      {"process 8", {Labels{{"accel", "0"}, {"pid", "8"}}}, Labels{{"pod_uid", "a"}, {"container", "worker"}}, 0}};
  const auto timeline = IdentityTimeline::of(written);
  IdentityJoiner joiner(*timeline, {1, 10});
  const auto labels_of = [&](const char* pid) {
    const auto& stretches = joiner.stretches(Labels{{"__name__", "used"}, {"accel", "0"}, {"pid", pid}});
    REQUIRE(stretches.size() == 1);
    return *stretches[0].labels;
  };
  CHECK(labels_of("9") == Labels{{"hpc_job", "41"}, {"pod", "monitor"}, {"pod_uid", "b"}});
  CHECK(labels_of("8") ==
        Labels{{"container", "worker"}, {"hpc_job", "41"}, {"job_name", "train"}, {"pod_uid", "a"}, {"tenant_id", "7"}});
}
