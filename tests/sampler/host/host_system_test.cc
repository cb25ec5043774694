// Stories of the sources that read the scheduler, the clock and the system itself.

#include <cerrno>
#include <map>

#include "proto/base/file.h"
#include "sampler/host/system/cpu_list.h"
#include "sampler/host/system/cpu_state.h"
#include "sampler/host/system/cpufreq.h"
#include "sampler/host/system/kernel_hung.h"
#include "sampler/host/system/os.h"
#include "sampler/host/system/schedstat.h"
#include "sampler/host/system/selinux.h"
#include "sampler/host/system/timex.h"
#include "tests/sampler/source_fixture.h"

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

// A machine of four CPUs with clock rates, number 3 not online.
struct CpufreqStory {
  Machine machine;
  CpufreqSource source{machine.roots()};
  Watched watched{source};

  CpufreqStory() {
    for (int cpu = 0; cpu < 4; ++cpu) {
      write(cpu, "scaling_cur_freq", fmt::format("{}\n", 1'000'000 + cpu));
      write(cpu, "scaling_governor", "powersave\n");
      write(cpu, "scaling_available_governors", "performance powersave\n");
    }
    machine.write("sys/devices/system/cpu/offline", "3-127\n");
  }
  static std::string folder(int cpu) { return fmt::format("sys/devices/system/cpu/cpu{}/cpufreq", cpu); }
  void write(int cpu, const std::string& file, const std::string& text) { machine.write(folder(cpu) + "/" + file, text); }
};

const std::string kRate = "node_cpu_scaling_frequency_hertz";

std::string governor_of(int cpu, const std::string& governor) {
  return fmt::format("node_cpu_scaling_governor{{cpu=\"{}\",governor=\"{}\"}}", cpu, governor);
}

TEST_CASE("clock rates are there for the CPUs that are online, and follow them") {
  CpufreqStory story;
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(of_cpu(kRate, 0)) == 1e9);
  CHECK(story.watched(of_cpu(kRate, 2)) == 1.000002e9);
  CHECK_FALSE(story.watched.has(of_cpu(kRate, 3)));
  story.machine.write("sys/devices/system/cpu/offline", "1,4-127\n");
  CHECK(story.watched.tick() == 1);
  CHECK_FALSE(story.watched.has(of_cpu(kRate, 1)));
  CHECK(story.watched(of_cpu(kRate, 3)) == 1.000003e9);
  CHECK(story.watched.tick() == 0);
  // A CPU whose driver goes and comes back while the CPU stays online.
  story.machine.remove(CpufreqStory::folder(0));
  CHECK(story.watched.tick() == 1);
  CHECK_FALSE(story.watched.has(of_cpu(kRate, 0)));
  story.write(0, "scaling_cur_freq", "5\n");
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(of_cpu(kRate, 0)) == 5000);
}

TEST_CASE("CPUs are shown in the order of their numbers") {
  CpufreqStory story;
  story.machine.write("sys/devices/system/cpu/offline", "\n");
  story.write(10, "scaling_cur_freq", "7\n");
  story.watched.tick();
  std::vector<std::string> cpus;
  for (const store::SeriesInfo& info : story.watched.schema()) {
    if (info.labels.metric_name() == kRate) cpus.emplace_back(info.labels.get("cpu"));
  }
  CHECK(cpus == std::vector<std::string>{"0", "1", "2", "3", "10"});
}

TEST_CASE("a change of governor is no new layout, a governor that is loaded is") {
  CpufreqStory story;
  story.watched.tick();
  CHECK(story.watched(governor_of(0, "powersave")) == 1);
  CHECK(story.watched(governor_of(0, "performance")) == 0);
  story.write(0, "scaling_governor", "performance\n");
  CHECK(story.watched.tick() == 0);
  CHECK(story.watched(governor_of(0, "powersave")) == 0);
  CHECK(story.watched(governor_of(0, "performance")) == 1);
  CHECK(story.watched(governor_of(1, "powersave")) == 1);
  story.write(0, "scaling_available_governors", "performance powersave schedutil\n");
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(governor_of(0, "schedutil")) == 0);
}

TEST_CASE("a clock rate that cannot be read leaves its cell absent and the others as they are") {
  CpufreqStory story;
  story.watched.tick();
  for (const char* text : {"<unknown>\n", "12", "", "-5\n", "99999999999999999999999\n"}) {
    INFO(text);
    story.write(0, "scaling_cur_freq", text);
    CHECK(story.watched.tick() == 0);
    CHECK(is_absent(story.watched(of_cpu(kRate, 0))));
    CHECK(story.watched(of_cpu(kRate, 1)) == 1.000001e9);
  }
  // A folder where a file should be opens, and cannot be read.
  story.machine.remove(CpufreqStory::folder(0) + "/scaling_cur_freq");
  story.write(0, "scaling_cur_freq/x", "");
  CHECK(story.watched.tick() == 0);
  CHECK(is_absent(story.watched(of_cpu(kRate, 0))));
  for (int cpu = 1; cpu < 3; ++cpu) {
    story.machine.remove(CpufreqStory::folder(cpu) + "/scaling_cur_freq");
    story.write(cpu, "scaling_cur_freq/x", "");
  }
  Result<Sampled> sampled = story.watched.sample();
  REQUIRE_FALSE(sampled);
  CHECK(sampled.error().message ==
        "cannot read any clock rate below " + story.machine.path("sys/devices/system/cpu") + ": Is a directory");
}

TEST_CASE("a list of offline CPUs or of governors that was cut changes nothing") {
  CpufreqStory story;
  story.watched.tick();
  story.machine.write("sys/devices/system/cpu/offline", "3-1");
  story.write(0, "scaling_available_governors", "performance power");
  story.write(0, "scaling_governor", "perf");
  CHECK(story.watched.tick() == 0);
  CHECK_FALSE(story.watched.has(of_cpu(kRate, 3)));
  CHECK(is_absent(story.watched(governor_of(0, "powersave"))));
  CHECK(story.watched(governor_of(1, "powersave")) == 1);
}

TEST_CASE("a machine without clock rates says so") {
  Machine machine;
  machine.write("sys/devices/system/cpu/cpu0/topology/core_id", "0\n");
  CpufreqSource source(machine.roots());
  store::Schema schema;
  Result<void> described = source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message ==
        machine.path("sys/devices/system/cpu") + " has no CPU whose clock rate can be read (cpu0/cpufreq ...)");
}

// What the made-up adjtimex answers next; a negative state is an errno.
timex made_up_clock{};
int made_up_state = TIME_OK;

int made_up_adjtimex(timex& out) {
  CHECK(out.modes == 0);
  if (made_up_state >= 0) out = made_up_clock;
  return made_up_state;
}

TEST_CASE("the kernel's clock is shown in seconds and ratios, by the units that its status says") {
  made_up_state = TIME_OK;
  made_up_clock = {};
  made_up_clock.offset = -1500;
  made_up_clock.freq = -65536 * 25 / 2;
  made_up_clock.maxerror = 16'000'000;
  made_up_clock.esterror = 250;
  made_up_clock.status = STA_PLL | STA_NANO;
  made_up_clock.constant = 7;
  made_up_clock.tick = 10'000;
  made_up_clock.ppsfreq = 65536 * 2;
  made_up_clock.jitter = 3000;
  made_up_clock.shift = 4;
  made_up_clock.stabil = 65536;
  made_up_clock.jitcnt = 11;
  made_up_clock.calcnt = 12;
  made_up_clock.errcnt = 13;
  made_up_clock.stbcnt = 14;
  made_up_clock.tai = 37;
  TimexSource source(made_up_adjtimex);
  Watched watched(source);
  watched.tick();
  const std::map<std::string, double> expected{{"sync_status", 1},
                                               {"offset_seconds", -1.5e-6},
                                               {"frequency_adjustment_ratio", 0.9999875},
                                               {"maxerror_seconds", 16},
                                               {"estimated_error_seconds", 0.00025},
                                               {"status", 0x2001},
                                               {"loop_time_constant", 7},
                                               {"tick_seconds", 0.01},
                                               {"pps_frequency_hertz", 2e-6},
                                               {"pps_jitter_seconds", 3e-6},
                                               {"pps_shift_seconds", 4},
                                               {"pps_stability_hertz", 1e-6},
                                               {"pps_jitter_total", 11},
                                               {"pps_calibration_total", 12},
                                               {"pps_error_total", 13},
                                               {"pps_stability_exceeded_total", 14},
                                               {"tai_offset_seconds", 37}};
  CHECK(watched.schema().size() == expected.size());
  for (const auto& [name, value] : expected) {
    INFO(name);
    CHECK(watched("node_timex_" + name) == value);
  }
  made_up_clock.status = STA_UNSYNC;
  made_up_state = TIME_ERROR;
  CHECK(watched.tick() == 0);
  CHECK(watched("node_timex_sync_status") == 0);
  CHECK(watched("node_timex_offset_seconds") == -0.0015);
  CHECK(watched("node_timex_pps_jitter_seconds") == 0.003);
  CHECK(watched("node_timex_status") == 64);
  // A leap second is no error.
  made_up_state = TIME_OOP;
  watched.tick();
  CHECK(watched("node_timex_sync_status") == 1);
}

TEST_CASE("a clock that may not be asked is not here, and says why") {
  made_up_state = -EPERM;
  TimexSource source(made_up_adjtimex);
  store::Schema schema;
  Result<void> described = source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message == "cannot ask adjtimex: Operation not permitted");
  CHECK(schema.empty());
  made_up_state = TIME_OK;
  Watched watched(source);
  watched.tick();
  made_up_state = -EPERM;
  CHECK_FALSE(watched.sample());
}

// What node_os_info says of a file, and the other two metrics.
struct OsStory {
  Machine machine;
  OsSource source{machine.roots()};
  Watched watched{source};

  int tick(const std::string& text) {
    machine.write("root/etc/os-release", text);
    return watched.tick();
  }
  std::string info() const { return watched.schema().at(0).labels.to_string(); }
};

TEST_CASE("os-release is read as the shell reads it") {
  OsStory story;
  CHECK(story.tick("# NAME=no\n\nexport NAME=\"A \\\"B\\\" \\$C \\\\ \\x\"\nID='single \"quoted\" \\n' # why\n VERSION = plain "
                   "words  # comment\r\n"
                   "VARIANT=first\nVARIANT=second\nBUILD_ID=\nVERSION_ID=12\nUNKNOWN=1\nnothing\n=5") == 1);
  CHECK(story.info() ==
        "node_os_info{id=\"single \\\"quoted\\\" \\\\n\",name=\"A \\\"B\\\" $C \\\\ \\\\x\",variant=\"second\",version=\"plain "
        "words\","
        "version_id=\"12\"}");
  CHECK(story.watched(story.info()) == 1);
  // No newline at the end is no cut.
  CHECK(story.tick("ID=last") == 1);
  CHECK(story.info() == "node_os_info{id=\"last\"}");
}

TEST_CASE("a line of os-release that has no end or is not UTF-8 is passed over") {
  OsStory story;
  story.tick("NAME=\"no end\nID='no end\nVERSION=\"no end\\\nVARIANT=\xff\xfe\nPRETTY_NAME=ok\nBUILD_ID=\"");
  CHECK(story.info() == "node_os_info{pretty_name=\"ok\"}");
}

TEST_CASE("the version is the number in front, the support's end a day in UTC, and neither is made up") {
  OsStory story;
  const std::string version = "node_os_version{id=\"u\"}";
  const std::string end = "node_os_support_end_timestamp_seconds";
  for (const auto& [text, number] :
       std::map<std::string, double>{{"22.04.3", 22.04}, {"12", 12}, {"9.", 9}, {"38_beta", 38}, {"20240101", 20240101}}) {
    INFO(text);
    story.tick("ID=u\nVERSION_ID=" + text + "\n");
    CHECK(story.watched(version) == number);
  }
  for (const char* text : {"", "rolling", ".5", "-1", "0", "v3"}) {
    INFO(text);
    story.tick(std::string("ID=u\nVERSION_ID=") + text + "\n");
    CHECK_FALSE(story.watched.has(version));
  }
  story.tick("ID=u\nSUPPORT_END=2028-06-30\n");
  CHECK(story.watched(end) == 1'845'936'000);
  for (const char* text : {"2028-02-30", "2028-6-30", "2028-06-3x", "+028-06-30", "soon", ""}) {
    INFO(text);
    story.tick(std::string("ID=u\nSUPPORT_END=") + text + "\n");
    CHECK_FALSE(story.watched.has(end));
  }
}

TEST_CASE("the second place of os-release is read while the first has none, and an upgrade is a new layout") {
  OsStory story;
  store::Schema schema;
  Result<void> described = story.source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message ==
        "cannot open " + story.machine.path("root/usr/lib/os-release") + ": No such file or directory");
  story.machine.write("root/usr/lib/os-release", "ID=vendor\n");
  CHECK(story.watched.tick() == 1);
  CHECK(story.info() == "node_os_info{id=\"vendor\"}");
  CHECK(story.watched.tick() == 0);
  CHECK(story.tick("ID=local\n") == 1);
  CHECK(story.info() == "node_os_info{id=\"local\"}");
  CHECK(story.tick("ID=local\nVERSION_ID=2\n") == 1);
  CHECK(story.watched("node_os_version{id=\"local\"}") == 2);
  story.machine.remove("root/etc");
  CHECK(story.watched.tick() == 1);
  CHECK(story.info() == "node_os_info{id=\"vendor\"}");
}

TEST_CASE("an os-release that says nothing is not here") {
  OsStory story;
  story.machine.write("root/etc/os-release", "HOME_URL=x\n");
  store::Schema schema;
  Result<void> described = story.source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message ==
        story.machine.path("root/etc/os-release") + " says nothing of the system (NAME=..., ID=...)");
  CHECK(schema.empty());
}

TEST_CASE("hung tasks are a counter, and a kernel that does not count them has no such source") {
  Machine machine;
  KernelHungSource source(machine.roots());
  store::Schema schema;
  Result<void> described = source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message == machine.path("proc/sys/kernel/hung_task_detect_count") + " cannot be read as a number");
  machine.write("proc/sys/kernel/hung_task_detect_count", "3\n");
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched("node_kernel_hung_tasks_total") == 3);
  machine.write("proc/sys/kernel/hung_task_detect_count", "4\n");
  CHECK(watched.tick() == 0);
  CHECK(watched("node_kernel_hung_tasks_total") == 4);
}

TEST_CASE("SELinux that is off is a 0 and nothing more, and where there is no sysfs nobody knows") {
  Machine machine;
  SelinuxSource source(machine.roots());
  store::Schema schema;
  REQUIRE_FALSE(source.describe(schema));
  machine.write("sys/fs/.keep", "");
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched.schema().size() == 1);
  CHECK(watched("node_selinux_enabled") == 0);
  machine.write("sys/fs/selinux/enforce", "1");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_selinux_enabled") == 1);
  CHECK(watched("node_selinux_current_mode") == 1);
  CHECK(watched("node_selinux_config_mode") == -1);
  CHECK_FALSE(watched.has("node_selinux_avc_hits_total"));
}

TEST_CASE("SELinux's decisions are summed over all CPUs, and its mode may change") {
  Machine machine("vm");
  SelinuxSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched("node_selinux_avc_hits_total") == 91569452 + 9156);
  CHECK(watched("node_selinux_avc_hash_buckets_available") == 512);
  CHECK(watched("node_selinux_config_mode") == 0);
  machine.write("sys/fs/selinux/enforce", "0");
  machine.write("sys/fs/selinux/avc/cache_stats", "lookups hits misses allocations reclaims frees\n1 2 x 4 5 6\n1 2 3 4 5 6\n");
  CHECK(watched.tick() == 0);
  CHECK(watched("node_selinux_current_mode") == 0);
  CHECK(watched("node_selinux_avc_hits_total") == 4);
  CHECK(is_absent(watched("node_selinux_avc_misses_total")));
  machine.write("sys/fs/selinux/avc/cache_stats", "lookups hits misses allocations reclaims frees\n1 2 3 4 5 6\n1 2 3");
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched("node_selinux_avc_lookups_total")));
}

TEST_CASE("a list of CPUs is ranges and single ones, and what is neither lists nothing") {
  for (const std::uint64_t cpu : {0u, 2u, 3u, 4u, 9u}) CHECK(lists_cpu("0,2-4,9", cpu));
  for (const std::uint64_t cpu : {1u, 5u, 8u, 10u}) CHECK_FALSE(lists_cpu("0,2-4,9", cpu));
  CHECK_FALSE(lists_cpu("", 0));
  CHECK_FALSE(lists_cpu("x-3,a,4-2", 3));
}

TEST_CASE("heat is counted once a core and once a package, whichever of its CPUs tells") {
  Machine machine("vm");
  CpuStateSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_cpu_core_throttles_total{core="0",package="0"})") == 5);
  CHECK(watched(R"(node_cpu_core_throttles_total{core="0",package="1"})") == 7);
  CHECK(watched(R"(node_cpu_package_throttles_total{package="0"})") == 30);
  CHECK_FALSE(watched.has(R"(node_cpu_core_throttles_total{core="1",package="0"})"));
  CHECK(watched(of_cpu("node_cpu_online", 1)) == 1);
  CHECK(watched(of_cpu("node_cpu_online", 2)) == 0);
  CHECK(watched(of_cpu("node_cpu_isolated", 4)) == 1);
  CHECK_FALSE(watched.has(of_cpu("node_cpu_isolated", 0)));
  machine.write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "6\n");
  CHECK(watched.tick() == 0);
  CHECK(watched(R"(node_cpu_core_throttles_total{core="0",package="0"})") == 6);
}

TEST_CASE("a CPU that goes offline leaves its core's count to its sister") {
  Machine machine("vm");
  CpuStateSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  machine.write("sys/devices/system/cpu/online", "1,4\n");
  machine.remove("sys/devices/system/cpu/cpu0/topology");
  machine.remove("sys/devices/system/cpu/cpu0/thermal_throttle");
  CHECK(watched.tick() == 1);
  CHECK(watched(of_cpu("node_cpu_online", 0)) == 0);
  CHECK(watched(R"(node_cpu_core_throttles_total{core="0",package="0"})") == 9);
  CHECK(watched(R"(node_cpu_package_throttles_total{package="0"})") == 31);
  CHECK(watched.tick() == 0);
}

TEST_CASE("a kernel that says neither what is online nor what is hot has no such source") {
  Machine machine;
  machine.write("sys/devices/system/cpu/cpu0/uevent", "");
  CpuStateSource source(machine.roots());
  store::Schema schema;
  Result<void> described = source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message == machine.path("sys/devices/system/cpu") + " does not say which CPUs are online");
  CHECK(schema.empty());
}

}  // namespace
}  // namespace tacho::sampler
