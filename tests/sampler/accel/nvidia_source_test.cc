// A card's sources over the fake library: what they say of a recorded card, and what of one that fails.

#include "sampler/accel/nvidia/source.h"

#include <chrono>
#include <set>
#include <thread>

#include "tests/accel/fake_card.h"
#include "tests/sampler/golden_text.h"

namespace tacho::sampler {
namespace {

TEST_CASE("a recorded H200 gives its golden text") {
  FakeCard card;
  card.fast().tick();
  card.tick();
  card.slow().tick();
  std::string text = "# every tick\n" + text_of(row_of(card.fast())) + "# slowly\n" + text_of(row_of(card.slow()));
  text += "# not supported\n";
  for (const NvidiaSource* source : {&card.fast_source(), &card.slow_source()}) {
    for (const Unsupported& u : source->unsupported()) text += fmt::format("{}: {}\n", u.what, u.code);
  }
  check_golden("nvidia_h200", text);
}

TEST_CASE("every series of a card says whose it is") {
  FakeCard card;
  card.fast().tick();
  card.slow().tick();
  for (const Watched* watched : {&card.fast(), &card.slow()}) {
    for (const store::SeriesInfo& info : watched->schema()) {
      CHECK(info.labels.get("vendor") == "nvidia");
      CHECK(info.labels.get("accel") == "0");
      CHECK(info.labels.get("uuid") == "GPU-00000000-1111-2222-3333-444444444444");
      CHECK(info.labels.get("pci_bus_id") == "0000:00:06.0");
      CHECK(info.labels.get("model") == "NVIDIA H200");
    }
  }
}

TEST_CASE("a code in place of an answer leaves a cell absent, never a number") {
  for (int code = 1; code <= 30; ++code) {
    if (nvml::is_lost(nvml::Code{code})) continue;
    INFO("code " << code);
    FakeCard card;
    card.fast().tick();
    card.slow().tick();
    card.nvml.tell(fmt::format("ALL 0 rc={}", code));
    card.tick();
    card.slow().tick();
    // What is left needs no answer: counts of events, and what a card is.
    for (const auto& [name, value] : row_of(card.fast())) {
      INFO(name);
      CHECK((name.starts_with("accel_errors_total") || name == "accel_last_error_code"));
    }
    for (const auto& [name, value] : row_of(card.slow())) CHECK(name.starts_with("accel_info"));
  }
}

TEST_CASE("a call that the card does not support has no series, one that fails this time has") {
  FakeCard card;
  card.nvml.tell("CALL 0 nvmlDeviceGetTemperature(0) rc=3\nCALL 0 nvmlDeviceGetClockInfo(1) rc=999");
  card.fast().tick();
  std::set<std::string> names;
  for (const store::SeriesInfo& info : card.fast().schema()) names.insert(short_name(info.labels));
  CHECK_FALSE(names.contains(R"(accel_temperature_celsius{sensor="core"})"));
  CHECK(names.contains(R"(accel_clock_hertz{domain="core"})"));
  CHECK_FALSE(row_of(card.fast()).contains(R"(accel_clock_hertz{domain="core"})"));
  card.nvml.tell("CALL 0 nvmlDeviceGetClockInfo(1) rc=0 | u32 1980");
  card.tick();
  CHECK(row_of(card.fast())[R"(accel_clock_hertz{domain="core"})"] == 1.98e9);
}

TEST_CASE("a card that is lost gives an error and no row, is left alone for half a minute, and is found again") {
  for (const int code : {1, 9, 15, 16, 18, 28}) {
    INFO("code " << code);
    FakeCard card;
    card.nvml.tell("EVENT 0 8 13");
    card.fast().tick();
    card.nvml.tell("EVENT 0 8 31");
    card.tick();
    card.nvml.tell(fmt::format("ALL 0 rc={}", code));
    card.clock.advance_ms(1000);
    Result<Sampled> sampled = card.fast().sample();
    REQUIRE_FALSE(sampled);
    CHECK(sampled.error().message.find(fmt::format("({})", code)) != std::string::npos);
    CHECK_FALSE(card.state->up(card.clock.mono()));
    // It is well again, but nobody asks yet.
    card.nvml.tell("ALL 0 rc=0");
    card.clock.advance_ms(1000);
    CHECK(card.fast().sample().value() == Sampled::layout_changed);
    CHECK_FALSE(card.fast().describe());
    card.clock.advance_ms(30'000);
    CHECK(card.fast().sample().value() == Sampled::layout_changed);
    REQUIRE(card.fast().describe());
    card.nvml.tell("EVENT 0 8 31");
    card.tick();
    const auto row = row_of(card.fast());
    CHECK(row.at(R"(accel_errors_total{code="31"})") == 2);
    CHECK(row.contains("accel_utilization_ratio"));
    CHECK(card.state->up(card.clock.mono()));
  }
}

TEST_CASE("a card that is lost while it is described is not described") {
  FakeCard card;
  card.nvml.tell("CALL 0 nvmlDeviceGetMemoryInfo_v2() rc=15");
  const Result<void> described = card.fast().describe();
  REQUIRE_FALSE(described);
  CHECK(described.error().message.find("GPU is lost") != std::string::npos);
  CHECK(card.fast().schema().empty());
}

TEST_CASE("two equal errors in a row are two, and a new one gets its series") {
  FakeCard card;
  card.fast().tick();
  CHECK(row_of(card.fast())[R"(accel_errors_total{code="79"})"] == 0);
  CHECK(row_of(card.fast())["accel_last_error_code"] == 0);
  CHECK_FALSE(row_of(card.fast()).contains("accel_last_error_timestamp_seconds"));
  card.nvml.tell("EVENT 0 8 79\nEVENT 0 8 79");
  card.tick();
  auto row = row_of(card.fast());
  CHECK(row[R"(accel_errors_total{code="79"})"] == 2);
  CHECK(row["accel_last_error_code"] == 79);
  CHECK(row["accel_last_error_timestamp_seconds"] == 1'790'000'001);
  card.nvml.tell("EVENT 0 8 79\nEVENT 0 8 154\nEVENT 0 8 154\nEVENT 0 1 5");  // an event of another kind is none of it
  card.clock.advance_ms(1000);
  CHECK(card.fast().tick() == 1);
  row = row_of(card.fast());
  CHECK(row[R"(accel_errors_total{code="79"})"] == 3);
  CHECK(row[R"(accel_errors_total{code="154"})"] == 2);
  CHECK(row["accel_last_error_code"] == 154);
}

TEST_CASE("hardware counters: a mean over the tick, with busy seconds and bytes as its integral") {
  FakeCard card;
  card.fast().tick();
  CHECK_FALSE(row_of(card.fast()).contains("accel_utilization_ratio"));  // one snapshot is no span
  for (int second = 0; second < 10; ++second) card.tick();
  auto row = row_of(card.fast());
  CHECK(row["accel_utilization_ratio"] == 0.200049);
  CHECK(row["accel_busy_seconds_total"] == 2.000492);
  CHECK(row[R"(accel_pcie_throughput_bytes_per_second{direction="transmit"})"] == 9869972);
  CHECK(row["accel_pcie_transmit_bytes_total"] == Approx(98'699'720).margin(10));
  CHECK_FALSE(row.contains(R"(accel_memory_bandwidth_utilization_ratio{source="coarse"})"));
  // Less than 100 ms after a snapshot the library makes things up.
  card.tick(50);
  CHECK_FALSE(row_of(card.fast()).contains("accel_utilization_ratio"));
  card.tick(50);
  CHECK(row_of(card.fast())["accel_busy_seconds_total"] == 2.020497);
}

// The real clock, briefly: the fake library's call takes real time.
TEST_CASE("hardware counters: a snapshot that had to wait for the driver was taken when it was back, not before") {
  FakeNvml nvml;
  nvml.play("h200_580.txt");
  nvml.tell("GPM 0 id=1 rc=0 value=50 name=\"grutil\" unit=\"%\"");
  const auto session = std::make_shared<nvml::Session>(std::vector<std::string>{nvml.path()});
  NvidiaSource source(nvidia_fast(nvml::nvidia()), NvidiaCard(session, {.index = 0}), nullptr);
  Watched watched(source);
  MonoNs ticked{};
  const auto busy_after = [&](int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    watched.tick();
    ticked = system_clock().mono();
    return row_of(watched)["accel_busy_seconds_total"];
  };
  watched.tick();
  const double first = busy_after(150);
  nvml.tell("DELAY 0 nvmlGpmSampleGet 400");
  const double waited = busy_after(150) - first;
  nvml.tell("RELEASE");
  const MonoNs back = ticked;
  const double next = busy_after(150) - first - waited;
  CHECK(waited > 0.5 * 0.5);
  // Half of the time since then, however long a machine that is held up made it, and nothing of the 400 ms before.
  CHECK(next < 0.5 * (static_cast<double>(ticked - back) / 1e9 + 0.2));
}

TEST_CASE("hardware counters: no number, no name, and an unknown unit are no values") {
  FakeCard card;
  card.nvml.tell(
      "GPM 0 id=2 rc=0 value=nan name=\"smutil\" unit=\"%\"\n"
      "GPM 0 id=3 rc=0 value=5 name=\"\" unit=\"%\"\n"
      "GPM 0 id=20 rc=0 value=5 name=\"pcitx\" unit=\"furlongs\"\n"
      "GPM 0 id=12 rc=3 value=5 name=\"fp32\" unit=\"%\"");
  card.fast().tick();
  card.tick();
  const auto row = row_of(card.fast());
  std::set<std::string> names;
  for (const store::SeriesInfo& info : card.fast().schema()) names.insert(short_name(info.labels));
  CHECK(names.contains("accel_sm_active_ratio"));
  CHECK_FALSE(row.contains("accel_sm_active_ratio"));
  CHECK_FALSE(names.contains("accel_sm_occupancy_ratio"));
  CHECK_FALSE(names.contains("accel_pcie_transmit_bytes_total"));
  CHECK_FALSE(names.contains(R"(accel_pipe_active_ratio{pipe="fp32"})"));
  CHECK(row.at(R"(accel_pcie_throughput_bytes_per_second{direction="receive"})") == 10692907);
}

TEST_CASE("without permission for hardware counters the driver's own readings tell how busy the card is") {
  FakeCard card;
  card.nvml.tell("CALL 0 nvmlGpmSampleGet() rc=4");
  card.fast().tick();
  const auto row = row_of(card.fast());
  CHECK(row.at("accel_utilization_ratio") == Approx(0.2).margin(0.01));  // a burst of 200 ms in the last second
  CHECK(row.contains(R"(accel_memory_bandwidth_utilization_ratio{source="coarse"})"));
  CHECK_FALSE(row.contains("accel_sm_active_ratio"));
  bool said = false;
  for (const Unsupported& u : card.fast_source().unsupported())
    said |= u.what == "hardware counters" && u.code == nvml::Code::no_permission;
  CHECK(said);
}

TEST_CASE("a library of driver 470 gives what it has") {
  FakeCard card(FAKE_NVML_470);
  card.fast().tick();
  card.slow().tick();
  const auto fast = row_of(card.fast());
  CHECK(fast.at("accel_memory_used_bytes") == 3346923520);  // with what is reserved
  CHECK_FALSE(fast.contains("accel_memory_reserved_bytes"));
  CHECK(fast.contains("accel_utilization_ratio"));
  CHECK(fast.contains(R"(accel_throttle_active{reason="power_cap"})"));
  CHECK(fast.at("accel_power_max_watts") == 642.645);
  const auto slow = row_of(card.slow());
  CHECK(slow.at("accel_processes") == 1);
  CHECK(slow.at(R"(accel_process_memory_used_bytes{pid="500"})") == 2692743168);
  CHECK_FALSE(slow.contains(R"(accel_temperature_celsius{sensor="margin"})"));
}

TEST_CASE("a counter that the driver began anew is shown as it is") {
  FakeCard card;
  card.slow().tick();
  CHECK(row_of(card.slow())["accel_energy_joules_total"] == 6257.689);
  card.nvml.tell("FIELD 0 id=83 scope=0 rc=0 type=3 value=1500");
  card.slow().tick();
  CHECK(row_of(card.slow())["accel_energy_joules_total"] == 1.5);
}

TEST_CASE("limits are read once in six slow rows and absent in the others") {
  FakeCard card;
  const std::string limit = R"(accel_temperature_limit_celsius{limit="slowdown"})";
  std::string seen;
  for (int row = 0; row < 13; ++row) {
    card.slow().tick();
    seen += row_of(card.slow()).contains(limit) ? 'x' : '.';
  }
  CHECK(seen == "x.....x.....x");
}

TEST_CASE("a process that comes or goes is a new layout, and its memory its own") {
  FakeCard card;
  card.slow().tick();
  // Two processes, one of them with two entries, as instances of a partitioned card give; 32 bytes each.
  const std::string entry = "u32 {} at {} u64 {} u32 4294967295 u32 4294967295 u64 0 at {} ";
  const auto list = [&](std::initializer_list<std::pair<unsigned, std::uint64_t>> processes) {
    std::string line =
        fmt::format("CALL 0 nvmlDeviceGetRunningProcessDetailList(mode 0) rc=0 | at 8 u32 {} at 64 ", processes.size());
    std::size_t at = 64;
    for (const auto& [pid, bytes] : processes) {
      line += fmt::format(fmt::runtime(entry), pid, at + 8, bytes, at + 32);
      at += 32;
    }
    card.nvml.tell(line);
  };
  list({{700, 100}, {500, 10}, {700, 1}});
  CHECK(card.slow().tick() == 1);
  auto row = row_of(card.slow());
  CHECK(row["accel_processes"] == 2);
  CHECK(row[R"(accel_process_memory_used_bytes{pid="700"})"] == 101);
  CHECK(row[R"(accel_process_memory_used_bytes{pid="500"})"] == 10);
  list({{500, 10}, {700, 7}});
  CHECK(card.slow().tick() == 0);
  list({{500, ~std::uint64_t{0}}});  // the driver does not tell
  CHECK(card.slow().tick() == 1);
  row = row_of(card.slow());
  CHECK(row["accel_processes"] == 1);
  CHECK_FALSE(row.contains(R"(accel_process_memory_used_bytes{pid="500"})"));
  card.nvml.tell("CALL 0 nvmlDeviceGetRunningProcessDetailList(mode 0) rc=0 | at 8 u32 0");
  CHECK(card.slow().tick() == 1);
  CHECK(row_of(card.slow())["accel_processes"] == 0);
}

TEST_CASE("a process's share of the engines is the mean of the driver's readings since the last row, 0 when it has none") {
  FakeCard card;
  const auto processes = [&](std::initializer_list<unsigned> pids) {
    std::string line = fmt::format("CALL 0 nvmlDeviceGetRunningProcessDetailList(mode 0) rc=0 | at 8 u32 {} ", pids.size());
    std::size_t at = 64;
    for (const unsigned pid : pids) {
      line += fmt::format("at {} u32 {} at {} u64 1 u32 4294967295 u32 4294967295 u64 0 ", at, pid, at + 8);
      at += 32;
    }
    card.nvml.tell(line);
  };
  struct Reading {
    unsigned pid;
    std::uint64_t time_us;
    unsigned sm, mem, enc, dec;
  };
  const auto readings = [&](std::initializer_list<Reading> all) {
    std::string line = fmt::format("CALL 0 nvmlDeviceGetProcessUtilization(256 entries) rc=0 | u32 {} ", all.size());
    std::size_t at = 64;
    for (const Reading& r : all) {
      line += fmt::format("at {} u32 {} at {} u64 {} u32 {} u32 {} u32 {} u32 {} ", at, r.pid, at + 8, r.time_us, r.sm, r.mem,
                          r.enc, r.dec);
      at += 32;
    }
    card.nvml.tell(line);
  };
  const auto use = [&](unsigned pid, const char* engine) {
    const auto row = row_of(card.slow());
    const auto at = row.find(fmt::format("accel_process_utilization_ratio{{engine=\"{}\",pid=\"{}\"}}", engine, pid));
    return at == row.end() ? -1 : at->second;
  };
  processes({500, 700, 900});
  readings({{500, 1000, 99, 99, 99, 99}});  // before the first row: of a time that is nobody's
  card.slow().tick();
  CHECK(use(500, "sm") == 0);
  readings({{500, 1000, 99, 99, 99, 99},
            {500, 2000, 30, 10, 1, 2},
            {700, 2000, 60, 20, 0, 0},
            {500, 3000, 50, 20, 3, 4},
            {0, 3000, 80, 0, 0, 0},
            {700, 3000, 4000000000, 0, 0, 0}});
  card.slow().tick();
  CHECK(use(500, "sm") == 0.4);
  CHECK(use(500, "mem") == 0.15);
  CHECK(use(500, "enc") == 0.02);
  CHECK(use(500, "dec") == 0.03);
  CHECK(use(700, "sm") == 0.6);
  CHECK(use(900, "sm") == 0);
  card.slow().tick();  // nothing new
  CHECK(use(500, "sm") == 0);
  card.nvml.tell("CALL 0 nvmlDeviceGetProcessUtilization(256 entries) rc=999");
  card.slow().tick();
  CHECK(use(500, "sm") == -1);
  card.nvml.tell("CALL 0 nvmlDeviceGetProcessUtilization(256 entries) rc=3\nALL 0 rc=15");
  CHECK_FALSE(card.slow().sample());
}

TEST_CASE(
    "a card is unfit when it wants something, when memory could not be replaced, and after an error that nothing survives") {
  FakeCard card;
  const auto health = [&] {
    const auto row = row_of(card.fast());
    const auto at = row.find("accel_health_status");
    return at == row.end() ? -1 : at->second;
  };
  const auto ticks = [&](int n) {
    for (int i = 0; i < n; ++i) card.tick();
  };
  card.fast().tick();
  CHECK(health() == 1);
  card.tick();
  CHECK(health() == -1);  // not looked up, so not said
  card.nvml.tell("FIELD 0 id=230 scope=0 rc=0 type=1 value=1");
  ticks(9);
  CHECK(health() == 0);
  card.nvml.tell("FIELD 0 id=230 scope=0 rc=0 type=1 value=0\nCALL 0 nvmlDeviceGetRemappedRows() rc=0 | u32 0 u32 1 u32 0 u32 1");
  ticks(10);
  CHECK(health() == 0);
  card.nvml.tell("CALL 0 nvmlDeviceGetRemappedRows() rc=0 | u32 0 u32 1 u32 1 u32 0");
  ticks(10);
  CHECK(health() == 1);
  card.nvml.tell("EVENT 0 8 31");  // a program's own error
  ticks(10);
  CHECK(health() == 1);
  card.nvml.tell("EVENT 0 8 79");
  card.tick();  // in the row in which it is counted
  CHECK(health() == 0);
  ticks(9);
  CHECK(health() == 0);
  FakeCard old(FAKE_NVML_470);
  old.nvml.tell("FIELD 0 id=230 scope=0 rc=3 type=1 value=0\nCALL 0 nvmlDeviceGetRemappedRows() rc=3");
  old.fast().tick();
  CHECK(row_of(old.fast())["accel_health_status"] == 1);  // events tell
  FakeCard mute(FAKE_NVML_470);
  mute.nvml.tell(
      "FIELD 0 id=230 scope=0 rc=3 type=1 value=0\nCALL 0 nvmlDeviceGetRemappedRows() rc=3\n"
      "CALL 0 nvmlDeviceGetSupportedEventTypes() rc=3");
  mute.fast().tick();
  CHECK_FALSE(row_of(mute.fast()).contains("accel_health_status"));
}

TEST_CASE("a clock that was set back does not make busy processes idle ones: nothing is said of that row, then it goes on") {
  FakeCard card;
  const auto reading = [&](std::uint64_t time_us, unsigned sm) {
    card.nvml.tell(fmt::format(
        "CALL 0 nvmlDeviceGetProcessUtilization(256 entries) rc=0 | u32 1 at 64 u32 500 at 72 u64 {} u32 {} u32 0 u32 0 u32 0",
        time_us, sm));
  };
  const auto use = [&] {
    const auto row = row_of(card.slow());
    const auto at = row.find(R"(accel_process_utilization_ratio{engine="sm",pid="500"})");
    return at == row.end() ? -1 : at->second;
  };
  const auto now_us = [&] { return static_cast<std::uint64_t>(card.clock.wall_ms()) * 1000; };
  reading(now_us() - 1000, 50);
  card.slow().tick();
  card.clock.advance_ms(10'000);
  reading(now_us() - 1000, 60);
  card.slow().tick();
  CHECK(use() == 0.6);
  card.clock.advance_ms(-3'600'000);
  reading(now_us() - 1000, 70);
  card.slow().tick();
  CHECK(use() == -1);
  card.clock.advance_ms(10'000);
  reading(now_us() - 1000, 80);
  card.slow().tick();
  CHECK(use() == 0.8);
  // Of readings that can be none, nothing is said; a time to come is the driver's leftover.
  card.clock.advance_ms(10'000);
  reading(now_us() - 1000, 4'000'000'000);
  card.slow().tick();
  CHECK(use() == -1);
  card.clock.advance_ms(10'000);
  reading(now_us() + 60'000'000'000, 90);
  card.slow().tick();
  CHECK(use() == 0);
  card.clock.advance_ms(10'000);
  reading(now_us() - 1000, 40);
  card.slow().tick();
  CHECK(use() == 0.4);
}

TEST_CASE("where no hardware counters tell the traffic over PCIe, the library's own windows do") {
  FakeCard with;
  with.slow().tick();
  CHECK_FALSE(row_of(with.slow()).contains(R"(accel_pcie_throughput_bytes_per_second{direction="receive"})"));
  FakeCard without(FAKE_NVML_470);
  without.nvml.tell(
      "CALL 0 nvmlDeviceGetPcieThroughput(0) rc=0 | u32 1372\nCALL 0 nvmlDeviceGetPcieThroughput(1) rc=0 | u32 412");
  without.slow().tick();
  auto row = row_of(without.slow());
  CHECK(row[R"(accel_pcie_throughput_bytes_per_second{direction="transmit"})"] == 1372e3);
  CHECK(row[R"(accel_pcie_throughput_bytes_per_second{direction="receive"})"] == 412e3);
}

TEST_CASE("NVLinks: one series a link for state, speed and errors, and the bytes of all together") {
  FakeCard card;
  std::string lines;
  for (int link = 0; link < 18; ++link) {
    lines += fmt::format("CALL 0 nvmlDeviceGetNvLinkState({}) rc=0 | u32 {}\n", link, link == 7 ? 0 : 1);
    lines += fmt::format("FIELD 0 id=164 scope={} rc=0 type=1 value=26562\n", link);
    lines += fmt::format("FIELD 0 id=161 scope={} rc=0 type=3 value={}\n", link, link);
  }
  lines += "CALL 0 nvmlDeviceGetNvLinkState(18) rc=2\n";
  lines += "FIELD 0 id=138 scope=4294967295 rc=0 type=3 value=5\nFIELD 0 id=139 scope=4294967295 rc=0 type=3 value=6";
  card.nvml.tell(lines);
  card.fast().tick();
  card.slow().tick();
  CHECK(row_of(card.fast())[R"(accel_link_transmit_bytes_total{link="all"})"] == 5120);
  CHECK(row_of(card.fast())[R"(accel_link_receive_bytes_total{link="all"})"] == 6144);
  auto row = row_of(card.slow());
  CHECK(row[R"(accel_link_up{link="7",type="nvlink"})"] == 0);
  CHECK(row[R"(accel_link_up{link="17",type="nvlink"})"] == 1);
  CHECK_FALSE(row.contains(R"(accel_link_up{link="18",type="nvlink"})"));
  CHECK(row[R"(accel_link_speed_bytes_per_second{link="3",type="nvlink"})"] == 26562e6);
  CHECK(row[R"(accel_link_errors_total{error="replay",link="17",type="nvlink"})"] == 17);
  CHECK_FALSE(row.contains(R"(accel_link_errors_total{error="recovery",link="0",type="nvlink"})"));
}

}  // namespace
}  // namespace tacho::sampler
