// The agent's identities: producers asked, what they tell kept, and what is left of those that are no more.
#include "tools/agent/identities.h"

#include <catch2/catch.hpp>
#include <map>

#include "proto/base/file.h"
#include "tests/fake_clock.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

store::Identity card(const std::string& name, const std::string& job, TimeMs from) {
  return {"card " + name, {Labels{{"uuid", name}}}, job.empty() ? Labels() : Labels{{"job_name", job}}, from};
}

// Tells what it is told to tell.
struct Script {
  std::vector<store::Identity> next;
  std::vector<store::Identity> resumed;
  int polls = 0;
  bool owns_all = false;
  bool hangs = false;
};

class Scripted final : public sampler::IdentityProducer {
 public:
  explicit Scripted(Script& script) : script_(script) {}
  std::string_view name() const override { return "script"; }
  bool owns(std::string_view) const override { return script_.owns_all; }
  void resume(std::span<const store::Identity> before) override { script_.resumed.assign(before.begin(), before.end()); }
  std::vector<store::Identity> poll(TimeMs) override {
    ++script_.polls;
    return std::exchange(script_.next, {});
  }
  bool stop() override { return !script_.hangs; }

 private:
  Script& script_;
};

std::unique_ptr<Identities> open_with(const std::string& folder, Script& script, const Clock& clock) {
  IdentityProducers producers;
  producers.push_back(std::make_unique<Scripted>(script));
  auto out = Identities::open({.folder = folder, .oldest = [] { return TimeMs{0}; }}, std::move(producers), clock);
  REQUIRE(out);
  return std::move(*out);
}

std::string known(const Identities& identities) {
  std::string out;
  for (const auto& e : identities.timeline()()->entries())
    out += fmt::format("{}@{}={} ", e.identity->scope, e.identity->from, e.identity->labels.get("job_name"));
  return out;
}

std::map<std::string, double> gauges_of(const Identities& identities) {
  std::vector<sampler::SelfGauge> gauges;
  identities.add_gauges(gauges);
  std::map<std::string, double> out;
  for (const sampler::SelfGauge& g : gauges) out[g.metric] = g.value();
  return out;
}

}  // namespace

TEST_CASE("producers are asked before the first sample, and once a second from then on") {
  test::TempDir dir;
  Script script;
  script.next = {card("a", "x", 1000)};
  const auto identities = open_with(dir.path(), script, system_clock());
  CHECK(script.polls == 1);
  CHECK(known(*identities) == "card a@1000=x ");
  script.next = {card("a", "y", 2000), card("b", "z", 2000)};
  identities->poll();
  CHECK(known(*identities) == "card a@1000=x card a@2000=y card b@2000=z ");
  const auto gauges = gauges_of(*identities);
  CHECK(gauges.at("tacho_identity_scopes") == 2);
  CHECK(gauges.at("tacho_identity_stretches") == 3);
  CHECK(gauges.at("tacho_identity_changed_timestamp_seconds") == 2);
  CHECK(gauges.at("tacho_identity_log_bytes") == static_cast<double>(read_file(dir / "identities.log").value().size()));
  identities->start();
  identities->stop();
}

TEST_CASE("the log's share of the storage is a 64th, within bounds") {
  CHECK(identity_log_bytes(0) == 2u << 20);
  CHECK(identity_log_bytes(512u << 20) == 8u << 20);
  CHECK(identity_log_bytes(std::uint64_t{100} << 30) == 32u << 20);
  test::TempDir dir;
  Script script;
  for (int i = 0; i < 100; ++i) script.next.push_back(card(std::to_string(i), "x", 1000));
  IdentityProducers producers;
  producers.push_back(std::make_unique<Scripted>(script));
  const auto identities = Identities::open({.folder = dir.path(), .bytes_max = 4096, .oldest = [] { return TimeMs{0}; }},
                                           std::move(producers), system_clock());
  REQUIRE(identities);
  CHECK(gauges_of(**identities).at("tacho_identity_log_bytes") <= 4096);
  CHECK(gauges_of(**identities).at("tacho_identity_dropped_total") > 0);
}

TEST_CASE("without any identity nothing is written, and no time of a change is told") {
  test::TempDir dir;
  Script script;
  const auto identities = open_with(dir.path(), script, system_clock());
  CHECK(identities->timeline()()->empty());
  CHECK_FALSE(read_file(dir / "identities.log"));
  CHECK(is_absent(gauges_of(*identities).at("tacho_identity_changed_timestamp_seconds")));
}

TEST_CASE("a scope that nobody looks after any more ends with the agent's start") {
  test::TempDir dir;
  Script script;
  script.next = {card("a", "x", 1000), card("b", "y", 1000)};
  open_with(dir.path(), script, system_clock());
  // The next agent's producer knows a only, and looks after what it tells.
  script.next = {card("a", "x", 5000)};
  const TimeMs start = system_clock().wall_ms();
  const auto next = open_with(dir.path(), script, system_clock());
  REQUIRE(script.resumed.size() == 2);
  CHECK(script.resumed[1].labels == Labels{{"job_name", "y"}});
  const auto entries = next->timeline()()->entries();
  REQUIRE(entries.size() == 3);  // a is as it was
  CHECK(entries[0].identity->scope == "card a");
  CHECK(entries[2].identity->labels.empty());
  CHECK(entries[2].identity->from >= start);
}

TEST_CASE("a scope that is looked after stays in force until its producer says otherwise") {
  test::TempDir dir;
  Script script;
  script.owns_all = true;
  script.next = {card("a", "x", 1000)};
  open_with(dir.path(), script, system_clock());
  const auto next = open_with(dir.path(), script, system_clock());
  CHECK(known(*next) == "card a@1000=x ");
}

TEST_CASE("a producer that leaves a thread behind is told of at the end") {
  const test::TempDir dir;
  for (const bool hangs : {false, true}) {
    Script script;
    script.hangs = hangs;
    IdentityProducers producers;
    Script well;
    producers.push_back(std::make_unique<Scripted>(script));
    producers.push_back(std::make_unique<Scripted>(well));
    auto identities =
        Identities::open({.folder = dir.path(), .oldest = [] { return TimeMs{0}; }}, std::move(producers), system_clock());
    REQUIRE(identities);
    (*identities)->start();
    CHECK((*identities)->stop() == !hangs);
  }
}

TEST_CASE("seconds that the clock shows once more are of whom they are this time") {
  test::TempDir dir;
  Script script;
  test::FakeClock clock;
  const auto set_wall = [&](TimeMs ms) { clock.step((ms - clock.wall_ms()) * kNsPerMs); };
  set_wall(100'000);
  script.owns_all = true;
  script.next = {card("a", "old", 90'000), card("b", "steady", 40'000)};
  auto identities = open_with(dir.path(), script, clock);
  set_wall(110'000);
  script.next = {card("a", "new", 109'000), card("c", "gone", 105'000)};
  identities->poll();
  set_wall(112'000);
  script.next = {card("c", "", 111'000)};
  identities->poll();
  SECTION("while the agent runs") {
    set_wall(95'000);
    identities->poll();
  }
  SECTION("while it does not") {
    identities.reset();
    set_wall(95'000);
    identities = open_with(dir.path(), script, clock);
    for (const store::Identity& i : script.resumed) CHECK(i.from <= 95'000);
  }
  CHECK(known(*identities) == "card a@90000=old card a@95000=new card b@40000=steady card c@95000= ");
  // Set right by less than a second it repeats nothing.
  const auto kept = gauges_of(*identities).at("tacho_identity_stretches");
  set_wall(94'500);
  identities->poll();
  CHECK(gauges_of(*identities).at("tacho_identity_stretches") == kept);
}
