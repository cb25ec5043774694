// Which Ascend NPUs a node has and how they are found; the library; eight devices of which one fails.

#include <chrono>
#include <thread>

#include "sampler/accel/accel_source.h"
#include "sampler/accel/ascend/dcmi_paths.h"
#include "sampler/accel/pcie_link.h"
#include "sampler/accel_report.h"
#include "sampler/accel_sources.h"
#include "sampler/scheduler.h"
#include "tests/accel/fake_npu.h"
#include "tests/temp_dir.h"

namespace tacho::sampler {
namespace {

// Addresses in no order of the library's numbers; cards of two devices.
constexpr const char* kBuses[] = {"0000:c2:00.0", "0000:c1:00.0", "0000:02:00.0", "0000:01:00.0",
                                  "0000:82:00.0", "0000:81:00.0", "0000:42:00.0", "0000:41:00.0"};

std::string eight_devices() {
  std::string lines;
  for (int i = 0; i < 8; ++i) {
    lines += fmt::format("DEVICE {} card={} device={} bus={}{}\n", i, i / 2, i % 2, kBuses[i], i == 0 ? "" : " like=0");
    lines += fmt::format("CALL {0} dcmi_get_device_die_v2(1) rc=0 | u32 {0} u32 0 u32 0 u32 0 u32 1\n", i);
    lines += fmt::format("CALL {} dcmi_get_device_logic_id() rc=0 | u32 {}\n", i, i);
  }
  return lines;
}

void plug_eight_devices(Machine& machine) {
  for (const char* bus : kBuses) {
    const std::string folder = std::string("sys/bus/pci/devices/") + bus;
    machine.write(folder + "/vendor", "0x19e5\n");
    machine.write(folder + "/class", "0x120000\n");
    machine.write(folder + "/numa_node", bus[5] < '8' ? "0\n" : "-1\n");
  }
  machine.write("sys/bus/pci/devices/0000:07:00.0/vendor", "0x19e5\n");  // a network card of the same vendor
  machine.write("sys/bus/pci/devices/0000:07:00.0/class", "0x020000\n");
}

TEST_CASE("eight NPUs are numbered by their addresses, whatever numbers the library has for them") {
  FakeDcmi dcmi;
  dcmi.play("made_up_ascend.txt");
  dcmi.tell(eight_devices());
  Machine machine;
  plug_eight_devices(machine);
  auto sources = make_accel_sources(machine.roots(), {.nvml_library = "", .dcmi_library = dcmi.path()});
  REQUIRE(sources.size() == 8 * 4 + 1);
  std::string said;
  for (std::size_t i = 0; i < 32; i += 4) {
    store::Schema schema;
    REQUIRE(sources[i]->describe(schema));
    said += fmt::format("{} {} {}\n", sources[i]->name(), schema[0].labels.get("uuid").substr(0, 8),
                        schema[0].labels.get("pci_bus_id"));
  }
  CHECK(said ==
        "ascend0 00000003 0000:01:00.0\nascend1 00000002 0000:02:00.0\nascend2 00000007 0000:41:00.0\n"
        "ascend3 00000006 0000:42:00.0\nascend4 00000005 0000:81:00.0\nascend5 00000004 0000:82:00.0\n"
        "ascend6 00000001 0000:c1:00.0\nascend7 00000000 0000:c2:00.0\n");
  CHECK(sources[0]->configured_as() == "ascend");
  CHECK(sources[1]->configured_as() == "ascend_slow");
  CHECK(sources[2]->configured_as() == "ascend_network");
  CHECK(sources[3]->configured_as() == "ascend_bandwidth");
  CHECK_FALSE(sources[3]->on_by_default());
  for (std::size_t i = 0; i < 4; ++i) CHECK(sources[i]->may_block());
  Watched slow(*sources[1]);
  slow.tick();
  bool facts = false;
  for (const store::SeriesInfo& info : slow.schema())
    facts |= info.labels.get("numa_node") == "0" && info.labels.get("logical_id") == "3";
  CHECK(facts);
  // accel_up and accel_devices of two vendors are one source's.
  machine.write("sys/bus/pci/devices/0000:09:00.0/vendor", "0x10de\n");
  machine.write("sys/bus/pci/devices/0000:09:00.0/class", "0x030200\n");
  auto both = make_accel_sources(machine.roots(), {.nvml_library = "/no/such/lib", .dcmi_library = dcmi.path()});
  REQUIRE(both.size() == 2 + 8 * 4 + 1);
  Watched accel(*both.back());
  accel.tick();
  CHECK(accel(R"(accel_devices{vendor="huawei"})") == 8);
  CHECK(accel(R"(accel_devices{vendor="nvidia"})") == 1);
}

TEST_CASE("where sysfs shows no NPU, the driver's device nodes do, and the library's order counts") {
  FakeDcmi dcmi;
  dcmi.play("made_up_ascend.txt");
  dcmi.tell(eight_devices());
  Machine machine;
  for (const char* node : {"davinci0", "davinci1", "davinci_manager", "davinci10"})
    machine.write(std::string("root/dev/") + node, "");
  const auto sources = make_accel_sources(machine.roots(), {.nvml_library = "", .dcmi_library = dcmi.path()});
  REQUIRE(sources.size() == 3 * 4 + 1);
  store::Schema schema;
  REQUIRE(sources[4]->describe(schema));
  CHECK(sources[4]->name() == "ascend1");
  CHECK(schema[0].labels.get("pci_bus_id") == "0000:c1:00.0");  // the device says it itself
}

TEST_CASE("in a container that may not ask for addresses the n-th NPU is the n-th, and says no address") {
  FakeNpu npu;
  npu.dcmi.tell("CALL 0 dcmi_get_device_pcie_info_v2() rc=-8013\nCALL 0 dcmi_get_device_voltage() rc=-8013");
  npu.fast().tick();
  CHECK(npu.fast().schema()[0].labels.get("pci_bus_id").empty());
  bool said = false;
  for (const auto& u : npu.fast_source().unsupported())
    said |=
        u.what == R"(accel_voltage_volts{rail="core"})" && fmt::format("{}", u.code) == "not supported in a container (-8013)";
  CHECK(said);
}

TEST_CASE("an NPU is not taken for another because nobody could tell their addresses this time") {
  FakeNpu npu;
  npu.dcmi.tell("CALL 0 dcmi_get_device_pcie_info_v2() rc=-8006");
  const Result<void> described = npu.fast().describe();
  REQUIRE_FALSE(described);
  CHECK(described.error().message.find("timeout (-8006)") != std::string::npos);
}

TEST_CASE("an NPU that the library does not list is named, with what to look at") {
  FakeNpu npu;
  npu.slot.pci_bus_id = "0000:99:00.0";
  const Result<void> described = npu.fast().describe();
  REQUIRE_FALSE(described);
  CHECK(described.error().message.find("Ascend NPU 0000:99:00.0 is not among the library's 1 devices") == 0);
}

TEST_CASE("an NPU that got other numbers by a reset is found by its address") {
  FakeNpu npu;
  npu.dcmi.tell(eight_devices());
  npu.slot.pci_bus_id = kBuses[5];
  npu.fast().tick();
  CHECK(npu.fast().schema()[0].labels.get("uuid").starts_with("00000005"));
  npu.dcmi.tell("ALL 5 rc=-8015");
  npu.clock.advance_ms(1000);
  CHECK_FALSE(npu.fast().sample());
  // Two devices have changed their places.
  npu.dcmi.tell(fmt::format("ALL 5 rc=0\nDEVICE 5 card=2 device=1 bus={} like=0\nDEVICE 4 card=2 device=0 bus={} like=0",
                            kBuses[4], kBuses[5]));
  npu.clock.advance_ms(30'000);
  npu.fast().tick();
  CHECK(npu.fast().schema()[0].labels.get("uuid").starts_with("00000004"));
}

TEST_CASE("Huawei's library is opened when it is there and initialised when the driver is, by whichever of its kinds") {
  FakeDcmi dcmi;
  dcmi::Session session({"/no/such/libdcmi.so", dcmi.path()});
  dcmi.tell("INIT rc=-8012\nINIT2 rc=-8255");
  auto ready = session.ready();
  REQUIRE_FALSE(ready);
  CHECK(ready.error().message.find("not ready, or dropped off the bus (-8012)") != std::string::npos);
  CHECK(session.library_path().empty());
  dcmi.tell("INIT rc=0");
  REQUIRE(session.ready());
  CHECK(session.library_path() == dcmi.path());
  const int before = dcmi.inits();
  REQUIRE(session.ready());
  CHECK(dcmi.inits() == before);
  dcmi.tell("INIT rc=-8255\nINIT2 rc=0");
  dcmi::Session second({dcmi.path()});
  CHECK(second.ready());
}

TEST_CASE("a Huawei library that is not there, or is none, is named") {
  dcmi::Session absent({"/no/such/libdcmi.so"});
  CHECK(absent.ready().error().message.find("/no/such/libdcmi.so") != std::string::npos);
  dcmi::Session other({"libm.so.6"});
  CHECK(other.ready().error().message.find("libm.so.6 has neither dcmi_init") != std::string::npos);
  const auto paths = dcmi::library_paths("/host", "");
  REQUIRE(paths.size() > 4);
  CHECK(paths[0] == "/host/usr/local/dcmi/libdcmi.so");
  CHECK(paths[1] == "libdcmi.so");
  CHECK(dcmi::library_paths("/host", "/opt/libdcmi.so") == std::vector<std::string>{"/opt/libdcmi.so"});
}

TEST_CASE("the report says of each NPU whether it answers, by what library, and what it does not support") {
  FakeDcmi dcmi;
  dcmi.play("made_up_ascend.txt");
  dcmi.tell(eight_devices());
  dcmi.tell("ALL 0 rc=-8012\nCALL 1 dcmi_get_device_voltage() rc=-8255\nCALL 1 dcmi_get_device_network_health() rc=-8255");
  Machine machine;
  plug_eight_devices(machine);
  const AccelReport report = report_accelerators(machine.roots(), {.nvml_library = "", .dcmi_library = dcmi.path()});
  REQUIRE(report.cards.size() == 8);
  CHECK(report.cards[0].vendor == "huawei");
  CHECK(report.cards[0].problem.empty());
  CHECK(report.cards[0].model == "Ascend 910B3");
  CHECK(report.cards[0].series > 30);
  CHECK(report.cards[0].slow_series > 20);
  CHECK(report.cards[7].problem.find("(-8012)") != std::string::npos);
  const auto& unsupported = report.cards[6].unsupported;
  const std::pair<std::string, std::string> voltage{R"(accel_voltage_volts{rail="core"})", "not supported (-8255)"};
  const std::pair<std::string, std::string> network{R"(accel_link_up{type="roce"})", "not supported (-8255)"};
  CHECK(std::count(unsupported.begin(), unsupported.end(), voltage) == 1);
  CHECK(std::count(unsupported.begin(), unsupported.end(), network) == 1);
  CHECK(report.cards[6].problem.empty());
  CHECK(report.libraries == std::vector{dcmi.path() + ": DCMI 24.1.rc3, driver 24.1.rc3.b070"});
}

TEST_CASE("a PCIe link's generation is read off the speed of its lanes") {
  CHECK(pcie_generation("2.5 GT/s PCIe") == 1);
  CHECK(pcie_generation("16.0 GT/s PCIe") == 4);
  CHECK(pcie_generation("32.0 GT/s PCIe") == 5);
  CHECK_FALSE(pcie_generation("Unknown"));
  CHECK_FALSE(pcie_generation("17.0 GT/s PCIe"));
}

// The real clock: the library's delay is real as well.
TEST_CASE("a network that answers late is left alone for half a minute, and holds up nothing else") {
  FakeNpu npu;
  AscendSource network(ascend_network(), AscendCard(npu.session, npu.slot, system_clock(), kNetworkPatience), nullptr);
  Watched watched(network);
  watched.tick();
  npu.dcmi.tell("DELAY 0 dcmi_get_device_network_health 1100");
  Result<Sampled> sampled = Sampled::ok;
  std::thread late([&] { sampled = watched.sample(); });
  npu.fast().tick();
  npu.slow().tick();
  CHECK(row_of(npu.fast()).contains("accel_utilization_ratio"));
  late.join();
  REQUIRE_FALSE(sampled);
  CHECK(sampled.error().message.find("answers no call in time") != std::string::npos);
  npu.dcmi.tell("RELEASE\nHANG 0 dcmi_get_device_network_health");
  CHECK(watched.sample().value() == Sampled::layout_changed);
  CHECK_FALSE(watched.describe());  // without a call, which would not come back
  npu.dcmi.tell("RELEASE");
}

// Real threads and the real clock, briefly.
TEST_CASE("of eight NPUs one hangs, one is lost and returns; the others' rows go on") {
  FakeDcmi dcmi;
  dcmi.play("made_up_ascend.txt");
  dcmi.tell(eight_devices());
  test::TempDir dir;
  auto store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 1 << 20, {}}));
  const auto session = std::make_shared<dcmi::Session>(std::vector<std::string>{dcmi.path()});
  std::vector<std::shared_ptr<AccelState>> states;
  Scheduler scheduler(*store, system_clock());
  for (std::uint32_t i = 0; i < 8; ++i) {
    states.push_back(std::make_shared<AccelState>());
    const CardSlot slot{.index = i, .pci_bus_id = kBuses[i], .numa_node = ""};
    scheduler.add(std::make_unique<AscendSource>(ascend_fast(), AscendCard(session, slot), states.back()), 20);
  }
  // Before anything was found: the one that hangs at once is in nobody's way.
  dcmi.tell("HANG 5 dcmi_get_device_pcie_info_v2");
  scheduler.start();
  const auto& runners = scheduler.runners();
  const auto eventually = [](const auto& condition) {
    for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  };
  const auto up = [&](std::size_t i) { return states[i]->up(system_clock().mono()); };
  const auto others_go_on = [&](std::initializer_list<std::size_t> except) {
    std::vector<std::uint64_t> before;
    for (const auto& runner : runners) before.push_back(runner->stats().rows);
    return eventually([&] {
      for (std::size_t i = 0; i < 8; ++i) {
        if (std::find(except.begin(), except.end(), i) != except.end()) continue;
        if (runners[i]->stats().rows < before[i] + 4) return false;
      }
      return true;
    });
  };
  CHECK(others_go_on({5}));
  CHECK(eventually([&] { return runners[5]->stuck(system_clock().mono()); }));
  CHECK_FALSE(up(5));
  dcmi.tell("RELEASE");
  CHECK(eventually([&] { return up(5); }));
  dcmi.tell("HANG 2 dcmi_get_device_power_info\nALL 6 rc=-8012");
  CHECK(eventually([&] { return !up(2) && !up(6) && runners[2]->stuck(system_clock().mono()); }));
  CHECK(others_go_on({2, 6}));
  for (const std::size_t i : {0, 1, 3, 4, 5, 7}) CHECK(eventually([&] { return up(i); }));
  dcmi.tell("RELEASE\nALL 6 rc=0");
  CHECK(eventually([&] { return up(2); }));
  CHECK(scheduler.stop());
}

}  // namespace
}  // namespace tacho::sampler
