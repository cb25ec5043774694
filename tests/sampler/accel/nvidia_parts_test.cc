// The parts of a card's sources: rings, partitions, process lists, which cards there are.

#include <chrono>
#include <thread>

#include "sampler/accel/accel_source.h"
#include "sampler/accel/nvidia/processes.h"
#include "sampler/accel_report.h"
#include "sampler/accel_sources.h"
#include "sampler/scheduler.h"
#include "tests/accel/fake_card.h"
#include "tests/temp_dir.h"

namespace tacho::sampler {
namespace {

// A card without hardware counters: rings tell how busy it is.
struct Ringed : FakeCard {
  Ringed() { nvml.tell("CALL 0 nvmlGpmQueryDeviceSupport(version 1) rc=0 | at 4 u32 0"); }
  void busy(const std::string& samples) { nvml.tell("SAMPLES 0 type=1 count=9: " + samples); }
  double busy_seconds() { return row_of(fast())["accel_busy_seconds_total"]; }
};

TEST_CASE("a burst between two ticks shows in busy seconds and in the highest power, whatever is newest") {
  Ringed card;
  card.busy("first_us=1000000=0 +200000=0");
  card.nvml.tell("SAMPLES 0 type=0 count=9: first_us=1000000=80000");
  card.fast().tick();
  card.busy("first_us=1000000=0 +200000=0 +200000=50 +200000=50 +200000=0 +200000=0");
  card.nvml.tell(
      "SAMPLES 0 type=0 count=9: first_us=1000000=80000 +20000=80000 +20000=640000 +20000=82000 +20000=60000 +20000=80000");
  card.tick();
  auto row = row_of(card.fast());
  CHECK(card.busy_seconds() == Approx(0.2));
  CHECK(row["accel_utilization_ratio"] == 0.25);
  CHECK(row["accel_power_max_watts"] == 640);
  CHECK(row["accel_power_min_watts"] == 60);
  CHECK(row[R"(accel_power_watts{window="instant"})"] == 80);
  CHECK(row[R"(accel_power_watts{window="average"})"] == 188.4);
  // Nothing new: nothing is said.
  card.tick();
  row = row_of(card.fast());
  CHECK_FALSE(row.contains("accel_busy_seconds_total"));
  CHECK_FALSE(row.contains("accel_power_max_watts"));
}

TEST_CASE("no reading of a ring counts twice, however often it is asked") {
  Ringed card;
  card.busy("first_us=1000000=100 +200000=100 +200000=100");
  card.fast().tick();
  const double before = card.busy_seconds();
  for (int i = 0; i < 40; ++i) card.tick(10);
  card.busy("first_us=1000000=100 +200000=100 +200000=100 +200000=100");
  card.tick(10);
  CHECK(card.busy_seconds() == Approx(before + 0.2));
}

TEST_CASE("a ring goes on after the clock was set back") {
  Ringed card;
  card.busy("first_us=9000000000=0 +200000=100");
  card.fast().tick();
  const double before = card.busy_seconds();
  card.busy("first_us=5000000000=0 +200000=100 +200000=100");
  for (int i = 0; i < 5; ++i) card.tick();
  card.busy("first_us=5000000000=0 +200000=100 +200000=100 +200000=100");
  card.tick();
  CHECK(card.busy_seconds() == Approx(before + 0.2));
}

TEST_CASE("of the time in which a ring lost readings nothing is claimed") {
  Ringed card;
  card.busy("first_us=1000000=0 +200000=0");
  card.fast().tick();
  card.busy("first_us=91000000=100 +200000=100 +200000=100");  // 90 s later
  card.tick();
  CHECK(card.busy_seconds() == Approx(0.6));
}

TEST_CASE("a card without rings tells the newest reading") {
  FakeCard card;
  card.nvml.tell(
      "CLEAR\n"
      "CALL 0 nvmlDeviceGetUUID() rc=0 | text GPU-9\n"
      "CALL 0 nvmlDeviceGetName() rc=0 | text NVIDIA X\n"
      "CALL 0 nvmlDeviceGetPciInfo_v3() rc=0 | at 36 text 00000000:01:00.0\n"
      "CALL 0 nvmlDeviceGetUtilizationRates() rc=0 | u32 37 u32 12\n"
      "CALL 0 nvmlDeviceGetPowerUsage() rc=0 | u32 250000\n"
      "CALL 0 nvmlDeviceGetCudaComputeCapability() rc=0 | u32 8 at 64 u32 0");
  card.fast().tick();
  CHECK(text_of(row_of(card.fast())) ==
        "accel_memory_bandwidth_utilization_ratio{source=\"coarse\"} 0.12\n"
        "accel_power_watts{window=\"instant\"} 250\n"
        "accel_utilization_ratio 0.37\n");
  FakeCard newer;
  newer.nvml.tell(
      "CLEAR\n"
      "CALL 0 nvmlDeviceGetPciInfo_v3() rc=0 | at 36 text 00000000:01:00.0\n"
      "CALL 0 nvmlDeviceGetPowerUsage() rc=0 | u32 250000\n"
      "CALL 0 nvmlDeviceGetCudaComputeCapability() rc=0 | u32 8 at 64 u32 9");
  newer.fast().tick();
  CHECK(text_of(row_of(newer.fast())) == "accel_power_watts{window=\"average\"} 250\n");
  newer.nvml.tell("FIELD 0 id=186 scope=0 rc=0 type=1 value=260000\nFIELD 0 id=185 scope=0 rc=0 type=1 value=240000");
  FakeCard fields;
  fields.nvml.tell(
      "CLEAR\n"
      "CALL 0 nvmlDeviceGetPciInfo_v3() rc=0 | at 36 text 00000000:01:00.0\n"
      "FIELD 0 id=186 scope=0 rc=0 type=1 value=260000\nFIELD 0 id=185 scope=0 rc=0 type=1 value=240000");
  fields.fast().tick();
  CHECK(text_of(row_of(fields.fast())) ==
        "accel_power_watts{window=\"average\"} 240\naccel_power_watts{window=\"instant\"} 260\n");
}

// The instances 1 and 5; 5 has two compute instances.
constexpr const char* kPartitioned =
    "CALL 0 nvmlDeviceGetMigMode() rc=0 | u32 1 at 64 u32 1\n"
    "CALL 0 nvmlDeviceGetMaxMigDeviceCount() rc=0 | u32 7\n"
    "CALL 0.0 nvmlDeviceGetGpuInstanceId() rc=0 | u32 1\n"
    "CALL 0.0 nvmlDeviceGetComputeInstanceId() rc=0 | u32 0\n"
    "CALL 0.0 nvmlDeviceGetUUID() rc=0 | text MIG-a\n"
    "CALL 0.0 nvmlDeviceGetName() rc=0 | text NVIDIA H200 MIG 3g.71gb\n"
    "CALL 0.0 nvmlDeviceGetMemoryInfo() rc=0 | u64 1000 u64 900 u64 100\n"
    "CALL 0.2 nvmlDeviceGetGpuInstanceId() rc=0 | u32 5\n"
    "CALL 0.2 nvmlDeviceGetComputeInstanceId() rc=0 | u32 0\n"
    "CALL 0.2 nvmlDeviceGetUUID() rc=0 | text MIG-b\n"
    "CALL 0.2 nvmlDeviceGetName() rc=0 | text NVIDIA H200 MIG 1c.2g.35gb\n"
    "CALL 0.2 nvmlDeviceGetMemoryInfo() rc=0 | u64 500 u64 300 u64 200\n"
    "CALL 0.3 nvmlDeviceGetGpuInstanceId() rc=0 | u32 5\n"
    "CALL 0.3 nvmlDeviceGetComputeInstanceId() rc=0 | u32 1\n"
    "CALL 0.3 nvmlDeviceGetUUID() rc=0 | text MIG-c\n"
    "CALL 0.3 nvmlDeviceGetName() rc=0 | text NVIDIA H200 MIG 1c.2g.35gb\n"
    "GPM 0.1 id=2 rc=0 value=40 name=\"smutil\" unit=\"%\"\n"
    "GPM 0.5 id=2 rc=0 value=60 name=\"smutil\" unit=\"%\"";

TEST_CASE("a partitioned card: memory and hardware counters of each instance beside the card's own") {
  FakeCard card;
  card.nvml.tell(kPartitioned);
  card.fast().tick();
  card.tick();
  card.slow().tick();
  auto row = row_of(card.fast());
  CHECK(row[R"(accel_memory_used_bytes{partition="1",partition_profile="3g.71gb"})"] == 100);
  CHECK(row[R"(accel_memory_total_bytes{partition="5",partition_profile="1c.2g.35gb"})"] == 500);
  CHECK(row[R"(accel_sm_active_ratio{partition="1",partition_profile="3g.71gb"})"] == 0.4);
  CHECK(row[R"(accel_sm_active_ratio{partition="5",partition_profile="1c.2g.35gb"})"] == 0.6);
  CHECK(row["accel_memory_used_bytes"] == 2701983744);
  row = row_of(card.slow());
  CHECK(row[R"(accel_partition_info{compute_instance="0",partition="1",partition_profile="3g.71gb",partition_uuid="MIG-a"})"] ==
        1);
  CHECK(
      row[R"(accel_partition_info{compute_instance="1",partition="5",partition_profile="1c.2g.35gb",partition_uuid="MIG-c"})"] ==
      1);
}

TEST_CASE("a card that is partitioned while it is sampled shows it: at once with the driver's event, else by looking") {
  const std::string used = R"(accel_memory_used_bytes{partition="1",partition_profile="3g.71gb"})";
  FakeCard card;
  card.fast().tick();
  card.slow().tick();
  card.nvml.tell(kPartitioned);
  card.nvml.tell("EVENT 0 256 0");
  card.tick();
  CHECK(row_of(card.fast())[used] == 100);
  CHECK(card.slow().tick() == 1);
  FakeCard quiet;
  quiet.fast().tick();
  quiet.nvml.tell(kPartitioned);
  for (int i = 0; i < 10; ++i) quiet.tick();
  CHECK(row_of(quiet.fast())[used] == 100);
  quiet.nvml.tell("CALL 0 nvmlDeviceGetMigMode() rc=0 | u32 0 at 64 u32 0");
  for (int i = 0; i < 10; ++i) quiet.tick();
  CHECK_FALSE(row_of(quiet.fast()).contains(used));
  CHECK(row_of(quiet.fast()).contains("accel_memory_used_bytes"));
}

TEST_CASE("the length of a process entry is read off what the driver wrote") {
  for (const std::size_t bytes : {std::size_t{16}, std::size_t{24}, std::size_t{32}}) {
    for (const std::size_t count : {1, 2, 3, 7, 100}) {
      std::vector<std::byte> buffer(std::size_t{128} * 32, kUnwritten);
      std::fill_n(buffer.begin(), bytes * count, std::byte{0});
      CHECK(entry_bytes(buffer, count) == bytes);
    }
  }
  std::vector<std::byte> buffer(1024, kUnwritten);
  CHECK_FALSE(entry_bytes(buffer, 1));
  std::fill_n(buffer.begin(), 40, std::byte{0});
  CHECK_FALSE(entry_bytes(buffer, 1));
}

TEST_CASE("more processes than the buffer has room for are all counted") {
  FakeCard card(FAKE_NVML_470);
  std::string line = "CALL 0 nvmlDeviceGetComputeRunningProcesses_v2(256) rc=0 | u32 90 at 64 ";
  for (int i = 0; i < 90; ++i) line += fmt::format("u32 {} at {} u64 {} u32 0 u32 0 ", 1000 + i, 64 + 24 * i + 8, i);
  card.nvml.tell(line);
  card.slow().tick();
  auto row = row_of(card.slow());
  CHECK(row["accel_processes"] == 90);
  CHECK(row[R"(accel_process_memory_used_bytes{pid="1089"})"] == 89);
}

// Eight cards and a switch, in no order; one card is another vendor's.
void plug_eight_cards(Machine& machine) {
  const char* buses[] = {"0000:d8:00.0", "0000:3b:00.0", "0000:18:00.0", "0001:01:00.0",
                         "0000:86:00.0", "0000:af:00.0", "0000:5e:00.0", "0000:1a:00.0"};
  for (const char* bus : buses) {
    const std::string folder = std::string("sys/bus/pci/devices/") + bus;
    machine.write(folder + "/vendor", "0x10de\n");
    machine.write(folder + "/class", "0x030200\n");
    machine.write(folder + "/numa_node", bus[5] < '8' ? "0\n" : "-1\n");
  }
  machine.write("sys/bus/pci/devices/0000:07:00.0/vendor", "0x10de\n");
  machine.write("sys/bus/pci/devices/0000:07:00.0/class", "0x068000\n");
  machine.write("sys/bus/pci/devices/0000:01:00.0/vendor", "0x1002\n");
  machine.write("sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n");
}

TEST_CASE("eight cards are numbered by their addresses, whatever numbers the library gives them") {
  FakeNvml nvml;
  nvml.play("h200_580.txt");
  nvml.tell("DEVICE 0 uuid=GPU-a bus=00000000:D8:00.0\nDEVICE 1 like=0 uuid=GPU-b bus=00000000:18:00.0");
  Machine machine;
  plug_eight_cards(machine);
  auto sources = make_accel_sources(machine.roots(), {.nvml_library = nvml.path()});
  REQUIRE(sources.size() == 17);
  std::string said;
  for (const auto& source : sources) {
    store::Schema schema;
    const Result<void> described = source->describe(schema);
    if (described) {
      said += fmt::format("{}: {} {}\n", source->name(), schema[0].labels.get("uuid"), schema[0].labels.get("pci_bus_id"));
    } else {
      CHECK(described.error().message.find("is not among the library's") != std::string::npos);
    }
  }
  CHECK(said ==
        "nvidia0: GPU-b 0000:18:00.0\nnvidia0_slow: GPU-b 0000:18:00.0\n"
        "nvidia6: GPU-a 0000:d8:00.0\nnvidia6_slow: GPU-a 0000:d8:00.0\n"
        "accel:  \n");
  CHECK(sources[1]->configured_as() == "nvidia_slow");
  // The NUMA node comes from sysfs: the library often does not know it.
  Watched slow(*sources[1]);
  slow.tick();
  CHECK(slow.schema()[0].labels.get("numa_node") == "0");
}

TEST_CASE("the report says of each card whether it answers, and what it does not support") {
  FakeNvml nvml;
  nvml.play("h200_580.txt");
  nvml.tell("DEVICE 0 uuid=GPU-a bus=00000000:18:00.0");
  Machine machine;
  plug_eight_cards(machine);
  const AccelReport report = report_accelerators(machine.roots(), {.nvml_library = nvml.path()});
  REQUIRE(report.cards.size() == 8);
  CHECK(report.cards[0].problem.empty());
  CHECK(report.cards[0].model == "NVIDIA H200");
  CHECK(report.cards[0].pci_bus_id == "0000:18:00.0");
  CHECK(report.cards[0].series > 50);
  CHECK(report.cards[0].slow_series > 40);
  const std::pair<std::string, std::string> no_links{"accel_link_up{type=\"nvlink\"}", "not supported (3)"};
  CHECK(std::count(report.cards[0].unsupported.begin(), report.cards[0].unsupported.end(), no_links) == 1);
  CHECK(report.cards[1].problem.find("NVIDIA card 0000:1a:00.0 is not among the library's") == 0);
  CHECK(report.libraries == std::vector{nvml.path() + ": NVML 13.580.159.04, driver 580.159.04, CUDA 13.0"});
  const AccelReport none = report_accelerators(machine.roots(), {.nvml_library = "/no/such/lib"});
  CHECK(none.cards[7].problem.find("/no/such/lib") != std::string::npos);
  CHECK(none.libraries.empty());
}

TEST_CASE("where sysfs shows no card, the driver's device nodes do") {
  Machine machine;
  CHECK(make_accel_sources(machine.roots(), {}).empty());
  for (const char* node : {"nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia10"})
    machine.write(std::string("root/dev/") + node, "");
  const auto sources = make_accel_sources(machine.roots(), {});
  REQUIRE(sources.size() == 7);
  CHECK(sources[4]->name() == "nvidia2");
  CHECK(sources[6]->name() == "accel");
}

TEST_CASE("accel_up is there from a card's first answer on, and 0 while it is overdue or fails") {
  FakeCard card;
  AccelSource accel({{.vendor = "nvidia", .states = {card.state, std::make_shared<AccelState>()}}}, card.clock);
  Watched up(accel);
  up.tick();
  CHECK(text_of(row_of(up)) == "accel_devices 2\n");
  for (int i = 0; i < 3; ++i) card.tick();
  up.tick();
  CHECK(text_of(row_of(up)) == "accel_devices 2\naccel_up 1\n");
  const auto later = [&](int ms) {
    card.clock.advance_ms(ms);
    up.tick();
    return row_of(up)["accel_up"];
  };
  for (const int ms : {500, 1000, 1000}) CHECK(later(ms) == 1);
  CHECK(later(100) == 0);  // its thread hangs
  card.tick();
  up.tick();
  CHECK(row_of(up)["accel_up"] == 1);
  card.nvml.tell("ALL 0 rc=15");
  CHECK_FALSE(card.fast().sample());
  up.tick();
  CHECK(row_of(up)["accel_up"] == 0);
}

TEST_CASE("a card that was just found is neither up nor lost before its first row, and lost when that hangs") {
  FakeCard card;
  AccelSource accel({{.vendor = "nvidia", .states = {card.state}}}, card.clock);
  Watched up(accel);
  card.state->described({{"accel", "0"}, {"vendor", "nvidia"}});
  const auto later = [&](int ms) {
    card.clock.advance_ms(ms);
    up.tick();
    return text_of(row_of(up));
  };
  CHECK(later(1000) == "accel_devices 1\n");
  CHECK(later(2900) == "accel_devices 1\n");
  CHECK(later(100) == "accel_devices 1\naccel_up 0\n");
  card.state->ended(card.clock.mono(), true);
  CHECK(later(100) == "accel_devices 1\naccel_up 1\n");
}

TEST_CASE("a card is not lost that missed rows only because the agent was held up") {
  FakeCard card;
  AccelSource accel({{.vendor = "nvidia", .states = {card.state}}}, card.clock);
  Watched up(accel);
  const auto later = [&](int ms) {
    card.clock.advance_ms(ms);
    up.tick();
    return row_of(up)["accel_up"];
  };
  const auto goes_on = [&] {
    for (int i = 0; i < 5; ++i) {
      card.tick();
      CHECK(later(0) == 1);
    }
  };
  goes_on();
  CHECK(later(5900) == 1);  // stopped, and its thread has not been awake yet
  CHECK(later(100) == 1);   // nor has it a moment later
  goes_on();
  CHECK(later(5000) == 1);
  CHECK(later(1000) == 0);  // it had its time
  CHECK(later(1000) == 0);
  goes_on();
  // One that was lost before is no better for it.
  for (int i = 0; i < 4; ++i) (void)later(1000);
  CHECK(later(5000) == 0);
  goes_on();
  card.nvml.tell("ALL 0 rc=15");
  CHECK_FALSE(card.fast().sample());
  CHECK(later(5000) == 0);
}

// Real threads and the real clock, briefly.
TEST_CASE("a card that hangs loses its rows and is not up; the others' rows go on, and it is back when the call returns") {
  FakeNvml nvml;
  nvml.play("h200_580.txt");
  nvml.tell("DEVICE 1 like=0 uuid=GPU-1 bus=00000000:07:00.0");
  test::TempDir dir;
  auto store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 1 << 20, {}}));
  const auto session = std::make_shared<nvml::Session>(std::vector<std::string>{nvml.path()});
  std::vector<std::shared_ptr<AccelState>> states;
  Scheduler scheduler(*store, system_clock());
  for (std::uint32_t i = 0; i < 2; ++i) {
    states.push_back(std::make_shared<AccelState>());
    scheduler.add(std::make_unique<NvidiaSource>(nvidia_fast(), NvidiaCard(session, {.index = i}), states.back()), 20);
  }
  scheduler.start();
  const auto& runners = scheduler.runners();
  const auto eventually = [](const auto& condition) {
    for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  };
  CHECK(eventually([&] { return runners[0]->stats().rows > 3 && runners[1]->stats().rows > 3; }));
  CHECK(eventually([&] { return states[0]->up(system_clock().mono()); }));
  nvml.tell("HANG 1 nvmlDeviceGetMemoryInfo_v2");
  CHECK(eventually([&] { return runners[1]->stuck(system_clock().mono()) && !states[1]->up(system_clock().mono()); }));
  const std::uint64_t before = runners[0]->stats().rows;
  CHECK(eventually([&] { return runners[0]->stats().rows > before + 5; }));
  CHECK(eventually([&] { return states[0]->up(system_clock().mono()); }));
  CHECK(runners[1]->stuck(system_clock().mono()));
  nvml.tell("RELEASE");
  CHECK(eventually([&] { return states[1]->up(system_clock().mono()); }));
  CHECK(scheduler.stop());
}

}  // namespace
}  // namespace tacho::sampler
