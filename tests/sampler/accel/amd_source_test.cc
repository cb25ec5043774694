// Cards of amdgpu over a made sysfs (tests/accel/make_amd_tree.py): file by file, value by value, and what goes wrong with them.

#include "sampler/accel/amd/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "sampler/accel/amd/info.h"
#include "sampler/accel/amd/ras.h"
#include "sampler/accel_report.h"
#include "sampler/accel_sources.h"
#include "sampler/scheduler.h"
#include "tests/accel/card_rows.h"
#include "tests/sampler/golden_text.h"
#include "tests/temp_dir.h"

namespace tacho::sampler {
namespace {

// One card of the tree and its two sources.
class Card {
 public:
  explicit Card(std::size_t number = 0) : slot_(amd_slots(machine.roots()).at(number)) {}

  Watched& fast() { return get(fast_, amd_fast(), state).watched; }
  Watched& slow() { return get(slow_, amd_slow(), nullptr).watched; }
  AmdSource& fast_source() { return get(fast_, amd_fast(), state).source; }
  AmdSource& slow_source() { return get(slow_, amd_slow(), nullptr).source; }
  std::string folder() const { return "sys/bus/pci/devices/" + slot_.slot.pci_bus_id + "/"; }
  void write(const std::string& file, const std::string& text) { machine.write(folder() + file, text); }
  void remove(const std::string& file) { machine.remove(folder() + file); }
  std::string read(const std::string& file) { return read_file(machine.path(folder() + file)).value(); }
  std::map<std::string, double> tick_fast() { return fast().tick(), row_of(fast()); }
  std::map<std::string, double> tick_slow() { return slow().tick(), row_of(slow()); }

  Machine machine{"amd"};
  FixedClock clock{1'790'000'000'000'000'000};
  std::shared_ptr<AccelState> state = std::make_shared<AccelState>();

 private:
  struct Sourced {
    Sourced(AmdSource::Kind kind, AmdCard card, std::shared_ptr<AccelState> state, const Clock& clock)
        : source(std::move(kind), std::move(card), std::move(state), clock), watched(source) {}
    AmdSource source;
    Watched watched;
  };
  Sourced& get(std::unique_ptr<Sourced>& which, AmdSource::Kind kind, std::shared_ptr<AccelState> with) {
    if (!which) which = std::make_unique<Sourced>(std::move(kind), AmdCard(machine.roots(), slot_), std::move(with), clock);
    return *which;
  }
  AmdSlot slot_;
  std::unique_ptr<Sourced> fast_, slow_;
};

constexpr std::size_t kMi300x = 0, kMi250 = 1, kMi325x = 2, kRadeon = 3, kHygon = 4;

template <class T>
void store(std::string& table, std::size_t at, T value) {
  std::memcpy(table.data() + at, &value, sizeof value);
}

std::vector<std::string> layout_of(const Watched& watched) {
  std::vector<std::string> names;
  for (const store::SeriesInfo& info : watched.schema()) names.push_back(short_name(info.labels));
  return names;
}

TEST_CASE("the cards of a made sysfs give their golden text") {
  std::string text;
  for (const std::size_t number : {kMi300x, kMi250, kMi325x, kRadeon, kHygon}) {
    Card card(number);
    card.fast().tick();
    card.slow().tick();
    text += "# " + Labels(card.fast_source().card().labels()).to_string() + "\n# every tick\n" + text_of(row_of(card.fast())) +
            "# slowly\n" + text_of(row_of(card.slow())) + "# not there\n";
    for (const AmdSource* source : {&card.fast_source(), &card.slow_source()}) {
      for (const Missing& m : source->missing()) text += fmt::format("{}: {}\n", m.name.text(), m.why);
    }
    const std::string root = card.machine.path("");
    for (std::size_t at; (at = text.find(root)) != std::string::npos;) text.replace(at, root.size(), "TREE/");
  }
  check_golden("amd", text);
}

TEST_CASE("what is in a file is in the row, in the metric's unit") {
  struct Case {
    bool fast;
    const char* file;
    const char* text;
    const char* series;
    double value;
  };
  const Case cases[] = {
      {true, "gpu_busy_percent", "83\n", "accel_utilization_ratio", 0.83},
      {true, "gpu_busy_percent", "0\n", "accel_utilization_ratio", 0},
      {true, "gpu_busy_percent", "100\n", "accel_utilization_ratio", 1},
      {true, "mem_busy_percent", "29\n", "accel_memory_bandwidth_utilization_ratio", 0.29},
      {true, "mem_info_vram_total", "68702699521\n", "accel_memory_total_bytes", 68702699521},
      {true, "mem_info_vram_used", "4096\n", "accel_memory_used_bytes", 4096},
      {true, "hwmon/hwmon6/temp1_input", "-5500\n", R"(accel_temperature_celsius{sensor="core"})", -5.5},
      {true, "hwmon/hwmon6/temp2_input", "104250\n", R"(accel_temperature_celsius{sensor="hotspot"})", 104.25},
      {true, "hwmon/hwmon6/temp3_input", "88000\n", R"(accel_temperature_celsius{sensor="memory"})", 88},
      {true, "hwmon/hwmon6/power1_average", "123456789\n", R"(accel_power_watts{window="average"})", 123.456789},
      {true, "hwmon/hwmon6/freq1_input", "1700000000\n", R"(accel_clock_hertz{domain="core"})", 1.7e9},
      {true, "hwmon/hwmon6/freq2_input", "1200000000\n", R"(accel_clock_hertz{domain="memory"})", 1.2e9},
      {true, "hwmon/hwmon6/in0_input", "1062\n", R"(accel_voltage_volts{rail="vddgfx"})", 1.062},
      {false, "mem_info_vis_vram_total", "17\n", "accel_bar1_total_bytes", 17},
      {false, "mem_info_vis_vram_used", "16\n", "accel_bar1_used_bytes", 16},
      {false, "pcie_replay_count", "12\n", "accel_pcie_replay_total", 12},
      {false, "current_link_speed", "2.5 GT/s PCIe\n", "accel_pcie_link_generation", 1},
      {false, "current_link_speed", "64.0 GT/s PCIe\n", "accel_pcie_link_generation", 6},
      {false, "max_link_speed", "8.0 GT/s PCIe\n", "accel_pcie_link_generation_max", 3},
      {false, "current_link_width", "4\n", "accel_pcie_link_width", 4},
      {false, "max_link_width", "8\n", "accel_pcie_link_width_max", 8},
      {false, "hwmon/hwmon6/power1_cap", "300000000\n", R"(accel_power_limit_watts{limit="enforced"})", 300},
      {false, "hwmon/hwmon6/power1_cap_default", "301000000\n", R"(accel_power_limit_watts{limit="default"})", 301},
      {false, "hwmon/hwmon6/power1_cap_max", "302000000\n", R"(accel_power_limit_watts{limit="max"})", 302},
      {false, "hwmon/hwmon6/power1_cap_min", "1000000\n", R"(accel_power_limit_watts{limit="min"})", 1},
      {false, "hwmon/hwmon6/temp1_crit", "99000\n", R"(accel_temperature_limit_celsius{limit="slowdown",sensor="core"})", 99},
      {false, "hwmon/hwmon6/temp3_emergency", "98000\n", R"(accel_temperature_limit_celsius{limit="shutdown",sensor="memory"})",
       98},
      {false, "hwmon/hwmon6/fan1_input", "2400\n", R"(accel_fan_rpm{fan="0"})", 2400},
      {false, "hwmon/hwmon6/pwm1", "255\n", R"(accel_fan_speed_ratio{fan="0"})", 1},
      {false, "pp_dpm_sclk", "0: 500Mhz\n1: 1650Mhz *\nS: 19Mhz\n", R"(accel_clock_max_hertz{domain="core"})", 1.65e9},
      {false, "pp_dpm_mclk", "0: 400Mhz *\n1: 1601Mhz\n", R"(accel_clock_max_hertz{domain="memory"})", 1.601e9},
      {false, "ras/features", "feature mask: 0x5\n", "accel_ecc_enabled", 1},
      {false, "ras/features", "feature mask: 0x4\n", "accel_ecc_enabled", 0},
      {false, "ras/umc_err_count", "ue: 7\nce: 9\n",
       R"(accel_ecc_errors_total{location="dram",scope="volatile",severity="uncorrected"})", 7},
      {false, "ras/umc_err_count", "ue: 7\nce: 9\n",
       R"(accel_ecc_errors_total{location="dram",scope="volatile",severity="corrected"})", 9},
      {false, "ras/gpu_vram_bad_pages", "0x1 : 0x1000 : R\n0x2 : 0x1000 : F\n0x3 : 0x1000 : P\n",
       R"(accel_memory_retired_pages_total{cause="uncorrected"})", 3},
      {false, "xgmi_error", "1\n", R"(accel_link_errors_total{error="any",type="xgmi"})", 1},
  };
  Card card(kMi250);
  for (const Case& c : cases) {
    // Fans, which this card has none of, are to be there when it is described.
    if (std::string(c.file).find("fan") != std::string::npos || std::string(c.file).find("pwm") != std::string::npos)
      card.write(c.file, "1\n");
  }
  card.fast().tick();
  card.slow().tick();
  for (const Case& c : cases) {
    INFO(c.file << ": " << c.text);
    card.write(c.file, c.text);
    const auto row = c.fast ? card.tick_fast() : card.tick_slow();
    REQUIRE(row.contains(c.series));
    CHECK(row.at(c.series) == c.value);
    if (std::string(c.file) == "xgmi_error") card.write(c.file, "0\n");
  }
}

TEST_CASE("what is no number, or the driver's word for not known, is absent") {
  Card card(kMi250);
  card.write("gpu_metrics", "");
  card.fast().tick();
  card.slow().tick();
  for (const char* text : {"", "\n", "N/A\n", "65535\n", "4294967295\n", "101\n"}) {
    INFO(text);
    card.write("gpu_busy_percent", text);
    CHECK_FALSE(card.tick_fast().contains("accel_utilization_ratio"));
  }
  card.write("gpu_busy_percent", "5\n");
  CHECK(card.tick_fast().at("accel_utilization_ratio") == 0.05);
  for (const char* text : {"Unknown\n", "", "17.0 GT/s PCIe\n"}) {
    card.write("current_link_speed", text);
    CHECK_FALSE(card.tick_slow().contains("accel_pcie_link_generation"));
  }
  for (const char* text : {"0\n", "255\n", "x\n"}) {
    card.write("current_link_width", text);
    CHECK_FALSE(card.tick_slow().contains("accel_pcie_link_width"));
  }
  card.write("ras/umc_err_count", "ue: 7\nce: ");
  const auto row = card.tick_slow();
  CHECK(row.at(R"(accel_ecc_errors_total{location="dram",scope="volatile",severity="uncorrected"})") == 7);
  CHECK_FALSE(row.contains(R"(accel_ecc_errors_total{location="dram",scope="volatile",severity="corrected"})"));
  CHECK_FALSE(row.contains(R"(accel_ecc_errors_total{location="total",scope="volatile",severity="corrected"})"));
}

TEST_CASE("a file that cannot be read for a while leaves its cell absent, and the layout as it is") {
  Card card;
  card.fast().tick();
  const auto before = layout_of(card.fast());
  // Instead of EBUSY, which a file of ours cannot say.
  card.remove("gpu_busy_percent");
  card.machine.write(card.folder() + "gpu_busy_percent/x", "");
  const auto row = card.tick_fast();
  CHECK_FALSE(row.contains("accel_utilization_ratio"));
  CHECK(row.contains("accel_memory_used_bytes"));
  CHECK(layout_of(card.fast()) == before);
}

TEST_CASE("the tables of gpu_metrics, revision by revision") {
  const std::string vcn = R"(accel_engine_utilization_ratio{engine="vcn"})",
                    jpeg = R"(accel_engine_utilization_ratio{engine="jpeg"})";
  for (const char* revision : {"1.4", "1.6", "1.8"}) {
    INFO(revision);
    const bool later = std::string(revision) != "1.4";
    Card card(kRadeon);
    // Nothing but the table tells.
    card.machine.remove(card.folder() + "hwmon");
    card.remove("gpu_busy_percent");
    card.write("gpu_metrics", read_file(card.machine.path(std::string("tables/") + revision)).value());
    const auto row = card.tick_fast();
    CHECK(row.at("accel_utilization_ratio") == 0.9);
    CHECK(row.at("accel_memory_bandwidth_utilization_ratio") == 0.3);
    CHECK(row.at(R"(accel_temperature_celsius{sensor="hotspot"})") == 70);
    CHECK(row.at(R"(accel_temperature_celsius{sensor="memory"})") == 60);
    CHECK(row.at(R"(accel_temperature_celsius{sensor="vr"})") == 65);
    CHECK(row.at(R"(accel_power_watts{window="instant"})") == 700);
    CHECK(row.at("accel_energy_joules_total") == 1000);
    CHECK(row.at(R"(accel_clock_hertz{domain="memory"})") == 1.3e9);
    CHECK(row.at(vcn) == 0.1);
    CHECK(row.contains(jpeg) == later);
    if (later) CHECK(row.at(jpeg) == 0.02);
    CHECK(row.at(R"(accel_link_receive_bytes_total{link="0",type="xgmi"})") == 1024);
    CHECK(row.at(R"(accel_link_receive_bytes_total{link="1",type="xgmi"})") == 2048);
    CHECK(row.at(R"(accel_link_transmit_bytes_total{link="0",type="xgmi"})") == 3072);
    CHECK(row.at(R"(accel_link_transmit_bytes_total{link="1",type="xgmi"})") == 4096);
    CHECK_FALSE(row.contains(R"(accel_link_receive_bytes_total{link="2",type="xgmi"})"));
    CHECK(row.contains(R"(accel_throttle_seconds_total{reason="thermal_memory"})") == later);
    const auto slow = card.tick_slow();
    CHECK(slow.at(R"(accel_link_speed_bytes_per_second{type="xgmi"})") == 50e9);
    CHECK(slow.contains(R"(accel_link_up{link="0",type="xgmi"})") == (std::string(revision) == "1.8"));
  }
}

TEST_CASE("a share of more than the whole is none") {
  Card card(kRadeon);
  card.remove("gpu_busy_percent");
  std::string table = read_file(card.machine.path("tables/1.4")).value();
  const std::string vcn = R"(accel_engine_utilization_ratio{engine="vcn"})";
  store(table, 12, std::uint16_t{100});
  card.write("gpu_metrics", table);
  CHECK(card.tick_fast().at("accel_utilization_ratio") == 1);
  store(table, 12, std::uint16_t{0xfffe});
  store(table, 16, std::uint16_t{101});  // one of four; the mean is of the others
  card.write("gpu_metrics", table);
  const auto row = card.tick_fast();
  CHECK_FALSE(row.contains("accel_utilization_ratio"));
  CHECK(row.at(vcn) <= 1);
}

TEST_CASE("a table that is short, of a wrong size or of an unknown revision is not read") {
  Card card;
  card.fast().tick();
  const std::string whole = card.read("gpu_metrics");
  const auto before = layout_of(card.fast());
  const std::string energy = "accel_energy_joules_total";
  CHECK(row_of(card.fast()).contains(energy));
  for (std::size_t length = 0; length < whole.size(); length += 1 + length / 8) {
    card.write("gpu_metrics", whole.substr(0, length));
    const auto row = card.tick_fast();
    CHECK_FALSE(row.contains(energy));
    CHECK(row.contains("accel_utilization_ratio"));
  }
  std::string other = whole;
  for (const auto& [at, value] : {std::pair{0, 100}, std::pair{2, 2}, std::pair{3, 4}, std::pair{3, 200}}) {
    other = whole;
    other[static_cast<std::size_t>(at)] = static_cast<char>(value);
    card.write("gpu_metrics", other + std::string(64, '\0'));
    CHECK_FALSE(card.tick_fast().contains(energy));
  }
  CHECK(layout_of(card.fast()) == before);
  card.write("gpu_metrics", whole + "more");
  CHECK(card.tick_fast().contains(energy));
  // The driver was updated, and has another table now.
  card.write("gpu_metrics", read_file(card.machine.path("tables/1.8")).value());
  CHECK(card.fast().tick() == 1);
  CHECK(row_of(card.fast()).at(energy) == 1000);
}

TEST_CASE("a number with all bits set is absent; one that appears is a new layout once, however it comes and goes") {
  Card card;
  card.fast().tick();
  std::string table = card.read("gpu_metrics");
  const std::string energy = "accel_energy_joules_total", vcn = R"(accel_engine_utilization_ratio{engine="vcn"})";
  store<std::uint64_t>(table, 88, ~std::uint64_t{0});
  card.write("gpu_metrics", table);
  CHECK(card.fast().tick() == 0);
  CHECK_FALSE(row_of(card.fast()).contains(energy));
  // Two VCNs more begin to tell: the same series.
  CHECK(row_of(card.fast()).at(vcn) == 0.2);
  store<std::uint16_t>(table, 20, 0);
  store<std::uint16_t>(table, 22, 0);
  card.write("gpu_metrics", table);
  CHECK(card.fast().tick() == 0);
  CHECK(row_of(card.fast()).at(vcn) == 0.1);
  // Described without the energy, which then comes and goes.
  Card late;
  late.write("gpu_metrics", table);
  late.fast().tick();
  CHECK_FALSE(late.fast().has(energy));
  int described = 0;
  for (int i = 0; i < 6; ++i) {
    store<std::uint64_t>(table, 88, i % 2 ? ~std::uint64_t{0} : 65536u);
    late.write("gpu_metrics", table);
    described += late.fast().tick();
    CHECK(row_of(late.fast()).contains(energy) == (i % 2 == 0));
  }
  CHECK(described == 1);
}

TEST_CASE("what throttles now, and the time for which it did") {
  Card old(kMi250);
  const auto bits = old.tick_fast();
  const auto active = [](const char* reason) { return fmt::format(R"(accel_throttle_active{{reason="{}"}})", reason); };
  CHECK(bits.at(active("power_cap")) == 1);
  CHECK(bits.at(active("thermal")) == 1);
  CHECK(bits.at(active("current")) == 0);
  CHECK(bits.at(active("prochot")) == 0);
  CHECK(bits.at(active("reliability")) == 0);

  Card card(kMi325x);
  const std::string power = R"(accel_throttle_seconds_total{reason="power_cap"})";
  const std::string thermal = R"(accel_throttle_seconds_total{reason="thermal"})";
  CHECK(card.tick_fast().at(power) == 0);  // since the agent's start
  std::string table = card.read("gpu_metrics");
  std::uint64_t ns = 7'000'000'000'000;
  const auto next = [&](std::uint64_t later_ns, std::uint32_t counter, std::uint32_t ppt, std::uint32_t thm) {
    store<std::uint64_t>(table, 32, ns += later_ns);
    store<std::uint32_t>(table, 40, counter);
    store<std::uint32_t>(table, 48, ppt);
    store<std::uint32_t>(table, 52, thm);
    card.write("gpu_metrics", table);
    return card.tick_fast();
  };
  auto row = next(1'000'000'000, 2000, 350, 50);  // a quarter of a second
  CHECK(row.at(power) == 0.25);
  CHECK(row.at(thermal) == 0);
  row = next(2'000'000'000, 4000, 2350, 1050);  // all of two seconds, half of them
  CHECK(row.at(power) == 2.25);
  CHECK(row.at(thermal) == 1);
  row = next(500'000'000, 4000, 2350, 1050);  // the same table: the time is not lost
  CHECK(row.at(power) == 2.25);
  row = next(500'000'000, 5000, 2850, 1050);
  CHECK(row.at(power) == 2.75);
  row = next(1'000'000'000, 10, 5, 5);  // the card was reset
  CHECK(row.at(power) == 2.75);
  row = next(1'000'000'000, 1010, 505, 5);
  CHECK(row.at(power) == 3.25);
  CHECK(row.at(thermal) == 1);
  // Counters of 32 bits begin anew.
  row = next(1'000'000'000, 0x7fffffff, 505, 5);
  row = next(1'000'000'000, 0xfffffe00, 0xfffffff0, 5);
  const double before = row.at(power);
  row = next(1'000'000'000, 0x00000200, 0x000001f0, 5);
  CHECK(row.at(power) == before + 0.5);
}

TEST_CASE("errors of the links are summed, for the card forgets them when they are read") {
  Card card;
  const std::string errors = R"(accel_link_errors_total{error="any",type="xgmi"})";
  card.write("xgmi_error", "2\n");  // what was there when the agent came is an error too
  CHECK(card.tick_slow().at(errors) >= 2);
  card.write("xgmi_error", "0\n");
  const double before = card.tick_slow().at(errors);
  card.write("xgmi_error", "1\n");
  CHECK(card.tick_slow().at(errors) == before + 1);
  CHECK(card.tick_slow().at(errors) == before + 2);
  card.write("xgmi_error", "x\n");
  CHECK_FALSE(card.tick_slow().contains(errors));
  card.write("xgmi_error", "0\n");
  CHECK(card.tick_slow().at(errors) == before + 2);
}

TEST_CASE("a process that comes, goes, or has its first memory on the card is a new layout") {
  Card card(kMi325x);
  const std::string proc = "sys/class/kfd/kfd/proc/";
  auto row = card.tick_slow();
  CHECK(row.at("accel_processes") == 1);
  CHECK(row.at(R"(accel_process_memory_used_bytes{pid="4244"})") == 130e9);  // of both parts of the card
  card.machine.write(proc + "4244/vram_1003", "1000\n");
  CHECK(card.slow().tick() == 0);
  CHECK(row_of(card.slow()).at(R"(accel_process_memory_used_bytes{pid="4244"})") == 70e9 + 1000);
  card.machine.write(proc + "4242/vram_1004", "5\n");
  CHECK(card.slow().tick() == 1);
  CHECK(row_of(card.slow()).at(R"(accel_process_memory_used_bytes{pid="4242"})") == 5);
  card.machine.write(proc + "9000/vram_1003", "7\n");
  CHECK(card.slow().tick() == 1);
  CHECK(row_of(card.slow()).at("accel_processes") == 3);
  for (const char* pid : {"4242", "4243", "4244", "9000"}) card.machine.remove(proc + pid);
  CHECK(card.slow().tick() == 1);
  CHECK(row_of(card.slow()).at("accel_processes") == 0);
}

TEST_CASE("a card that is partitioned otherwise says so") {
  Card card(kMi325x);
  card.slow().tick();
  const std::string second = R"(accel_partition_info{memory_partition="NPS2",partition="1",partition_profile="DPX"})";
  CHECK(row_of(card.slow()).at(second) == 1);
  card.machine.remove("sys/class/kfd/kfd/topology/nodes/4");
  card.write("current_compute_partition", "SPX\n");
  CHECK(card.slow().tick() == 1);
  CHECK_FALSE(row_of(card.slow()).contains(second));
  bool said = false;
  for (const store::SeriesInfo& info : card.slow().schema())
    said = said || (info.labels.metric_name() == "accel_info" && info.labels.get("compute_partition") == "SPX");
  CHECK(said);
}

TEST_CASE("a card that vanishes gives an error and no row, is not up, and is found again, whatever its sensors' number is now") {
  Card card;
  card.tick_fast();
  CHECK(card.state->up(card.clock.mono()));
  const std::string folder = card.machine.path(card.folder());
  std::string away = folder;
  away.replace(away.size() - 1, 1, ".away");
  std::filesystem::rename(folder, away);
  const auto sampled = card.fast().sample();
  REQUIRE_FALSE(sampled);
  CHECK(sampled.error().message == "AMD card 0000:0c:00.0 is gone, or its driver is");
  CHECK_FALSE(card.state->up(card.clock.mono()));
  CHECK(card.fast().describe().error().message.find("AMD card 0000:0c:00.0 has no driver") == 0);
  std::filesystem::rename(away, folder);
  std::filesystem::rename(folder + "hwmon/hwmon5", folder + "hwmon/hwmon11");
  card.write("hwmon/hwmon11/temp2_input", "44000\n");
  card.clock.advance_ms(1000);
  REQUIRE(card.fast().describe());
  CHECK(card.tick_fast().at(R"(accel_temperature_celsius{sensor="hotspot"})") == 44);
  CHECK(card.state->up(card.clock.mono()));
}

TEST_CASE("a card whose driver was unloaded is gone, and is described anew with the next one") {
  Card card;
  card.tick_fast();
  const std::string uevent = card.read("uevent");
  card.write("uevent", uevent.substr(uevent.find('\n') + 1));
  CHECK_FALSE(card.fast().sample());
  card.write("uevent", "DRIVER=vfio-pci\n" + uevent.substr(uevent.find('\n') + 1));
  CHECK_FALSE(card.fast().sample());
  card.write("uevent", uevent);
  CHECK(card.fast().sample().value() == Sampled::layout_changed);
  CHECK(card.fast().tick() == 1);
  CHECK(row_of(card.fast()).contains("accel_utilization_ratio"));
}

TEST_CASE("a card that sleeps is not read: its rows are empty, and it is up") {
  Card card;
  card.tick_fast();
  // A read of this would show, and would not return.
  card.remove("gpu_busy_percent");
  REQUIRE(::mkfifo(card.machine.path(card.folder() + "gpu_busy_percent").c_str(), 0600) == 0);
  for (const char* status : {"suspended\n", "suspending\n", "resuming\n"}) {
    card.write("power/runtime_status", status);
    CHECK(card.fast().tick() == 0);
    CHECK(row_of(card.fast()).empty());
    CHECK(card.state->up(card.clock.mono()));
  }
  Card other;
  other.write("power/runtime_status", "suspended\n");
  CHECK(other.fast().describe().error().message ==
        "AMD card 0000:0c:00.0 sleeps (power/runtime_status): reading its files would wake it, so it is left alone until it is "
        "awake");
  other.write("power/runtime_status", "active\n");
  CHECK(other.fast().describe());
  other.remove("power/runtime_status");
  CHECK(other.tick_fast().contains("accel_utilization_ratio"));
}

TEST_CASE("cards are numbered by their addresses, each vendor's for itself; a server's VGA is none") {
  Machine machine("amd");
  const std::string devices = "sys/bus/pci/devices/";
  machine.write(devices + "0000:0a:00.0/vendor", "0x1002\n");  // an Instinct whose driver comes later
  machine.write(devices + "0000:0a:00.0/class", "0x120000\n");
  const auto sources = make_accel_sources(machine.roots(), {});
  std::string names;
  for (const auto& source : sources) names += std::string(source->name()) + " ";
  CHECK(names == "amd0 amd0_slow amd1 amd1_slow amd2 amd2_slow amd3 amd3_slow amd4 amd4_slow hygon0 hygon0_slow accel ");
  CHECK(sources[1]->configured_as() == "amd_slow");
  CHECK(sources[10]->configured_as() == "hygon");
  for (const auto& source : sources) {
    const auto known = accel_source_names();
    CHECK(std::find(known.begin(), known.end(), source->configured_as()) != known.end());
    if (source->name() != "accel") CHECK(source->may_block());
  }
  store::Schema schema;
  CHECK(sources[0]->describe(schema).error().message.find("AMD card 0000:0a:00.0 has no driver") == 0);
  Watched accel(*sources.back());
  accel.tick();
  CHECK(accel(R"(accel_devices{vendor="amd"})") == 5);
  CHECK(accel(R"(accel_devices{vendor="hygon"})") == 1);
}

TEST_CASE("the report names a table that is not known, and what is not there") {
  Machine machine("amd");
  const AccelReport report = report_accelerators(machine.roots(), {});
  REQUIRE(report.cards.size() == 5);
  CHECK(report.cards[kMi300x].model == "AMD Instinct MI300X OAM");
  CHECK(report.cards[kMi300x].uuid == "d5c2f1a09b3e4771");
  CHECK(report.cards[kMi300x].series > 25);
  CHECK(report.cards[kMi300x].slow_series > 35);
  const auto& lacks = report.cards[kRadeon].unsupported;
  const std::pair<std::string, std::string> table{
      "gpu_metrics", "revision 3.0 of 264 bytes is not known; the card's numbers come from sysfs's other files alone"};
  CHECK(std::count(lacks.begin(), lacks.end(), table) == 1);
  CHECK(report.cards[kHygon].vendor == "hygon");
  CHECK(report.cards[kHygon].problem.empty());
}

// Real threads and the real clock, briefly. A pipe that nobody writes into does not let itself be opened: the thread waits in the kernel.
TEST_CASE(
    "a card whose file never answers loses its rows and is not up; the others go on, and it is back when the file answers") {
  Machine machine("amd");
  test::TempDir dir;
  auto store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 1 << 20, {}}));
  std::vector<std::shared_ptr<AccelState>> states;
  Scheduler scheduler(*store, system_clock());
  const auto slots = amd_slots(machine.roots());
  for (std::size_t i = 0; i < 2; ++i) {
    states.push_back(std::make_shared<AccelState>());
    scheduler.add(std::make_unique<AmdSource>(amd_fast(), AmdCard(machine.roots(), slots[i]), states.back()), 20);
  }
  scheduler.start();
  const auto& runners = scheduler.runners();
  const auto eventually = [](const auto& condition) {
    for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  };
  CHECK(eventually([&] { return runners[0]->stats().rows > 3 && runners[1]->stats().rows > 3; }));
  CHECK(eventually([&] { return states[0]->up(system_clock().mono()); }));
  const std::string file = machine.path("sys/bus/pci/devices/" + slots[1].slot.pci_bus_id + "/mem_info_vram_used");
  REQUIRE(::mkfifo((file + ".new").c_str(), 0600) == 0);
  std::filesystem::rename(file + ".new", file);
  CHECK(eventually([&] { return runners[1]->stuck(system_clock().mono()) && !states[1]->up(system_clock().mono()); }));
  const std::uint64_t before = runners[0]->stats().rows;
  CHECK(eventually([&] { return runners[0]->stats().rows > before + 5; }));
  CHECK(eventually([&] { return states[0]->up(system_clock().mono()); }));
  // A file again, and who waits for the pipe is let go.
  std::filesystem::rename(file, file + ".pipe");
  machine.write("sys/bus/pci/devices/" + slots[1].slot.pci_bus_id + "/mem_info_vram_used", "1\n");
  const int end = ::open((file + ".pipe").c_str(), O_RDWR | O_CLOEXEC);
  CHECK(eventually([&] { return states[1]->up(system_clock().mono()); }));
  ::close(end);
  CHECK(scheduler.stop());
}

TEST_CASE("lists of clock rates and counts of errors, whole or cut") {
  CHECK(highest_clock("0: 500Mhz\n1: 800Mhz *\n2: 1700Mhz \n") == 1.7e9);
  CHECK(highest_clock("S: 19Mhz *\n0: 500MHz\n") == 5e8);
  CHECK(highest_clock("") == std::nullopt);
  CHECK(highest_clock("OD_SCLK:\n0: fast\n1: 99999999999999999999999Mhz\n") == std::nullopt);
  CHECK(ras_counts("ue: 1\nce: 2\nde: 3\n") == AmdRas::Counts{1, 2, 3});
  CHECK(ras_counts("ue: 1\nce: 2") == AmdRas::Counts{1, std::nullopt, std::nullopt});
  CHECK(ras_counts("ce: -1\nue: x\n") == AmdRas::Counts{});
}

}  // namespace
}  // namespace tacho::sampler
