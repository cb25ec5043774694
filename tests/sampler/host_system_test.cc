// Stories of the sources that read the scheduler, the clock and the system itself.

#include <map>

#include "proto/base/file.h"
#include "sampler/host/schedstat.h"
#include "source_fixture.h"

namespace tacho::sampler {
namespace {

std::string of_cpu(const std::string& metric, int cpu) { return fmt::format("{}{{cpu=\"{}\"}}", metric, cpu); }

TEST_CASE("schedstat follows CPUs that go and come, lines of domains are passed over") {
  Machine machine;
  SchedstatSource source(machine.roots());
  Watched watched(source);
  auto tick = [&](const std::string& text) {
    machine.write("proc/schedstat", "version 17\ntimestamp 1\n" + text);
    return watched.tick();
  };
  const std::string run = "node_schedstat_running_seconds_total";
  CHECK(tick("cpu0 1 2 3 4 5 6 1500000000 250000000 9\ndomain0 cpu9 1 2 3 4 5 6 7 8 9 10\ncpu1 0 0 0 0 0 0 4 5 6\n") == 1);
  CHECK(watched(of_cpu(run, 0)) == 1.5);
  CHECK(watched(of_cpu("node_schedstat_waiting_seconds_total", 0)) == 0.25);
  CHECK(watched(of_cpu("node_schedstat_timeslices_total", 0)) == 9);
  CHECK(watched(of_cpu(run, 1)) == 4e-9);
  CHECK(watched.schema().size() == 6);
  CHECK(tick("cpu1 0 0 0 0 0 0 7 5 6\n") == 1);
  CHECK_FALSE(watched.has(of_cpu(run, 0)));
  CHECK(watched(of_cpu(run, 1)) == 7e-9);
  CHECK(tick("cpu0 0 0 0 0 0 0 1 1 1\ncpu1 0 0 0 0 0 0 8 5 6\ncpu12 0 0 0 0 0 0 3 3 3\n") == 1);
  CHECK(watched(of_cpu(run, 12)) == 3e-9);
  CHECK(tick("cpu0 0 0 0 0 0 0 2 x 1\ncpu1 0 0 0 0 0 0 8 5 6\ncpu12 0 0 0 0 0 0 3 3 3\n") == 0);
  CHECK(is_absent(watched(of_cpu("node_schedstat_waiting_seconds_total", 0))));
  CHECK(watched(of_cpu("node_schedstat_timeslices_total", 0)) == 1);
}

TEST_CASE("a schedstat cut anywhere ends no series and gives no wrong value") {
  Machine machine("vm");
  SchedstatSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  std::map<std::string, double> whole;
  for (const store::SeriesInfo& info : watched.schema()) whole[info.labels.to_string()] = watched(info.labels.to_string());
  REQUIRE(whole.size() == 6);
  const std::string text = read_file(machine.path("proc/schedstat")).value();
  // From the first CPU's line on: a text without any CPU has lost them all.
  for (std::size_t length = text.find("cpu0") + 5; length < text.size(); ++length) {
    INFO("cut at " << length);
    machine.write("proc/schedstat", text.substr(0, length));
    Result<Sampled> sampled = watched.sample();
    REQUIRE(sampled);
    // A cut behind a newline cannot be told from a CPU that is gone.
    if (text[length - 1] == '\n') continue;
    REQUIRE(*sampled == Sampled::ok);
    for (const auto& [series, value] : whole) {
      const double now = watched(series);
      REQUIRE((is_absent(now) || now == value));
    }
  }
  machine.write("proc/schedstat", text);
  CHECK(watched.tick() == 0);
}

TEST_CASE("schedstat of a kernel that writes fewer numbers is not here, and says why") {
  Machine machine;
  machine.write("proc/schedstat", "version 10\ntimestamp 5\ncpu0 1 2 3 4\n");
  SchedstatSource source(machine.roots());
  store::Schema schema;
  Result<void> described = source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message == machine.path("proc/schedstat") + " has no line of a CPU with nine numbers (cpu0 ...)");
}

}  // namespace
}  // namespace tacho::sampler
