// The identity view against a model that looks at one sample at a time, on random identities and series.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/identity/view.h"
#include "tests/store/aliases/alias_fixture.h"

using namespace tacho;
using namespace tacho::store;
using namespace tacho::store::alias_test;

namespace {

constexpr int kSeconds = 40;

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<std::uint32_t>(n)); }
  bool one_in(int n) { return below(n) == 0; }

 private:
  std::mt19937 engine_;
};

// Labels "own" tells series apart, "g" groups them; a, b, c are given by identities. With `clashing`, a series may have a by itself, and
// "own" does not tell it from one that has not.
std::vector<Labels> random_series(Random& random, bool clashing) {
  std::set<Labels> out;
  const int count = 1 + random.below(6);
  for (int i = 0; i < count; ++i) {
    Labels l = Labels::of("m", {{"own", std::to_string(clashing ? random.below(2) : i)}, {"g", std::to_string(random.below(2))}});
    if (clashing) {
      for (const char* name : {"a", "b"}) {
        if (random.one_in(3)) l.set(name, std::to_string(1 + random.below(2)));
      }
    }
    out.insert(l);
  }
  return {out.begin(), out.end()};
}

std::vector<Identity> random_identities(Random& random) {
  std::vector<Identity> out;
  TimeMs from = 0;
  const int count = random.below(14);
  for (int i = 0; i < count; ++i) {
    from += 500 * random.below(12);
    if (random.one_in(6)) from = std::max<TimeMs>(0, from - 500 * random.below(20));  // the clock stepped back
    Identity identity{fmt::format("s{}", random.below(3)), {}, {}, from};
    const int targets = random.below(3);
    for (int k = 0; k <= targets; ++k) {
      Labels target;
      if (random.one_in(2)) target.set("own", std::to_string(random.below(4)));
      if (random.one_in(2)) target.set("g", std::to_string(random.below(2)));
      identity.targets.push_back(target);
    }
    for (const char* name : {"a", "b", "c", "job"}) {
      if (random.one_in(2)) identity.labels.set(name, std::to_string(1 + random.below(2)));
    }
    out.push_back(std::move(identity));
  }
  return out;
}

std::vector<Matcher> random_matchers(Random& random) {
  static const std::vector<std::string> kAll = {"a=\"1\"",   "a!=\"1\"",  "a=\"\"",  "a=~\"1|2\"", "b=\"2\"",
                                                "b!~\"1\"",  "c=~\".+\"", "c!=\"\"", "c=\"9\"",    "g=\"0\"",
                                                "own=\"1\"", "b=~\".*\"", "job=\"\""};
  std::vector<std::string> out;
  const int count = 1 + random.below(3);
  for (int i = 0; i < count; ++i) out.push_back(kAll[static_cast<std::size_t>(random.below(static_cast<int>(kAll.size())))]);
  return matchers(out);
}

// What the sample's labels are, by the definitions alone.
Labels labels_at(const Labels& own, const std::vector<Identity>& written, TimeMs t) {
  std::map<std::string, const Identity*> in_force;
  for (const Identity& i : written) {
    if (i.from <= t) in_force[i.scope] = &i;  // the last told of those that have begun
  }
  struct About {
    std::size_t specificity;
    const Identity* identity;
  };
  std::vector<About> about;
  for (const auto& [scope, identity] : in_force) {
    std::optional<std::size_t> best;
    for (const Labels& target : identity->targets) {
      const bool hits = std::all_of(target.begin(), target.end(), [&](const Label& l) { return own.get(l.name) == l.value; });
      if (hits) best = std::max(best.value_or(0), target.size());
    }
    if (best) about.push_back({*best, identity});
  }
  std::sort(about.begin(), about.end(), [](const About& x, const About& y) {
    if (x.specificity != y.specificity) return x.specificity > y.specificity;
    if (x.identity->from != y.identity->from) return x.identity->from > y.identity->from;
    return x.identity->scope < y.identity->scope;
  });
  Labels out = own;
  for (const About& a : about) {
    for (const Label& l : a.identity->labels) {
      if (l.name != "job" && !out.has(l.name)) out.set(l.name, l.value);
    }
  }
  return out;
}

struct Case {
  std::vector<Labels> series;
  std::vector<Identity> identities;
  std::shared_ptr<const MemoryStore> store;
  TimeRange range;
};

Case random_case(Random& random, bool clashing) {
  Case out;
  out.series = random_series(random, clashing);
  out.identities = random_identities(random);
  std::string text;
  for (const Labels& l : out.series) {
    const int begin = 1 + random.below(10);
    const int end = kSeconds - random.below(10);
    for (int t = begin; t <= end; ++t) {
      if (random.one_in(6)) continue;
      text += fmt::format("{} {} {}\n", l.to_string(), random.one_in(10) ? "StaleNaN" : std::to_string(random.below(100)), t);
    }
    text += fmt::format("{} 1 {}\n", l.to_string(), end + 1);
  }
  out.store = kept(text);
  const TimeMs min = 1000 * random.below(kSeconds);
  out.range = {min, min + 1000 * random.below(kSeconds)};
  return out;
}

using Samples = std::map<Labels, std::map<TimeMs, std::uint64_t>>;

Samples answered(const Selection& selection) {
  Samples out;
  std::size_t count = 0;
  REQUIRE(std::is_sorted(selection.series.begin(), selection.series.end(),
                         [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); }));
  for (const SeriesView& s : selection.series) {
    REQUIRE_FALSE(out.contains(s.labels()));
    REQUIRE_FALSE(s.times.empty());
    REQUIRE(s.times.size() == s.values.size());
    auto& samples = out[s.labels()];
    for (std::size_t i = 0; i < s.times.size(); ++i) {
      REQUIRE((i == 0 || s.times[i - 1] < s.times[i]));
      samples[s.times[i]] = std::bit_cast<std::uint64_t>(s.values[i]);
    }
    count += s.times.size();
  }
  REQUIRE(count == selection.samples);
  return out;
}

// Sample by sample; a marker is the label set's before it.
Samples expected(const Case& c) {
  Samples out;
  const auto all = c.store->select({}, c.range, {}).value();
  for (const SeriesView& s : all.series) {
    Labels before;
    bool ended = true;
    for (std::size_t i = 0; i < s.times.size(); ++i) {
      const bool stale = is_stale(s.values[i]);
      Labels now = stale && i > 0 ? before : labels_at(s.labels(), c.identities, s.times[i]);
      if (i > 0 && now != before && !ended) out[before].emplace(s.times[i], kStaleBits);
      out[now][s.times[i]] = std::bit_cast<std::uint64_t>(s.values[i]);
      before = std::move(now);
      ended = stale;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("every sample carries the labels of the newest identity not after it, and is in one series") {
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    Random random(seed);
    const Case c = random_case(random, false);
    INFO("seed " << seed);
    const auto timeline = IdentityTimeline::of(c.identities);
    const IdentityView view(*c.store, [&] { return timeline; });
    const auto all = view.select({}, c.range, {});
    REQUIRE(all);
    REQUIRE(answered(*all) == expected(c));
  }
}

TEST_CASE("whatever a selector asks of labels, it gets of the whole what matches") {
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    Random random(seed);
    const Case c = random_case(random, random.one_in(2));
    INFO("seed " << seed);
    const auto timeline = IdentityTimeline::of(c.identities);
    const IdentityView view(*c.store, [&] { return timeline; });
    const Samples all = answered(view.select({}, c.range, {}).value());
    const auto first = random_matchers(random);
    const auto second = random_matchers(random);
    const MatcherSet sets[] = {first, second};
    Samples one;
    Samples any;
    for (const auto& [labels, samples] : all) {
      if (matches_all(first, labels)) one[labels] = samples;
      if (matches_all(first, labels) || matches_all(second, labels)) any[labels] = samples;
    }
    REQUIRE(answered(view.select(first, c.range, {}).value()) == one);
    REQUIRE(answered(view.select_any(sets, c.range, {}).value()) == any);
    const auto names = view.series(first, c.range).value();
    REQUIRE(std::is_sorted(names.begin(), names.end()));
    for (const auto& [labels, samples] : one) REQUIRE(std::binary_search(names.begin(), names.end(), labels));
    for (const Labels& l : names) REQUIRE(matches_all(first, l));
  }
}

TEST_CASE("series that would get equal labels lose no sample, and share none") {
  int clashes = 0;
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    Random random(seed);
    const Case c = random_case(random, true);
    INFO("seed " << seed);
    const auto timeline = IdentityTimeline::of(c.identities);
    const IdentityView view(*c.store, [&] { return timeline; });
    const Samples got = answered(view.select({}, c.range, {}).value());
    const Samples naive = expected(c);
    // Each value that was stored is answered once: under its joined labels, or as it is stored.
    std::multiset<std::pair<TimeMs, std::uint64_t>> stored;
    const auto below = c.store->select({}, c.range, {}).value();
    for (const SeriesView& s : below.series) {
      for (std::size_t i = 0; i < s.times.size(); ++i) {
        if (is_stale(s.values[i])) continue;
        stored.emplace(s.times[i], std::bit_cast<std::uint64_t>(s.values[i]));
        const Labels joined = labels_at(s.labels(), c.identities, s.times[i]);
        const auto is_at = [&](const Labels& l) {
          const auto series = got.find(l);
          if (series == got.end()) return false;
          const auto at = series->second.find(s.times[i]);
          return at != series->second.end() && at->second == std::bit_cast<std::uint64_t>(s.values[i]);
        };
        REQUIRE((is_at(joined) || is_at(s.labels())));
      }
    }
    std::multiset<std::pair<TimeMs, std::uint64_t>> told;
    for (const auto& [labels, samples] : got) {
      for (const auto& [t, bits] : samples) {
        if (bits != kStaleBits) told.emplace(t, bits);
      }
    }
    REQUIRE(told == stored);
    clashes += got != naive ? 1 : 0;
  }
  CHECK(clashes > 300);  // it was about something
}
