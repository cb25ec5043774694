#include "sampler/source_runner.h"

#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "sampler/row_buffer.h"
#include "sampler/scheduler.h"
#include "sampler/self_source.h"
#include "store/window/dir_store.h"
#include "tests/fake_clock.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::sampler;

namespace {

// Does as it is told: so many series, fails, takes its time.
struct Script {
  std::vector<std::string> devices{"a"};
  bool fail = false;
  bool blocks = false;
  std::int64_t takes_ns = 0;
  std::function<void()> meanwhile;  // what others do while it is in sample(), in describe()
  std::function<void()> meanwhile_described;
  double value = 0;
  bool tells_changes = false;
  int changes_told = 0;
};

class ScriptedSource final : public Source {
 public:
  ScriptedSource(Script& script, const test::FakeClock* clock) : script_(script), clock_(clock) {}
  std::string_view name() const override { return "scripted"; }
  bool may_block() const override { return script_.blocks; }
  Result<void> describe(store::Schema& schema) override {
    if (script_.meanwhile_described) script_.meanwhile_described();
    if (script_.fail) return failure("the test says no");
    described_ = script_.devices;
    for (const auto& d : described_) schema.push_back({Labels::of("x", {{"d", d}}), MetricType::gauge, store::Rollup::none});
    return {};
  }
  bool describe_change(store::SchemaChange& change) override {
    if (!script_.tells_changes) return false;
    ++script_.changes_told;
    change.size = script_.devices.size();
    for (std::size_t i = 0; i < change.size; ++i) {
      if (i < described_.size() && described_[i] == script_.devices[i]) continue;
      change.changed.push_back({static_cast<std::uint32_t>(i),
                                {Labels::of("x", {{"d", script_.devices[i]}}), MetricType::gauge, store::Rollup::none}});
    }
    described_ = script_.devices;
    return true;
  }
  Result<Sampled> sample(Row& row) override {
    if (clock_ != nullptr) clock_->pass(script_.takes_ns);
    if (script_.meanwhile) script_.meanwhile();
    if (script_.fail) return failure("the test says no");
    if (described_ != script_.devices) return Sampled::layout_changed;
    for (std::size_t c = 0; c < row.size(); ++c) row.set(c, script_.value);
    ++script_.value;
    return Sampled::ok;
  }

 private:
  Script& script_;
  const test::FakeClock* clock_;
  std::vector<std::string> described_;
};

struct RunnerFixture {
  test::TempDir dir;
  test::FakeClock clock;
  Script script;
  std::unique_ptr<store::Store> store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 1 << 20, {}}));
  std::unique_ptr<SourceRunner> runner;

  void start(std::int64_t interval_ms = 1000) {
    runner = std::make_unique<SourceRunner>(std::make_unique<ScriptedSource>(script, &clock),
                                            store->group("scripted", interval_ms), interval_ms, clock);
    runner->start();
  }
  void ticks(int n) {
    for (int i = 0; i < n; ++i) {
      clock.pass(runner->wait_ns() + 100'000);
      runner->tick();
    }
  }
  // "time=value ..." of a device, seconds since the test's beginning.
  std::string rows(const std::string& device = "a") const {
    const store::Matcher m[] = {store::Matcher::equal("d", device)};
    const auto s = store->select(m, {0, 4'000'000'000'000}, {});
    std::string out;
    for (const auto& v : s->series) {
      for (std::size_t i = 0; i < v.times.size(); ++i)
        out += fmt::format("{}={} ", static_cast<double>(v.times[i] - 1'700'000'000'000) / 1000,
                           is_stale(v.values[i]) ? "stale" : fmt::format("{}", v.values[i]));
    }
    return out;
  }
};

}  // namespace

TEST_CASE("a source gives a row a tick, stamped with the tick") {
  RunnerFixture f;
  f.start();
  f.ticks(4);
  CHECK(f.rows() == "1=0 2=1 3=2 4=3 ");
  CHECK(f.runner->stats().rows == 4);
  CHECK(f.runner->stats().missed == 0);
  CHECK(f.runner->stats().lateness_ns == 100'000);
}

TEST_CASE("a failing source has gaps, then a staleness marker, and comes back") {
  RunnerFixture f;
  f.start();
  f.ticks(2);
  f.script.fail = true;
  f.ticks(7);
  f.script.fail = false;
  f.ticks(1);
  CHECK(f.rows() == "1=0 2=1 7=stale 10=2 ");
  CHECK(f.runner->stats().errors == 7);
  CHECK(f.runner->stats().missed == 7);
  CHECK(f.runner->stats().up);
}

TEST_CASE("a new layout starts in the tick that finds it") {
  RunnerFixture f;
  f.start();
  f.ticks(2);
  f.script.devices = {"b"};
  f.ticks(2);
  CHECK(f.rows("a") == "1=0 2=1 3=stale ");
  CHECK(f.rows("b") == "3=2 4=3 ");
}

TEST_CASE("a source that tells what has changed tells it once, and is described as a whole after a change that found no room") {
  RunnerFixture f;
  f.script.tells_changes = true;
  f.start();
  f.ticks(2);
  f.script.devices = {"a", "b"};
  f.ticks(2);
  CHECK(f.script.changes_told == 1);
  f.script.devices = {"c", "b"};
  f.ticks(1);
  CHECK(f.script.changes_told == 2);
  std::filesystem::rename(f.dir / "r", f.dir / "away");  // heads cannot be made, as in a full folder
  f.script.devices = {"c"};
  for (int i = 0; i < 100; ++i) f.script.devices.push_back(fmt::format("b{}", i));  // more than a head has to spare
  f.ticks(2);
  CHECK(f.script.changes_told == 3);
  std::filesystem::rename(f.dir / "away", f.dir / "r");
  f.ticks(2);
  CHECK(f.script.changes_told == 3);
  CHECK(f.rows("a") == "1=0 2=1 3=2 4=3 5=stale ");
  CHECK(f.rows("b") == "3=2 4=3 5=4 8=stale ");
  CHECK(f.rows("c") == "5=4 8=5 9=6 ");
  CHECK(f.rows("b99") == "8=5 9=6 ");
}

TEST_CASE("a row that took longer than the deadline is a gap") {
  RunnerFixture f;
  f.script.blocks = true;
  f.start();
  f.ticks(2);
  f.script.takes_ns = 1500 * kNsPerMs;
  f.ticks(1);
  f.script.takes_ns = 0;
  f.ticks(1);
  CHECK(f.rows() == "1=0 2=1 4.5=3 ");  // tick 3 is the gap; tick 4 came late and says so
}

TEST_CASE("a source that overruns its deadline again and again is asked less and less, and at once when it is quick again") {
  RunnerFixture f;
  f.script.blocks = true;
  f.start();
  f.ticks(1);
  f.script.takes_ns = 1500 * kNsPerMs;
  // Tries at ticks 2, 3 (it ran into it), then after 1, 3, 7, 15, 31 and always at most 60 ticks.
  f.ticks(200);
  CHECK(f.runner->stats().errors >= 8);
  CHECK(f.runner->stats().errors <= 9);
  CHECK(f.runner->stats().rows == 1);
  CHECK(f.runner->stats().missed >= 200);
  CHECK(f.rows().find("stale") != std::string::npos);
  f.script.takes_ns = 0;
  f.ticks(61);
  const auto rows = f.runner->stats().rows.load();
  CHECK(rows > 1);
  f.ticks(5);
  CHECK(f.runner->stats().rows == rows + 5);
}

TEST_CASE("a source that hangs has its series marked stale while it hangs, once, and goes on when it is back") {
  RunnerFixture f;
  f.script.blocks = true;
  f.start();
  f.ticks(2);
  f.script.takes_ns = 4200 * kNsPerMs;
  f.script.meanwhile = [&] {
    f.runner->watch();  // too early
    CHECK(f.rows() == "1=0 2=1 ");
    f.clock.pass(2 * kNsPerSecond);
    f.runner->watch();
    f.clock.pass(2 * kNsPerSecond);
    f.runner->watch();
    CHECK(f.rows() == "1=0 2=1 8.5=stale ");
  };
  f.ticks(1);
  f.script.takes_ns = 0;
  f.script.meanwhile = [&] { f.runner->watch(); };
  f.ticks(3);
  CHECK(f.rows() == "1=0 2=1 8.5=stale 11.2=3 12=4 13=5 ");
}

TEST_CASE("a source that hangs while it is described anew has the series it had marked stale") {
  RunnerFixture f;
  f.script.blocks = true;
  f.start();
  f.ticks(2);
  f.script.devices = {"b"};
  f.script.meanwhile_described = [&] {
    f.clock.pass(7 * kNsPerSecond);
    f.runner->watch();
  };
  f.ticks(1);
  CHECK(f.rows("a") == "1=0 2=1 9.5=stale ");
  f.script.meanwhile_described = {};
  f.ticks(2);
  CHECK(f.rows("a") == "1=0 2=1 9.5=stale 10=stale ");
  CHECK(f.rows("b").find("=") != std::string::npos);
}

TEST_CASE("a source whose ticks are a minute apart gives its first row at the next whole second, then on its ticks") {
  RunnerFixture f;
  f.start(60'000);
  f.ticks(3);
  CHECK(f.rows() == "1=0 40=1 100=2 ");  // the test begins 40 s before a whole minute
  CHECK(f.runner->stats().missed == 0);
}

// A fixed bug: the row that such a source gave as it started could lie in the second of the tick that the life before had sampled.
TEST_CASE("a source whose ticks are far apart, started anew again and again, has no second twice") {
  RunnerFixture f;
  for (int life = 0; life < 40; ++life) {
    f.start(15'000);
    f.ticks(life % 3);
    f.clock.pass((life * 137 % 1000) * kNsPerMs);
    f.runner.reset();
  }
  std::set<std::int64_t> seconds;
  const store::Matcher m[] = {store::Matcher::equal("d", "a")};
  const auto s = f.store->select(m, {0, 4'000'000'000'000}, {});
  for (const auto& v : s->series) {
    for (const TimeMs t : v.times) CHECK(seconds.insert(t / 1000).second);
  }
  CHECK(seconds.size() > 20);
}

// Fixed bugs: a pause between two looks at clocks was taken for a step of one of them, or made a row that the next one came before.
TEST_CASE("a thread that is held up anywhere misses ticks and counts them, sees no clock step, and no second has two rows") {
  for (int looks = 1; looks <= 6; ++looks) {
    for (const std::int64_t ms : {400, 600, 990, 1010, 1040, 1060, 2030, 7500}) {
      INFO("held up for " << ms << " ms after look " << looks);
      RunnerFixture f;
      f.start();
      f.ticks(3);
      f.clock.hold_up(looks, ms * kNsPerMs);
      f.ticks(12);
      const store::Matcher m[] = {store::Matcher::equal("d", "a")};
      const auto s = f.store->select(m, {0, 4'000'000'000'000}, {});
      const auto times = s->series.at(0).times;
      std::set<std::int64_t> seconds;
      for (const TimeMs t : times) CHECK(seconds.insert(t / 1000).second);
      CHECK(f.runner->stats().clock_steps == 0);
      const auto passed = static_cast<std::uint64_t>(*seconds.rbegin() - *seconds.begin() + 1);
      CHECK(seconds.size() == f.runner->stats().rows);  // none hidden behind a later one
      CHECK(seconds.size() + f.runner->stats().missed == passed);
    }
  }
}

TEST_CASE("a source that is described for longer than a tick gives its first row on a later one, and misses none") {
  for (const std::int64_t ms : {300, 1010, 1300, 5020}) {
    RunnerFixture f;
    f.script.fail = true;  // it is not there at the start, and is looked for at a tick
    f.start();
    f.script.fail = false;
    f.script.meanwhile_described = [&] { f.clock.pass(ms * kNsPerMs); };
    f.ticks(40);
    const store::Matcher m[] = {store::Matcher::equal("d", "a")};
    const auto s = f.store->select(m, {0, 4'000'000'000'000}, {});
    std::set<std::int64_t> seconds;
    for (const TimeMs t : s->series.at(0).times) CHECK(seconds.insert(t / 1000).second);
    CHECK(seconds.size() == f.runner->stats().rows);
    CHECK(f.runner->stats().missed == 0);
  }
}

TEST_CASE("a clock that steps back or forth neither stops sampling nor makes two rows of one time") {
  RunnerFixture f;
  f.start();
  f.ticks(5);
  f.clock.step(-3 * kNsPerSecond);
  f.ticks(3);
  CHECK(f.rows() == "1=0 2=1 3=5 4=6 5=7 ");
  f.clock.step(100 * kNsPerSecond);
  f.ticks(3);
  CHECK(f.runner->stats().clock_steps == 2);
  CHECK(f.runner->stats().rows >= 9);
  CHECK(f.runner->stats().missed == 0);
}

TEST_CASE("a source that is not there is looked for again, and appears when it is") {
  RunnerFixture f;
  f.script.fail = true;
  f.start();
  f.ticks(10);
  CHECK(f.runner->stats().rows == 0);
  f.script.fail = false;
  f.ticks(40);
  CHECK(f.runner->stats().rows > 5);
}

TEST_CASE("a source that is not there wakes nobody until it is looked for again") {
  RunnerFixture f;
  f.script.fail = true;
  f.start();
  CHECK(f.runner->wait_ns() > 20 * kNsPerSecond);
  f.script.fail = false;
  f.clock.pass(f.runner->wait_ns() + 100'000);
  f.runner->tick();
  CHECK(f.runner->stats().rows == 1);
  CHECK(f.runner->stats().lateness_ns == 100'000);
  CHECK(f.runner->wait_ns() <= kNsPerSecond);
}

// Real threads and the real clock, briefly: what only they can show is that a source that hangs holds up nobody.
TEST_CASE("a source whose new layout finds no room gives no rows until it does, and never a value under another's labels") {
  RunnerFixture f;
  f.start();
  f.ticks(2);
  std::filesystem::rename(f.dir / "r", f.dir / "away");  // heads cannot be made, as in a full folder
  f.script.devices = {"b"};
  for (int i = 0; i < 100; ++i) f.script.devices.push_back(fmt::format("b{}", i));  // more than a head has to spare
  f.ticks(3);
  CHECK(f.runner->stats().rows == 2);
  CHECK_FALSE(f.runner->stats().up);
  std::filesystem::rename(f.dir / "away", f.dir / "r");
  f.ticks(2);
  CHECK(f.rows("a") == "1=0 2=1 6=stale ");
  CHECK(f.rows("b") == "6=2 7=3 ");
}

TEST_CASE("a hanging source leaves the others alone, and stopping does not wait for it for ever") {
  test::TempDir dir;
  auto store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 1 << 20, {}}));
  std::atomic<bool> hang{true}, entered{false};
  class Hanging final : public Source {
   public:
    Hanging(std::atomic<bool>& hang_, std::atomic<bool>& entered_) : hang(hang_), entered(entered_) {}
    std::string_view name() const override { return "hanging"; }
    bool may_block() const override { return true; }
    Result<void> describe(store::Schema& s) override {
      s.push_back({Labels::of("h"), MetricType::gauge, store::Rollup::none});
      return {};
    }
    Result<Sampled> sample(Row&) override {
      entered = true;
      while (hang) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return Sampled::ok;
    }
    std::atomic<bool>&hang, &entered;
  };
  Script script;
  Scheduler scheduler(*store, system_clock());
  scheduler.add(std::make_unique<ScriptedSource>(script, nullptr), 20);
  scheduler.add(std::make_unique<Hanging>(hang, entered), 20);
  const auto runners = scheduler.runners();
  scheduler.start();
  const auto settled = [&] { return runners[0]->stats().rows >= 10 && runners[1]->stuck(system_clock().mono()); };
  for (int i = 0; i < 1000 && !settled(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(runners[0]->stats().rows >= 10);
  CHECK(runners[1]->stats().rows == 0);
  CHECK(entered);
  CHECK(runners[1]->stuck(system_clock().mono()));
  // It has never given a row, and is seen all the same.
  SelfSource self(runners, system_clock(), {});
  store::Schema schema;
  REQUIRE(self.describe(schema));
  RowBuffer cells(schema.size());
  Row row = cells.row();
  REQUIRE(self.sample(row).value() == Sampled::ok);
  double stuck_seconds = 0;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].labels == Labels::of("tacho_source_stuck_seconds", {{"source", "hanging"}})) stuck_seconds = cells[i];
  }
  CHECK(stuck_seconds > 0);
  hang = false;
  CHECK(scheduler.stop());
  CHECK(runners[1]->stats().rows == 0);  // what came after the deadline is not a row
}

// It was NaN, which is a value: shipped, and the highest of nothing.
TEST_CASE("a number of the agent's own that is not known is absent") {
  RunnerFixture f;
  bool known = false;
  const std::vector<std::shared_ptr<SourceRunner>> none;
  SelfSource self(none, f.clock, {{"tacho_identity_changed_timestamp_seconds", {}, [&] { return known ? 5 : absent(); }}});
  store::Schema schema;
  REQUIRE(self.describe(schema));
  RowBuffer cells(schema.size());
  Row row = cells.row();
  REQUIRE(self.sample(row).value() == Sampled::ok);
  CHECK(is_absent(cells[schema.size() - 1]));
  known = true;
  REQUIRE(self.sample(row).value() == Sampled::ok);
  CHECK(cells[schema.size() - 1] == 5);
}

TEST_CASE("a source whose first row comes while the agent's own series are described waits for the next tick") {
  RunnerFixture f;
  f.start();
  const std::vector<std::shared_ptr<SourceRunner>> runners{std::move(f.runner)};
  SelfSource self(runners, f.clock, {});
  store::Schema schema;
  REQUIRE(self.describe(schema));
  const std::size_t before = schema.size();
  f.clock.pass(runners[0]->wait_ns() + 100'000);
  runners[0]->tick();
  RowBuffer cells(schema.size());
  Row row = cells.row();
  CHECK(self.sample(row).value() == Sampled::ok);
  CHECK(self.sample(row).value() == Sampled::layout_changed);
  schema.clear();
  REQUIRE(self.describe(schema));
  CHECK(schema.size() == before + 7);
}
