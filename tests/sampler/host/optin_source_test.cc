// Stories of the sources that most nodes leave off: soft interrupts, interrupts, processes, cgroups.

#include <fmt/format.h>

#include <map>
#include <set>

#include "proto/base/file.h"
#include "sampler/host/system/interrupts.h"
#include "sampler/host/system/processes.h"
#include "sampler/host/system/softirqs.h"
#include "sampler/host/workload/cgroups.h"
#include "sampler/host_sources.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

std::string of_cpu(const std::string& kind, int cpu) {
  return fmt::format(R"(node_softirqs_functions_total{{cpu="{}",type="{}"}})", cpu, kind);
}

std::string local_timer(int cpu) {
  return fmt::format(R"(node_interrupts_total{{cpu="{}",info="Local timer interrupts",type="LOC"}})", cpu);
}

TEST_CASE("soft interrupts come from either file, and from one alone") {
  Machine machine;
  FixedClock clock(1'000'000'000);
  SoftirqsSource source(machine.roots(), std::make_shared<ProcStat>(machine.roots(), clock));
  Watched watched(source);
  machine.write("proc/softirqs", "CPU0 CPU1\nHI: 1 2\nNET_RX: 3 4\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(of_cpu("HI", 1)) == 2);
  CHECK(watched(of_cpu("NET_RX", 0)) == 3);
  CHECK(watched.schema().size() == 4);
  machine.write("proc/stat", "ctxt 1\nsoftirq 60 1 2 3 4 5 6 7 8 9 15\n");
  machine.remove("proc/softirqs");
  CHECK_FALSE(watched.sample());
  REQUIRE(watched.describe());
  CHECK(watched.tick() == 0);
  CHECK(watched.schema().size() == 10);
  CHECK(watched(R"(node_softirqs_total{vector="hi"})") == 1);
  CHECK(watched(R"(node_softirqs_total{vector="block_iopoll"})") == 6);
  CHECK(watched(R"(node_softirqs_total{vector="rcu"})") == 15);
}

TEST_CASE("a line softirq that is cut or not there leaves its cells absent") {
  Machine machine;
  FixedClock clock(1'000'000'000);
  SoftirqsSource source(machine.roots(), std::make_shared<ProcStat>(machine.roots(), clock));
  Watched watched(source);
  auto tick = [&](const std::string& stat) {
    machine.write("proc/stat", stat);
    clock.advance_ms(1000);
    return watched.tick();
  };
  CHECK(tick("ctxt 1\nsoftirq 6 1 2 3\n") == 1);
  CHECK(watched.schema().size() == 3);
  for (const char* stat : {"ctxt 1\nsoftirq 6 1 2 3", "ctxt 1\nsoft", "", "softirqs 1 2 3 4\n"}) {
    CHECK(tick(stat) == 0);
    CHECK(is_absent(watched(R"(node_softirqs_total{vector="hi"})")));
  }
  CHECK(tick("ctxt 1\nsoftirq 6 x 5 18446744073709551616 4\n") == 0);
  CHECK(is_absent(watched(R"(node_softirqs_total{vector="hi"})")));
  CHECK(watched(R"(node_softirqs_total{vector="timer"})") == 5);
  CHECK(is_absent(watched(R"(node_softirqs_total{vector="net_tx"})")));
}

TEST_CASE("soft interrupts are read in the same reading of stat as the other sources on it") {
  Machine machine;
  FixedClock clock(1'000'000'000);
  auto stat = std::make_shared<ProcStat>(machine.roots(), clock);
  SoftirqsSource source(machine.roots(), stat);
  Watched watched(source);
  machine.write("proc/stat", "ctxt 1\nsoftirq 6 1\n");
  watched.tick();
  clock.advance_ms(1000);
  std::uint64_t seen = 0;
  REQUIRE(stat->text(seen));
  machine.write("proc/stat", "ctxt 1\nsoftirq 6 2\n");
  CHECK(watched.tick() == 0);
  CHECK(watched(R"(node_softirqs_total{vector="hi"})") == 1);
}

TEST_CASE("an interrupt belongs to the CPU that the head of its column names") {
  Machine machine;
  InterruptsSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/interrupts", "  CPU0 CPU2 CPU11\nLOC: 1 2 3   Local timer interrupts\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(local_timer(2)) == 2);
  CHECK(watched(local_timer(11)) == 3);
  machine.write("proc/interrupts", "  CPU0 CPU1 CPU2 CPU11\nLOC: 4 5 6 7   Local timer interrupts\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(local_timer(1)) == 5);
  CHECK(watched(local_timer(11)) == 7);
}

TEST_CASE("a numbered interrupt has a controller and devices, a named one a text") {
  Machine machine;
  InterruptsSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/interrupts",
                "      CPU0\n 41:  7 IR-PCI-MSIX-0000:00:04.0   1-edge      mlx5_comp0@pci:0000:01:00.0, x\nIPI0:8   "
                "Rescheduling  interrupts\n"
                "MIS: 5\n");
  CHECK(watched.tick() == 1);
  CHECK(
      watched(
          R"(node_interrupts_total{cpu="0",devices="1-edge mlx5_comp0@pci:0000:01:00.0, x",info="IR-PCI-MSIX-0000:00:04.0",type="41"})") ==
      7);
  CHECK(watched(R"(node_interrupts_total{cpu="0",info="Rescheduling interrupts",type="IPI0"})") == 8);
  CHECK(watched.schema().size() == 2);
}

TEST_CASE("an interrupt that another device has taken over is another series") {
  Machine machine;
  InterruptsSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/interrupts", " CPU0\n 9: 5  MSI 1-edge a\nLOC: 1 Local timer interrupts\n");
  CHECK(watched.tick() == 1);
  machine.write("proc/interrupts", " CPU0\n 9: 6  MSI 1-edge b\nLOC: 2 Local timer interrupts\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_interrupts_total{cpu="0",devices="1-edge b",info="MSI",type="9"})") == 6);
  machine.write("proc/interrupts", " CPU0\nLOC: 3 Local timer interrupts\n");
  CHECK(watched.tick() == 1);
  CHECK(watched.schema().size() == 1);
}

TEST_CASE("without zeros an interrupt that has never happened on a CPU has no series there until it does") {
  Machine machine;
  InterruptsSource source(machine.roots(), {.zeros = false});
  Watched watched(source);
  machine.write("proc/interrupts", " CPU0 CPU1\nLOC: 0 2 Local timer interrupts\n");
  CHECK(watched.tick() == 1);
  CHECK(watched.schema().size() == 1);
  machine.write("proc/interrupts", " CPU0 CPU1\nLOC: 1 2 Local timer interrupts\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(local_timer(0)) == 1);
  // From then on a 0 is what was read: the counter was reset.
  machine.write("proc/interrupts", " CPU0 CPU1\nLOC: 0 0 Local timer interrupts\n");
  CHECK(watched.tick() == 0);
  CHECK(watched(local_timer(0)) == 0);

  InterruptsSource with_zeros(machine.roots());
  Watched all(with_zeros);
  CHECK(all.tick() == 1);
  CHECK(all(local_timer(1)) == 0);
}

TEST_CASE("interrupts are chosen by type, controller and devices in one text") {
  Machine machine;
  machine.write("proc/interrupts", " CPU0\n 9: 1 MSI 1-edge eth0\n10: 2 MSI 2-edge eth1\nLOC: 3 Local timer interrupts\n");
  auto types = [&](InterruptsOptions options) {
    InterruptsSource source(machine.roots(), std::move(options));
    Watched watched(source);
    watched.tick();
    std::string out;
    for (const store::SeriesInfo& info : watched.schema()) out += std::string(info.labels.get("type")) + " ";
    return out;
  };
  CHECK(types({}) == "9 10 LOC ");
  CHECK(types({.left_out = Exclude::all_but("^[0-9]+;MSI;.*eth1$")}) == "10 ");
  CHECK(types({.left_out = Exclude("^LOC;")}) == "9 10 ");
  CHECK(types({.left_out = Exclude("^9;", "eth")}) == "10 ");
}

TEST_CASE("what is left out by name changes the layout only when it becomes something else") {
  Machine machine;
  InterruptsSource source(machine.roots(), {.left_out = Exclude::all_but("^LOC;")});
  Watched watched(source);
  machine.write("proc/interrupts", " CPU0\n 9: 1 MSI 1-edge eth0\nLOC: 3 Local timer interrupts\nERR: 0\n");
  CHECK(watched.tick() == 1);
  machine.write("proc/interrupts", " CPU0\n 9: 2 MSI 1-edge eth0 \nLOC: 4 Local timer interrupts\nERR: 1\n");
  CHECK(watched.tick() == 0);
  CHECK(watched(local_timer(0)) == 4);
  machine.write("proc/interrupts", " CPU0\n 9: 2 MSI 1-edge eth1\nLOC: 5 Local timer interrupts\nERR: 1\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(local_timer(0)) == 5);
}

TEST_CASE("any beginning of the tables of interrupts is read without a wrong value") {
  Machine machine("vm");
  for (const std::string file : {"interrupts", "softirqs"}) {
    const std::string text = read_file(machine.path("proc/" + file)).value();
    auto source = [&]() -> std::unique_ptr<Source> {
      if (file == "interrupts") return std::make_unique<InterruptsSource>(machine.roots());
      return std::make_unique<SoftirqsSource>(machine.roots(), std::make_shared<ProcStat>(machine.roots()));
    };
    const auto steady = source();
    Watched whole(*steady);
    whole.tick();
    std::map<std::string, double> values;
    for (const store::SeriesInfo& info : whole.schema()) values[info.labels.to_string()] = whole(info.labels.to_string());
    for (std::size_t length = 0; length < text.size(); ++length) {
      machine.write("proc/" + file, text.substr(0, length));
      INFO(file << " cut at " << length);
      const auto fresh = source();
      Watched beginning(*fresh);
      if (beginning.describe()) {
        beginning.tick();
        for (const store::SeriesInfo& info : beginning.schema()) {
          const std::string series = info.labels.to_string();
          REQUIRE(values.contains(series));
          const double value = beginning(series);
          REQUIRE((is_absent(value) || value == values[series]));
        }
      }
      // One that knows the whole table keeps its series over a cut in a line.
      if (length > 0 && text[length - 1] != '\n') REQUIRE(whole.tick() == 0);
    }
    machine.write("proc/" + file, text);
  }
}

TEST_CASE("256 CPUs and 3000 interrupts are read in one pass, and without zeros only what has happened is a series") {
  Machine machine;
  std::string text = "    ";
  for (int cpu = 0; cpu < 256; ++cpu) text += fmt::format("       CPU{}", cpu);
  text += "\n";
  for (int irq = 0; irq < 3000; ++irq) {
    text += fmt::format("{:4}:", irq);
    for (int cpu = 0; cpu < 256; ++cpu) text += fmt::format(" {:10}", cpu == irq % 256 ? 1'000'000 + irq : 0);
    text += fmt::format("  IR-PCI-MSIX-0000:01:00.0  {}-edge  mlx5_comp{}\n", irq, irq);
  }
  machine.write("proc/interrupts", text);
  InterruptsSource source(machine.roots(), {.zeros = false});
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched.schema().size() == 3000);
  CHECK(
      watched(
          R"(node_interrupts_total{cpu="183",devices="2999-edge mlx5_comp2999",info="IR-PCI-MSIX-0000:01:00.0",type="2999"})") ==
      1'002'999);
}

// A process's file, or a thread's.
std::string stat_of(const std::string& name, char state, int threads) {
  return fmt::format("7 ({}) {} 1 7 7 0 -1 4194560 100 0 3 0 5 6 0 0 20 0 {} 0 12 25374720\n", name, state, threads);
}

std::string processes_in(char state) { return fmt::format("node_processes_state{{state=\"{}\"}}", state); }
std::string threads_in(char state) { return fmt::format("node_processes_threads_state{{thread_state=\"{}\"}}", state); }

TEST_CASE("processes and threads are counted by state, whatever they are called") {
  Machine machine;
  ProcessesSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/1/stat", stat_of("init", 'S', 1));
  machine.write("proc/20/stat", stat_of(") R 1 (", 'Z', 1));
  machine.write("proc/300/stat", stat_of("train", 'R', 3));
  machine.write("proc/300/task/300/stat", stat_of("train", 'R', 3));
  machine.write("proc/300/task/301/stat", stat_of("a b", 'D', 3));
  machine.write("proc/300/task/302/stat", stat_of("", 'S', 3));
  machine.write("proc/sys/kernel/pid_max", "32768\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_processes_pids") == 3);
  CHECK(watched("node_processes_threads") == 5);
  CHECK(watched(processes_in('R')) == 1);
  CHECK(watched(processes_in('Z')) == 1);
  CHECK(watched(processes_in('D')) == 0);
  CHECK(watched(threads_in('D')) == 1);
  CHECK(watched(threads_in('S')) == 2);
  CHECK(watched("node_processes_max_processes") == 32768);
  CHECK_FALSE(watched.has("node_processes_max_threads"));
}

TEST_CASE("processes that come, change and go keep the series they are counted in") {
  Machine machine;
  ProcessesSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/1/stat", stat_of("init", 'S', 1));
  CHECK(watched.tick() == 1);
  machine.write("proc/1/stat", stat_of("init", 'D', 1));
  machine.write("proc/9/stat", stat_of("new", 'T', 1));
  CHECK(watched.tick() == 0);
  CHECK(watched(processes_in('S')) == 0);
  CHECK(watched(processes_in('D')) == 1);
  CHECK(watched(processes_in('T')) == 1);
  machine.remove("proc/9");
  CHECK(watched.tick() == 0);
  CHECK(watched("node_processes_pids") == 1);
  CHECK(watched(processes_in('T')) == 0);
}

TEST_CASE("a state that nobody knows yet becomes a series") {
  Machine machine;
  ProcessesSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/1/stat", stat_of("init", 'S', 1));
  CHECK(watched.tick() == 1);
  machine.write("proc/9/stat", stat_of("old", 'W', 1));
  CHECK(watched.tick() == 1);
  CHECK(watched(processes_in('W')) == 1);
  CHECK(watched(threads_in('W')) == 1);
}

TEST_CASE("what has gone since it was listed is not counted") {
  Machine machine;
  ProcessesSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/1/stat", stat_of("init", 'S', 1));
  machine.write("proc/5/comm", "gone");
  machine.write("proc/6/stat", stat_of("its threads are gone", 'S', 4));
  machine.write("proc/7/stat", stat_of("one of two is gone", 'S', 2));
  machine.write("proc/7/task/8/comm", "gone");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_processes_pids") == 3);
  CHECK(watched(threads_in('S')) == 3);
}

TEST_CASE("a process that cannot be understood makes the sums wrong and so gives no row") {
  Machine machine;
  ProcessesSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/1/stat", stat_of("init", 'S', 1));
  watched.tick();
  for (const std::string text :
       {"", "7 (cut", "7 (cut) S 1 7 7", "7 (x) 1 1 7 7 0 -1 1 1 0 3 0 5 6 0 0 20 0 1 0\n",
        "7 (x) SS 1 7 7 0 -1 1 1 0 3 0 5 6 0 0 20 0 1 0\n", "7 (x) S 1 7 7 0 -1 1 1 0 3 0 5 6 0 0 20 0 12"}) {
    machine.write("proc/9/stat", text);
    const Result<Sampled> sampled = watched.sample();
    INFO(text);
    REQUIRE_FALSE(sampled);
    CHECK(sampled.error().message == machine.path("proc/9/stat") + " has no state and number of threads");
  }
  machine.write("proc/9/stat", stat_of("two", 'S', 2));
  machine.write("proc/9/task/10/stat", "10 (x");
  const Result<Sampled> sampled = watched.sample();
  REQUIRE_FALSE(sampled);
  CHECK(sampled.error().message == "a thread in " + machine.path("proc/9/task") + " has no state");
}

TEST_CASE("controllers of cgroups that come or go are another layout, a cut is not") {
  Machine machine;
  CgroupsSource source(machine.roots());
  Watched watched(source);
  auto tick = [&](const std::string& lines) {
    machine.write("proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\n" + lines);
    return watched.tick();
  };
  const std::string memory = R"(node_cgroups_cgroups{subsys_name="memory"})";
  CHECK(tick("cpu\t0\t213\t1\nmemory\t0\t214\t0\n") == 1);
  CHECK(watched(memory) == 214);
  CHECK(watched(R"(node_cgroups_enabled{subsys_name="cpu"})") == 1);
  CHECK(watched(R"(node_cgroups_enabled{subsys_name="memory"})") == 0);
  CHECK(tick("cpu\t0\t213\t1\nmemory\t0\t2") == 0);
  CHECK(is_absent(watched(memory)));
  CHECK(tick("cpu\t0\t213\t1\nnoise\nmemory\t0\t215\t0\n") == 0);
  CHECK(watched(memory) == 215);
  CHECK(tick("memory\t0\t216\t0\n") == 1);
  CHECK(watched(memory) == 216);
  CHECK(watched.schema().size() == 2);
}

TEST_CASE("sources that node_exporter leaves off are off here too") {
  for (const auto& source : make_host_sources({})) {
    INFO(source->name());
    const std::set<std::string_view> off{"softirqs", "interrupts", "processes", "cgroups", "ethtool_link"};
    CHECK(source->on_by_default() != off.contains(source->name()));
  }
}

}  // namespace
}  // namespace tacho::sampler
