// An Ascend NPU's sources over the fake library: what they say of a made-up device, number by number, and what of one that fails.

#include "sampler/accel/ascend/source.h"

#include <set>

#include "sampler/accel/ascend/activity.h"
#include "sampler/accel/ascend/errors.h"
#include "tests/accel/fake_npu.h"
#include "tests/sampler/golden_text.h"

namespace tacho::sampler {
namespace {

std::set<std::string> names_of(const Watched& watched) {
  std::set<std::string> names;
  for (const store::SeriesInfo& info : watched.schema()) names.insert(short_name(info.labels));
  return names;
}

std::string errors_of(const std::string& code) { return "accel_errors_total{code=\"" + code + "\"}"; }

TEST_CASE("a made-up Ascend NPU gives its golden text") {
  FakeNpu npu;
  const std::string device = "sys/bus/pci/devices/0000:c1:00.0/";
  npu.machine.write(device + "current_link_speed", "16.0 GT/s PCIe\n");
  npu.machine.write(device + "max_link_speed", "32.0 GT/s PCIe\n");
  npu.machine.write(device + "current_link_width", "8\n");
  npu.machine.write(device + "max_link_width", "16\n");
  npu.fast().tick();
  npu.tick();
  npu.slow().tick();
  npu.network().tick();
  npu.bandwidth().tick();
  const std::string text = "# every tick\n" + text_of(row_of(npu.fast())) + "# slowly\n" + text_of(row_of(npu.slow())) +
                           "# the network\n" + text_of(row_of(npu.network())) + "# bandwidth\n" +
                           text_of(row_of(npu.bandwidth()));
  check_golden("ascend", text);
}

TEST_CASE("each number of the library is shown in its base unit") {
  FakeNpu npu;
  const auto fast = [&](const std::string& call, const std::string& values, const std::string& series) {
    npu.dcmi.tell("CALL 0 " + call + " rc=0 | " + values);
    npu.tick();
    return row_of(npu.fast())[series];
  };
  npu.fast().tick();
  CHECK(fast("dcmi_get_device_multi_utilization_rate()", "u32 1 u32 2 u32 3 u32 100", "accel_utilization_ratio") == 1);
  CHECK(fast("dcmi_get_device_multi_utilization_rate()", "u32 1 u32 29 u32 3 u32 4",
             R"(accel_engine_utilization_ratio{engine="vector"})") == 0.29);
  CHECK(fast("dcmi_get_device_multi_utilization_rate()", "u32 7 u32 2 u32 3 u32 4",
             R"(accel_pipe_active_ratio{pipe="tensor"})") == 0.07);
  CHECK(fast("dcmi_get_device_temperature()", "i32 -5", R"(accel_temperature_celsius{sensor="core"})") == -5);
  CHECK(fast("dcmi_get_device_power_info()", "i32 3105", R"(accel_power_watts{window="instant"})") == 310.5);
  CHECK(fast("dcmi_get_device_voltage()", "u32 79", R"(accel_voltage_volts{rail="core"})") == 0.79);
  CHECK(fast("dcmi_get_device_frequency(7)", "u32 800", R"(accel_clock_hertz{domain="core"})") == 8e8);
  const std::string hbm = "u64 32768 u32 1200 at 16 u64 1 i32 55 u32 99";
  CHECK(fast("dcmi_get_device_hbm_info()", hbm, "accel_memory_total_bytes") == 34359738368);
  CHECK(fast("dcmi_get_device_hbm_info()", hbm, "accel_memory_used_bytes") == 1048576);
  CHECK(fast("dcmi_get_device_hbm_info()", hbm, R"(accel_clock_hertz{domain="memory"})") == 1.2e9);
  CHECK(fast("dcmi_get_device_hbm_info()", hbm, R"(accel_temperature_celsius{sensor="memory"})") == 55);
  CHECK(fast("dcmi_get_device_hbm_info()", hbm, "accel_memory_bandwidth_utilization_ratio") == 0.99);
  for (const unsigned health : {1u, 2u, 3u})
    CHECK(fast("dcmi_get_device_health()", fmt::format("u32 {}", health), "accel_health_status") == 0);
  CHECK(fast("dcmi_get_device_health()", "u32 0", "accel_health_status") == 1);
}

TEST_CASE("every series of an NPU says whose it is") {
  FakeNpu npu;
  npu.fast().tick();
  npu.slow().tick();
  npu.network().tick();
  npu.bandwidth().tick();
  for (const Watched* watched : {&npu.fast(), &npu.slow(), &npu.network(), &npu.bandwidth()}) {
    for (const store::SeriesInfo& info : watched->schema()) {
      CHECK(info.labels.get("vendor") == "huawei");
      CHECK(info.labels.get("accel") == "0");
      CHECK(info.labels.get("uuid") == "65CC7164-21DFFB85-28812704-6D108182-00900008");
      CHECK(info.labels.get("pci_bus_id") == "0000:c1:00.0");
      CHECK(info.labels.get("model") == "Ascend 910B3");
    }
  }
  CHECK(npu.fast_source().name() == "ascend0");
  CHECK(npu.slow_source().name() == "ascend0_slow");
}

TEST_CASE("what says that it was not read is absent, never a number") {
  FakeNpu npu;
  npu.fast().tick();
  npu.slow().tick();
  npu.network().tick();
  const std::string ones = "bytes 464 ff";
  for (const char* call :
       {"multi_utilization_rate()", "temperature()", "power_info()", "voltage()", "frequency(7)", "hbm_info()"})
    npu.dcmi.tell(fmt::format("CALL 0 dcmi_get_device_{} rc=0 | {}", call, ones));
  npu.dcmi.tell("CALL 0 dcmi_get_netdev_pkt_stats_info(0) rc=0 | " + ones);
  for (const char* call : {"ecc_info(1)", "ecc_info(2)", "frequency(9)", "utilization_rate(3)", "utilization_rate(4)"})
    npu.dcmi.tell(fmt::format("CALL 0 dcmi_get_device_{} rc=0 | {}", call, ones));
  npu.dcmi.tell("CALL 0 dcmi_get_device_network_health() rc=0 | " + ones);
  npu.tick();
  npu.slow().tick();
  npu.network().tick();
  for (const auto& [name, value] : row_of(npu.fast())) {
    INFO(name);
    CHECK((name.starts_with("accel_errors_total") || name == "accel_last_error_code" || name == "accel_health_status"));
  }
  for (const auto& [name, value] : row_of(npu.slow())) {
    INFO(name);
    CHECK((name.starts_with("accel_info") || name.starts_with("accel_process")));
  }
  CHECK(row_of(npu.network()).empty());
  for (const int sentinel : {0x7ffd, 0x7fff, -1}) {
    npu.dcmi.tell(
        fmt::format("CALL 0 dcmi_get_device_temperature() rc=0 | i32 {0}\nCALL 0 dcmi_get_device_power_info() rc=0 | i32 {0}\n"
                    "CALL 0 dcmi_get_device_hbm_info() rc=0 | u64 32765 u32 1 at 16 u64 32767 i32 {0} u32 101",
                    sentinel));
    npu.tick();
    const auto row = row_of(npu.fast());
    CHECK_FALSE(row.contains(R"(accel_temperature_celsius{sensor="core"})"));
    CHECK_FALSE(row.contains(R"(accel_temperature_celsius{sensor="memory"})"));
    CHECK_FALSE(row.contains(R"(accel_power_watts{window="instant"})"));
    CHECK_FALSE(row.contains("accel_memory_bandwidth_utilization_ratio"));
    // The same numbers of MiB are some.
    CHECK(row.at("accel_memory_total_bytes") == 32765.0 * 1048576);
    CHECK(row.at("accel_memory_used_bytes") == 32767.0 * 1048576);
  }
}

TEST_CASE("a code in place of an answer leaves an NPU's cells absent") {
  for (int code :
       {-8001, -8002, -8003, -8004, -8005, -8006, -8008, -8009, -8010, -8011, -8013, -8014, -8016, -8017, -8020, -8255, -1}) {
    INFO("code " << code);
    FakeNpu npu;
    npu.fast().tick();
    npu.slow().tick();
    npu.network().tick();
    npu.bandwidth().tick();
    npu.dcmi.tell(fmt::format("ALL 0 rc={}", code));
    npu.tick();
    npu.slow().tick();
    npu.network().tick();
    npu.bandwidth().tick();
    CHECK(row_of(npu.fast()).empty());
    for (const auto& [name, value] : row_of(npu.slow())) CHECK(name.starts_with("accel_info"));
    CHECK(row_of(npu.network()).empty());
    CHECK(row_of(npu.bandwidth()).empty());
  }
}

TEST_CASE("an NPU that dropped off the bus or is being reset gives no row, is left alone for half a minute, and is found again") {
  for (const int code : {-8007, -8012, -8015}) {
    INFO("code " << code);
    FakeNpu npu;
    npu.fast().tick();
    npu.dcmi.tell(fmt::format("ALL 0 rc={}", code));
    npu.clock.advance_ms(1000);
    Result<Sampled> sampled = npu.fast().sample();
    REQUIRE_FALSE(sampled);
    CHECK(sampled.error().message.find(fmt::format("({})", code)) != std::string::npos);
    CHECK(sampled.error().message.find("Ascend NPU 0000:c1:00.0") == 0);
    CHECK_FALSE(npu.state->up(npu.clock.mono()));
    npu.dcmi.tell("ALL 0 rc=0");
    npu.clock.advance_ms(1000);
    CHECK(npu.fast().sample().value() == Sampled::layout_changed);
    CHECK_FALSE(npu.fast().describe());
    npu.clock.advance_ms(30'000);
    REQUIRE(npu.fast().describe());
    npu.tick();
    CHECK(row_of(npu.fast()).contains("accel_utilization_ratio"));
    CHECK(npu.state->up(npu.clock.mono()));
  }
}

TEST_CASE("a device whose health says that it is absent is lost, whatever the other calls say") {
  FakeNpu npu;
  npu.fast().tick();
  npu.dcmi.tell("CALL 0 dcmi_get_device_health() rc=0 | u32 4294967295");
  npu.clock.advance_ms(1000);
  CHECK_FALSE(npu.fast().sample());
  CHECK_FALSE(npu.state->up(npu.clock.mono()));
}

TEST_CASE("faults count when they are raised: two raised are two, one that stays is one, one that comes back is another") {
  FakeNpu npu;
  const auto raise = [&](const std::string& codes, int count) {
    npu.dcmi.tell(fmt::format("CALL 0 dcmi_get_device_errorcode_v2() rc=0 | u32 {} {}", count, codes));
    npu.clock.advance_ms(1000);
    return npu.fast().tick();
  };
  const std::string link = errors_of("0x81078603");
  const std::string dropped = errors_of("0x40f84e00");
  const std::string other = errors_of("0x80e18402");
  // What is raised at the start is not news, but it is the last error.
  raise("u32 2162263043", 1);
  auto row = row_of(npu.fast());
  CHECK(row[link] == 0);
  CHECK(row[dropped] == 0);
  CHECK(row["accel_last_error_code"] == 2162263043);
  CHECK_FALSE(row.contains("accel_last_error_timestamp_seconds"));
  raise("u32 2162263043", 1);
  CHECK(row_of(npu.fast())[errors_of("0x80e18403")] == 0);
  CHECK(raise("u32 2162263043 u32 2162263042 u32 2162263042", 3) == 1);  // a new code is a new series
  row = row_of(npu.fast());
  CHECK(row[other] == 2);
  CHECK(row["accel_last_error_code"] == 2162263042);
  CHECK(row["accel_last_error_timestamp_seconds"] == 1'790'000'003);
  CHECK(raise("u32 2162263042", 1) == 0);
  CHECK(row_of(npu.fast())[other] == 2);
  CHECK(raise("u32 2164753923 u32 2162263042 u32 2162263042", 3) == 0);
  row = row_of(npu.fast());
  CHECK(row[other] == 3);
  CHECK(row[link] == 1);
  raise("", 0);
  raise("u32 2164753923", 1);
  CHECK(row_of(npu.fast())[link] == 2);
  // A list that could not be read is no list without faults.
  npu.dcmi.tell("CALL 0 dcmi_get_device_errorcode_v2() rc=-8006");
  npu.tick();
  CHECK_FALSE(row_of(npu.fast()).contains(link));
  raise("u32 2164753923", 1);
  CHECK(row_of(npu.fast())[link] == 2);
}

TEST_CASE("however many codes a library makes up, the series are few and nothing is lost") {
  FakeNpu npu;
  npu.fast().tick();
  for (unsigned n = 0; n < 4; ++n) {
    std::string codes;
    for (unsigned i = 0; i < 100; ++i) codes += fmt::format(" u32 {}", 1000 * (n + 1) + i);
    npu.dcmi.tell("CALL 0 dcmi_get_device_errorcode_v2() rc=0 | u32 100" + codes);
    npu.tick();
  }
  double sum = 0;
  std::size_t series = 0;
  for (const auto& [name, value] : row_of(npu.fast())) {
    if (!name.starts_with("accel_errors_total")) continue;
    sum += value;
    ++series;
  }
  CHECK(series == AscendErrors::kCodesMax + 1);
  CHECK(row_of(npu.fast()).contains(errors_of("other")));
  // Codes that share a series and take each other's place in the list cannot be told apart.
  CHECK(sum >= 100);
  CHECK(sum <= 400);
  for (const char* count : {"4294967295", "2147483647", "129"}) {  // more than there is room for, and less than none
    npu.dcmi.tell(fmt::format("CALL 0 dcmi_get_device_errorcode_v2() rc=0 | u32 {}", count));
    npu.tick();
  }
}

TEST_CASE("energy is power summed over time, without the time in which the NPU was lost") {
  FakeNpu npu;
  const std::string energy = R"(accel_energy_joules_total{derived="1"})";
  npu.fast().tick();
  CHECK(row_of(npu.fast())[energy] == 0);
  npu.dcmi.tell("CALL 0 dcmi_get_device_power_info() rc=0 | i32 1000");
  npu.tick();
  CHECK(row_of(npu.fast())[energy] == Approx((93.4 + 100) / 2));
  npu.tick(2000);
  CHECK(row_of(npu.fast())[energy] == Approx((93.4 + 100) / 2 + 200));
  npu.dcmi.tell("ALL 0 rc=-8012");
  npu.clock.advance_ms(1000);
  CHECK_FALSE(npu.fast().sample());
  npu.dcmi.tell("ALL 0 rc=0");
  npu.clock.advance_ms(40'000);
  npu.fast().tick();
  CHECK(row_of(npu.fast())[energy] == Approx((93.4 + 100) / 2 + 200));
  npu.tick(100'000);  // nobody knows what was drawn meanwhile
  CHECK(row_of(npu.fast())[energy] == Approx((93.4 + 100) / 2 + 200));
  npu.tick();
  CHECK(row_of(npu.fast())[energy] == Approx((93.4 + 100) / 2 + 300));
}

TEST_CASE("an old library gives what it has: shares one by one in the slow row, the NPU's in each, the others in turn") {
  FakeNpu npu(FAKE_DCMI_OLD);
  npu.fast().tick();
  CHECK_FALSE(names_of(npu.fast()).contains("accel_utilization_ratio"));
  CHECK(row_of(npu.fast()).contains("accel_memory_used_bytes"));
  std::map<std::string, int> seen;
  for (int i = 0; i < 5; ++i) {
    npu.slow().tick();
    int asked = 0;
    for (const auto& [name, value] : row_of(npu.slow())) {
      if (!name.starts_with("accel_engine") && !name.starts_with("accel_utilization")) continue;
      ++seen[name];
      ++asked;
    }
    CHECK(asked == AscendRates::kRatesPerRow);
  }
  CHECK(seen["accel_utilization_ratio"] == 5);
  for (const char* engine : {"aicore", "vector", "cube", "aicpu", "ctrlcpu"})
    CHECK(seen[fmt::format("accel_engine_utilization_ratio{{engine=\"{}\"}}", engine)] == 2);
  bool said = false;
  for (const auto& u : npu.fast_source().unsupported())
    said |= u.what == "utilization each tick" && fmt::format("{}", u.code) == "not in this library";
  CHECK(said);
}

TEST_CASE("a chip without on-chip memory tells its DDR memory, and its bandwidth slowly") {
  FakeNpu npu;
  npu.dcmi.tell(
      "CALL 0 dcmi_get_device_hbm_info() rc=-8255\nCALL 0 dcmi_get_device_ecc_info(2) rc=-8255\n"
      "CALL 0 dcmi_get_device_ecc_info(0) rc=0 | i32 0 u32 21");
  npu.fast().tick();
  npu.slow().tick();
  const auto fast = row_of(npu.fast());
  CHECK(fast.at("accel_memory_total_bytes") == 15360.0 * 1048576);
  CHECK(fast.at("accel_memory_used_bytes") == 3072.0 * 1048576);
  CHECK(fast.at(R"(accel_clock_hertz{domain="memory"})") == 2.4e9);
  CHECK_FALSE(fast.contains(R"(accel_temperature_celsius{sensor="memory"})"));
  const auto slow = row_of(npu.slow());
  CHECK(slow.at("accel_memory_bandwidth_utilization_ratio") == 0.09);
  CHECK(slow.at(R"(accel_ecc_errors_total{location="dram",scope="volatile",severity="corrected"})") == 21);
  CHECK(slow.at("accel_ecc_enabled") == 0);
}

TEST_CASE("a process of an NPU that comes or goes is a new layout, and a count that cannot be is none") {
  FakeNpu npu;
  npu.slow().tick();
  CHECK(row_of(npu.slow())["accel_processes"] == 2);
  CHECK(row_of(npu.slow())[R"(accel_process_memory_used_bytes{pid="4243"})"] == 2'000'000);
  npu.dcmi.tell("CALL 0 dcmi_get_device_resource_info() rc=0 | u32 1 at 16 i32 77 at 24 u64 5");
  CHECK(npu.slow().tick() == 1);
  CHECK(row_of(npu.slow())[R"(accel_process_memory_used_bytes{pid="77"})"] == 5);
  npu.dcmi.tell("CALL 0 dcmi_get_device_resource_info() rc=0 | i32 -7");
  CHECK(npu.slow().tick() == 1);
  CHECK(row_of(npu.slow())["accel_processes"] == 0);
  npu.dcmi.tell("CALL 0 dcmi_get_device_resource_info() rc=0 | u32 1000000 at 16 bytes 512 7f");
  npu.slow().tick();
  CHECK(row_of(npu.slow())["accel_processes"] == 1);
}

TEST_CASE("the network is up where Huawei's exporter says healthy") {
  FakeNpu npu;
  const std::string up = R"(accel_link_up{link="0",type="roce"})";
  for (int result = 0; result <= 8; ++result) {
    npu.dcmi.tell(fmt::format("CALL 0 dcmi_get_device_network_health() rc=0 | u32 {}", result));
    npu.network().tick();
    CHECK(row_of(npu.network())[up] == (result == 0 || result == 6 ? 1 : 0));
  }
}

TEST_CASE("an Ascend 950 answers the calls by number alone, and has no address that anybody told") {
  FakeNpu npu;
  npu.dcmi.tell("ERA 950");
  npu.fast().tick();
  npu.slow().tick();
  npu.network().tick();
  const auto row = row_of(npu.fast());
  CHECK(row.at("accel_utilization_ratio") == 0.78);
  CHECK(row.at(R"(accel_power_watts{window="instant"})") == 93.4);
  CHECK(row.at("accel_memory_used_bytes") == 3161.0 * 1048576);
  CHECK(row.at(R"(accel_clock_hertz{domain="core"})") == 1.65e9);
  CHECK(row.at("accel_health_status") == 1);
  CHECK_FALSE(names_of(npu.fast()).contains(R"(accel_voltage_volts{rail="core"})"));
  CHECK_FALSE(names_of(npu.fast()).contains(errors_of("0x81078603")));
  CHECK(npu.fast().schema()[0].labels.get("pci_bus_id").empty());
  CHECK(row_of(npu.slow()).at(R"(accel_clock_max_hertz{domain="core"})") == 1.85e9);
  CHECK(row_of(npu.network()).at(R"(accel_link_up{link="0",type="roce"})") == 1);
}

TEST_CASE("texts that do not end, or are none, are cut to what a label can hold") {
  for (const char* value : {"ff", "7f", "41", "00", "0a", "20"}) {
    FakeNpu npu;
    npu.dcmi.tell(
        fmt::format("CALL 0 dcmi_get_device_chip_info_v2() rc=0 | bytes 132 {0}\n"
                    "CALL 0 dcmi_get_device_elabel_info() rc=0 | bytes 1280 {0}\n"
                    "CALL 0 dcmi_get_device_die_v2(1) rc=0 | bytes 20 {0}\n"
                    "CALL - dcmi_get_driver_version() rc=0 | bytes 255 {0}",
                    value));
    npu.fast().tick();
    npu.slow().tick();
    for (const store::SeriesInfo& info : npu.slow().schema()) {
      for (const char* label : {"model", "serial", "product", "chip_version", "driver_version"}) {
        const std::string_view text = info.labels.get(label);
        CHECK(text.size() <= 256);
        CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
      }
    }
  }
}

}  // namespace
}  // namespace tacho::sampler
