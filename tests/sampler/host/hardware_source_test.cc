// Hardware that comes, goes and refuses to answer: the sources that read small files of sysfs.

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>

#include "sampler/host/hardware/dmi.h"
#include "sampler/host/hardware/edac.h"
#include "sampler/host/hardware/hwmon.h"
#include "sampler/host/hardware/hwmon_names.h"
#include "sampler/host/hardware/powersupplyclass.h"
#include "sampler/host/hardware/rapl.h"
#include "sampler/host/hardware/thermal_zone.h"
#include "sampler/host/hardware/watchdog.h"
#include "sampler/host/network/infiniband.h"
#include "sampler/host/number_files.h"
#include "sampler/host/storage/nvme.h"
#include "sampler/short_text.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

// Ticks up to the next one at which folders are listed and silent files are tried again.
int ticks_until_new_layout(Watched& watched) {
  for (unsigned tick = 1; tick <= NumberFiles::kTicksPerCheck; ++tick) {
    if (watched.tick() > 0) return static_cast<int>(tick);
  }
  return -1;
}

TEST_CASE("a short file is a number or nothing") {
  CHECK(parse_short_number("42\n") == 42.0);
  CHECK(parse_short_number("42") == 42.0);
  CHECK(parse_short_number(" 7 \n") == 7.0);
  CHECK(parse_short_number("-40000\n") == -40000.0);
  CHECK(parse_short_number("0.5\n") == 0.5);
  CHECK(parse_short_number("18446744073709551615\n") == 18446744073709551615.0);
  for (const char* text :
       {"", "\n", "-", "--1", "+1", "N/A (no PMA)\n", "enabled\n", "0x1f\n", "nan\n", "-inf\n", "1 2\n", "4: ACTIVE"}) {
    INFO(text);
    CHECK_FALSE(parse_short_number(text));
  }
  CHECK(parse_short_number("4: ACTIVE\n", true) == 4.0);
  CHECK(parse_short_number("2.5 Gb/sec (1X SDR)\n", true) == 2.5);
  CHECK_FALSE(parse_short_number("4x\n", true));
}

TEST_CASE("a file of the kernel's that answers an error is not opened again and has no series") {
  // The loopback interface has a length of packets, and no speed: reading that is EINVAL.
  const std::string lo = "/sys/class/net/lo";
  if (!std::filesystem::exists(lo + "/speed")) return;
  KernelFile speed(lo + "/speed");
  std::array<char, 128> buffer;
  std::string_view text;
  CHECK(speed.read_short(buffer, text) == EINVAL);
  CHECK(speed.read_short(buffer, text) == EINVAL);
  CHECK(speed.opened() == 1);
  NumberFiles files(1);
  store::Schema schema;
  SchemaBuilder builder(schema);
  CHECK(files.add(builder, lo + "/mtu", "node_hwmon_mtu", {}));
  CHECK_FALSE(files.add(builder, lo + "/speed", "node_hwmon_speed", {}));
  RowBuffer cells(schema.size());
  Row row = cells.row();
  for (int i = 0; i < 3; ++i) CHECK(files.sample(row) == Sampled::ok);
  CHECK(cells[0] > 0);
}

const std::string kPort = "sys/class/infiniband/mlx5_0/ports/1/";

std::string port_series(const std::string& name, const std::string& device = "mlx5_0") {
  return "node_infiniband_" + name + "{device=\"" + device + "\",port=\"1\"}";
}

struct Infiniband {
  Machine machine{"hardware"};
  InfinibandSource source{machine.roots()};
  Watched watched{source};
};

TEST_CASE("words of four bytes are bytes, and a port's rate is bytes a second") {
  Infiniband ib;
  ib.machine.write(kPort + "counters/port_rcv_data", "1000000000001\n");
  ib.watched.tick();
  CHECK(ib.watched(port_series("port_data_received_bytes_total")) == 4000000000004.0);
  CHECK(ib.watched(port_series("rate_bytes_per_second")) == 50e9);
  CHECK(ib.watched(port_series("state_id")) == 4);
}

TEST_CASE("a port that changes its state and rate keeps its series") {
  Infiniband ib;
  ib.watched.tick();
  ib.machine.write(kPort + "state", "1: DOWN\n");
  ib.machine.write(kPort + "rate", "10 Gb/sec (4X SDR)\n");
  CHECK(ib.watched.tick() == 0);
  CHECK(ib.watched(port_series("state_id")) == 1);
  CHECK(ib.watched(port_series("rate_bytes_per_second")) == 1.25e9);
}

TEST_CASE("counters of 32 bits go on counting over their wrap and start anew with their device") {
  Infiniband ib;
  const std::string series = port_series("rx_write_requests_total");
  auto tick = [&](const std::string& value) {
    ib.machine.write(kPort + "hw_counters/rx_write_requests", value + "\n");
    ib.watched.tick();
    return ib.watched(series);
  };
  CHECK(tick("4294967290") == 4294967290.0);
  CHECK(tick("4") == 4294967300.0);
  CHECK(tick("4294967295") == 8589934591.0);
  CHECK(tick("0") == 8589934592.0);
  // Another device's coming does not set it back.
  ib.machine.write("sys/class/infiniband/mlx5_9/ports/1/state", "4: ACTIVE\n");
  REQUIRE(ticks_until_new_layout(ib.watched) > 0);
  CHECK(ib.watched(series) == 8589934592.0);
  CHECK(ib.watched(port_series("state_id", "mlx5_9")) == 4);
  // The file is another one: so is the device.
  ib.machine.remove(kPort + "hw_counters/rx_write_requests");
  ib.watched.tick();
  CHECK(tick("3") == 3);
  // A counter far from its top that steps back was reset.
  CHECK(tick("1000") == 1000);
  CHECK(tick("10") == 10);
}

TEST_CASE("a device that goes takes its series with it at once, and one that comes is seen within ten ticks") {
  Infiniband ib;
  CHECK(ib.watched.tick() == 1);
  CHECK(ib.watched.tick() == 0);
  ib.machine.remove("sys/class/infiniband/mlx5_0");
  CHECK(ib.watched.tick() == 1);
  CHECK_FALSE(ib.watched.has(port_series("state_id")));
  CHECK(ib.watched(port_series("state_id", "mlx5_1")) == 1);
  Machine again("hardware");
  std::filesystem::copy(again.path("sys/class/infiniband/mlx5_0"), ib.machine.path("sys/class/infiniband/mlx5_0"),
                        std::filesystem::copy_options::recursive);
  CHECK(ticks_until_new_layout(ib.watched) > 0);
  CHECK(ib.watched(port_series("state_id")) == 4);
}

TEST_CASE("a device that came back between two ticks is described anew, with its new firmware") {
  Infiniband ib;
  ib.watched.tick();
  Machine other("hardware");
  other.write("sys/class/infiniband/mlx5_0/fw_ver", "99.1\n");
  ib.machine.remove("sys/class/infiniband/mlx5_0");
  std::filesystem::copy(other.path("sys/class/infiniband/mlx5_0"), ib.machine.path("sys/class/infiniband/mlx5_0"),
                        std::filesystem::copy_options::recursive);
  CHECK(ib.watched.tick() == 1);
  CHECK(ib.watched.has(
      R"(node_infiniband_info{board_id="MADE0000000042",device="mlx5_0",firmware_version="99.1",hca_type="MT4129"})"));
}

TEST_CASE("what a driver does not say of its device is no label") {
  Infiniband ib;
  ib.machine.remove("sys/class/infiniband/mthca0/board_id");
  ib.machine.remove("sys/class/infiniband/mthca0/ports/1/counters");
  ib.watched.tick();
  CHECK(ib.watched(R"(node_infiniband_info{device="mthca0",firmware_version="3.5.900",hca_type="MT4129"})") == 1);
  CHECK(ib.watched(port_series("legacy_data_received_bytes_total", "mthca0")) == 20000000008.0);
  CHECK_FALSE(ib.watched.has(port_series("symbol_error_total", "mthca0")));
}

TEST_CASE("a counter that stops answering is absent, and changes nothing else") {
  Infiniband ib;
  ib.watched.tick();
  ib.machine.write(kPort + "counters/symbol_error", "N/A (no PMA)\n");
  for (int i = 0; i < 25; ++i) CHECK(ib.watched.tick() == 0);
  CHECK(is_absent(ib.watched(port_series("symbol_error_total"))));
  CHECK(ib.watched(port_series("link_downed_total")) == 102);
  ib.machine.write(kPort + "counters/symbol_error", "8\n");
  CHECK(ib.watched.tick() == 0);
  CHECK(ib.watched(port_series("symbol_error_total")) == 8);
}

TEST_CASE("a counter that had no number at first gets its series when it has one") {
  Infiniband ib;
  ib.watched.tick();
  CHECK_FALSE(ib.watched.has(port_series("symbol_error_total", "mlx5_1")));
  for (int i = 0; i < 25; ++i) CHECK(ib.watched.tick() == 0);
  ib.machine.write("sys/class/infiniband/mlx5_1/ports/1/counters/symbol_error", "5\n");
  CHECK(ticks_until_new_layout(ib.watched) > 0);
  CHECK(ib.watched(port_series("symbol_error_total", "mlx5_1")) == 5);
}

TEST_CASE("a class folder without a device is not there, as one that does not exist") {
  Machine machine;
  machine.write("sys/class/infiniband/.keep", "");
  InfinibandSource source(machine.roots());
  store::Schema schema;
  Result<void> described = source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message == machine.path("sys/class/infiniband") + " has no device");
}

TEST_CASE("a thermal zone that is switched off has no series, one that cannot be read has an absent cell") {
  Machine machine("hardware");
  ThermalZoneSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const std::string acpi = R"(node_thermal_zone_temp{type="acpitz",zone="0"})";
  CHECK(watched(acpi) == 27.8);
  machine.write("sys/class/thermal/thermal_zone0/temp", "");
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched(acpi)));
  CHECK(watched(R"(node_thermal_zone_temp{type="x86_pkg_temp",zone="1"})") == 61);
  machine.write("sys/class/thermal/thermal_zone0/temp", "30000\n");
  machine.write("sys/class/thermal/thermal_zone0/mode", "disabled\n");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(acpi));
  machine.write("sys/class/thermal/thermal_zone0/mode", "enabled\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(acpi) == 30);
}

TEST_CASE("a thermal zone that had no reading at first gets its series with the first one") {
  Machine machine("hardware");
  machine.write("sys/class/thermal/thermal_zone1/temp", "");
  ThermalZoneSource source(machine.roots());
  Watched watched(source);
  const std::string package = R"(node_thermal_zone_temp{type="x86_pkg_temp",zone="1"})";
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(package));
  machine.write("sys/class/thermal/thermal_zone1/temp", "50500\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(package) == 50.5);
}

TEST_CASE("a sensor's file name is its type, its number and its element") {
  const auto is = [](std::string_view name, std::string_view type, std::string_view sensor, std::string_view element) {
    const std::optional<SensorFile> file = parse_sensor_file(name);
    return file && file->type == type && file->sensor == sensor && file->element == element;
  };
  CHECK(is("temp1_input", "temp", "temp1", "input"));
  CHECK(is("temp12_crit_alarm", "temp", "temp12", "crit_alarm"));
  CHECK(is("temp01_max", "temp", "temp1", "max"));
  CHECK(is("temp1_auto_point2_temp", "temp", "temp1", "auto_point2_temp"));
  CHECK(is("pwm2", "pwm", "pwm2", ""));
  CHECK(is("in0_min", "in", "in0", "min"));
  CHECK(is("update_interval", "update_interval", "update_interval0", ""));
  for (const char* name : {"", "name", "uevent", "temp1x", "temp1_", "temp_input", "fans1_input", "1_input", "power_limit"}) {
    INFO(name);
    CHECK_FALSE(parse_sensor_file(name));
  }
}

TEST_CASE("a chip's name is made of small letters, digits and single bars") {
  CHECK(clean_name("Board Sensors.656") == "board_sensors_656");
  CHECK(clean_name("0000:81:00.0") == "0000:81:00_0");
  CHECK(clean_name("__x__") == "x");
  CHECK(clean_name("---").empty());
  CHECK(clean_name("k\u00e4rnan") == "k_rnan");
}

// A chip of the device sys/devices/platform/DEVICE.
void add_chip(Machine& machine, const std::string& number, const std::string& device, const std::string& name) {
  const std::string folder = "sys/devices/platform/" + device + "/hwmon/" + number;
  machine.write(folder + "/name", name + "\n");
  machine.write(folder + "/temp1_input", "40000\n");
  std::filesystem::create_directories(machine.path("sys/class/hwmon"));
  std::filesystem::create_directory_symlink("../..", machine.path(folder + "/device"));
  std::filesystem::create_directory_symlink(machine.path(folder), machine.path("sys/class/hwmon/" + number));
}

TEST_CASE("chips of one device are told apart by their names, or by their numbers") {
  Machine machine;
  add_chip(machine, "hwmon0", "wmi.0", "fans");
  add_chip(machine, "hwmon1", "wmi.0", "Temps");
  add_chip(machine, "hwmon2", "twin.0", "same");
  add_chip(machine, "hwmon3", "twin.0", "same");
  add_chip(machine, "hwmon4", "alone.0", "same");
  HwmonSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  for (const char* chip :
       {"platform_wmi_0_fans", "platform_wmi_0_temps", "platform_twin_0_hwmon2", "platform_twin_0_hwmon3", "platform_alone_0"}) {
    INFO(chip);
    CHECK(watched(fmt::format("node_hwmon_temp_celsius{{chip=\"{}\",sensor=\"temp1\"}}", chip)) == 40);
  }
  CHECK(watched.has(R"(node_hwmon_chip_names{chip="platform_wmi_0_temps",chip_name="temps"})"));
}

TEST_CASE("chips that come, go and come back under another number are seen at the next tick") {
  Machine machine;
  add_chip(machine, "hwmon0", "a.0", "a");
  HwmonSource source(machine.roots());
  Watched watched(source);
  const std::string a = R"(node_hwmon_temp_celsius{chip="platform_a_0",sensor="temp1"})";
  CHECK(watched.tick() == 1);
  add_chip(machine, "hwmon1", "b.0", "b");
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_hwmon_temp_celsius{chip="platform_b_0",sensor="temp1"})") == 40);
  machine.remove("sys/class/hwmon/hwmon0");
  machine.remove("sys/devices/platform/a.0");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(a));
  add_chip(machine, "hwmon7", "a.0", "a");
  CHECK(watched.tick() == 1);
  CHECK(watched(a) == 40);
  CHECK(watched.tick() == 0);
}

TEST_CASE("a card's clocks are named by their labels, and one without a label is not shown") {
  Machine machine;
  add_chip(machine, "hwmon0", "card.0", "amdgpu");
  const std::string folder = "sys/devices/platform/card.0/hwmon/hwmon0/";
  machine.write(folder + "freq1_input", "1300000000\n");
  machine.write(folder + "freq1_label", "sclk\n");
  machine.write(folder + "freq2_input", "900000000\n");
  HwmonSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  CHECK(watched(R"(node_hwmon_freq_freq_mhz{chip="platform_card_0",sensor="sclk"})") == 1300);
  CHECK(watched.has(R"(node_hwmon_sensor_label{chip="platform_card_0",label="sclk",sensor="freq1"})"));
  CHECK_FALSE(watched.has(R"(node_hwmon_freq_freq_mhz{chip="platform_card_0",sensor="freq2"})"));
}

TEST_CASE("a sensor that answers an error is absent until it has a reading again") {
  Machine machine("hardware");
  HwmonSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const std::string drive = R"(node_hwmon_temp_celsius{chip="nvme_nvme0",sensor="temp1"})";
  const std::string file = "sys/class/hwmon/hwmon2/temp1_input";
  machine.write(file, "N/A\n");
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched(drive)));
  machine.write(file, "-250\n");
  CHECK(watched.tick() == 0);
  CHECK(watched(drive) == -0.25);
}

TEST_CASE("memory errors are counted by controller, row and channel, and those of no row are the row unknown") {
  Machine machine("hardware");
  EdacSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  CHECK(watched(R"(node_edac_correctable_errors_total{controller="0"})") == 7);
  CHECK(watched(R"(node_edac_csrow_correctable_errors_total{controller="0",csrow="unknown"})") == 2);
  CHECK(
      watched(
          R"(node_edac_channel_correctable_errors_total{channel="1",controller="0",csrow="0",dimm_label="mc0_csrow0_channel1"})") ==
      1);
  CHECK(
      watched.has(R"(node_edac_channel_uncorrectable_errors_total{channel="0",controller="0",csrow="1",dimm_label="unknown"})"));
  machine.write("sys/devices/system/edac/mc/mc0/ce_count", "8\n");
  machine.remove("sys/devices/system/edac/mc/mc0/ue_count");
  CHECK(watched.tick() == 0);
  CHECK(watched(R"(node_edac_correctable_errors_total{controller="0"})") == 8);
  CHECK(is_absent(watched(R"(node_edac_uncorrectable_errors_total{controller="0"})")));
  machine.remove("sys/devices/system/edac/mc/mc1");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(R"(node_edac_correctable_errors_total{controller="1"})"));
}

TEST_CASE("a source whose files all refuse to be read is not there") {
  Machine machine;
  machine.write("sys/devices/system/edac/mc/mc0/ce_count", "");
  EdacSource source(machine.roots());
  store::Schema schema;
  REQUIRE_FALSE(source.describe(schema));
  CHECK(schema.empty());
  machine.write("sys/devices/system/edac/mc/mc0/ce_count", "0\n");
  REQUIRE(source.describe(schema));
  CHECK(schema.size() == 1);
}

TEST_CASE("a namespace's size is in sectors of 512 bytes, what is used of it in the drive's blocks") {
  Machine machine("hardware");
  NvmeSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  const auto of = [&](const std::string& name) {
    return watched("node_nvme_namespace_" + name + R"({device="nvme0",nsid="1"})");
  };
  CHECK(of("size_bytes") == 15002931888.0 * 512);
  CHECK(of("capacity_bytes") == 15002931888.0 * 512);
  CHECK(of("used_bytes") == 1000000.0 * 4096);
  CHECK(of("logical_block_size_bytes") == 4096);
  CHECK_FALSE(watched.has(R"(node_nvme_namespace_used_bytes{device="nvme1",nsid="1"})"));
  CHECK(watched.has(R"(node_nvme_namespace_info{ana_state="unknown",device="nvme1",nsid="2"})"));
}

TEST_CASE("a drive's new state and a namespace that comes or goes are new series at the next tick") {
  Machine machine("hardware");
  NvmeSource source(machine.roots());
  Watched watched(source);
  const auto info = [](const std::string& state) {
    return R"(node_nvme_info{cntlid="0",device="nvme1",firmware_revision="7",model="MADE BOOT 960GB",serial="SN0000000002",state=")" +
           state + "\"}";
  };
  CHECK(watched.tick() == 1);
  CHECK(watched.has(info("resetting")));
  machine.write("sys/class/nvme/nvme1/state", "live\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(info("live")) == 1);
  machine.remove("sys/class/nvme/nvme1/nvme1n2");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(R"(node_nvme_namespace_size_bytes{device="nvme1",nsid="2"})"));
  machine.write("sys/class/nvme/nvme1/nvme1n3/size", "8\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_nvme_namespace_size_bytes{device="nvme1",nsid="3"})") == 4096);
  machine.write("sys/class/nvme/nvme1/nvme1n1/queue/logical_block_size", "4096\n");
  CHECK(watched.tick() == 1);
  CHECK(watched.tick() == 0);
}

TEST_CASE("a zone's energy goes on counting over the end of its range") {
  Machine machine("hardware");
  RaplSource source(machine.roots());
  Watched watched(source);
  const std::string folder = "sys/class/powercap/intel-rapl:0:0/";
  const std::string dram =
      R"(node_rapl_dram_joules_total{index="0",path=")" + machine.path("sys/class/powercap/intel-rapl:0:0") + "\"}";
  watched.tick();
  CHECK(watched(dram) == 65712.999000);
  machine.write(folder + "energy_uj", "1000000\n");
  watched.tick();
  CHECK(watched(dram) == Approx(65712.999613 + 1).epsilon(1e-12));
  machine.write(folder + "energy_uj", "2000000\n");
  watched.tick();
  CHECK(watched(dram) == Approx(65712.999613 + 2).epsilon(1e-12));
}

TEST_CASE("zones of equal names are told apart by an index, in the order of their folders") {
  Machine machine("hardware");
  RaplSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  const auto series = [&](const std::string& zone, int index, const std::string& folder) {
    return fmt::format("node_rapl_{}_joules_total{{index=\"{}\",path=\"{}\"}}", zone, index,
                       machine.path("sys/class/powercap/" + folder));
  };
  CHECK(watched.has(series("dram", 1, "intel-rapl:1:0")));
  CHECK(watched.has(series("package", 1, "intel-rapl:1")));
  CHECK(watched.has(series("package_2_die_1", 0, "intel-rapl:3")));
  CHECK(watched.schema().size() == 6);
}

TEST_CASE("zones nobody may read are a source that is not there, and says what to do") {
  Machine machine;
  machine.write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  machine.write("sys/class/powercap/intel-rapl:0/energy_uj", "");
  RaplSource source(machine.roots());
  store::Schema schema;
  Result<void> described = source.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message.find("only root may") != std::string::npos);
}

TEST_CASE("a board's labels are those files that can be read, as text that may be shipped") {
  Machine machine;
  machine.write("sys/class/dmi/id/sys_vendor", "MADE\xC3\xA9 \xFF\xFE Ltd  \n");
  machine.write("sys/class/dmi/id/board_asset_tag", "   \n");
  machine.write("sys/class/dmi/id/uevent", "MODALIAS=dmi\n");
  DmiSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  REQUIRE(watched.schema().size() == 1);
  CHECK(watched.schema()[0].labels == Labels::of("node_dmi_info", {{"system_vendor", "MADE\xC3\xA9 \xEF\xBF\xBD Ltd"}}));
  CHECK(watched.tick() == 0);
}

TEST_CASE("a battery's values are whole units, and its new status a new layout") {
  Machine machine("hardware");
  PowerSupplyClassSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const auto of = [&](const std::string& name) { return watched("node_power_supply_" + name + "{power_supply=\"BAT1\"}"); };
  CHECK(of("temp_celsius") == -21.3);
  CHECK(of("current_ampere") == -0.512123);
  CHECK(of("voltage_volt") == 12.229);
  CHECK(of("cyclecount") == 7);
  CHECK(watched(R"(node_power_supply_online{power_supply="AC0"})") == 1);
  machine.write("sys/class/power_supply/AC0/online", "0\n");
  CHECK(watched.tick() == 0);
  CHECK(watched(R"(node_power_supply_online{power_supply="AC0"})") == 0);
  machine.write("sys/class/power_supply/BAT1/status", "Charging\n");
  CHECK(watched.tick() == 1);
  CHECK(
      watched(
          R"(node_power_supply_info{capacity_level="Normal",manufacturer="MADE",model_name="UPS 9",power_supply="BAT1",serial_number="38109",status="Charging",technology="Li-ion",type="Battery"})") ==
      1);
}

TEST_CASE("supplies that are excluded are not shown, and none at all is a source that is not here") {
  Machine machine("hardware");
  PowerSupplyClassSource batteries(machine.roots(), Exclude("^AC"));
  Watched watched(batteries);
  watched.tick();
  CHECK_FALSE(watched.has(R"(node_power_supply_online{power_supply="AC0"})"));
  PowerSupplyClassSource none(machine.roots(), Exclude(".*"));
  store::Schema schema;
  Result<void> described = none.describe(schema);
  REQUIRE_FALSE(described);
  CHECK(described.error().message == machine.path("sys/class/power_supply") + " has no power supply that is shown");
}

TEST_CASE("a watchdog's time runs without a new layout, that it is stopped is one") {
  Machine machine("hardware");
  WatchdogSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_watchdog_timeleft_seconds{name="watchdog0"})") == 300);
  CHECK(watched(R"(node_watchdog_info{identity="Quiet",name="watchdog1"})") == 1);
  CHECK_FALSE(watched.has(R"(node_watchdog_timeleft_seconds{name="watchdog1"})"));
  machine.write("sys/class/watchdog/watchdog0/timeleft", "299\n");
  CHECK(watched.tick() == 0);
  CHECK(watched(R"(node_watchdog_timeleft_seconds{name="watchdog0"})") == 299);
  machine.write("sys/class/watchdog/watchdog0/state", "inactive\n");
  CHECK(watched.tick() == 1);
}

}  // namespace
}  // namespace tacho::sampler
