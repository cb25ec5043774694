// Vendors whose libraries are made after NVML: what is asked of them, what is not, and under which names.

#include "sampler/accel/nvidia/nvml_flavour.h"

#include <set>

#include "sampler/accel/nvidia/nvml_paths.h"
#include "sampler/accel_report.h"
#include "sampler/accel_sources.h"
#include "tests/accel/fake_card.h"

namespace tacho::sampler {
namespace {

// A node with that vendor's device nodes, and its sources over a fake library that answers as an H200 does.
struct Node {
  Node(const std::string& library, const char* node, int cards = 2) : nvml(library) {
    nvml.play("h200_580.txt");
    nvml.tell("DEVICE 1 like=0 uuid=GPU-1 bus=00000000:3B:00.0");
    // As many entries as a process list of the first form has.
    nvml.tell("CALL 0 nvmlDeviceGetComputeRunningProcesses(256) rc=0 | at 0 u32 1 at 64 u32 700 at 72 u64 12345");
    for (int i = 0; i < cards; ++i) machine.write(fmt::format("root/dev/{}{}", node, i), "");
    machine.write(fmt::format("root/dev/{}ctl", node), "");
  }
  std::vector<std::unique_ptr<Source>> sources(const AccelOptions& options) {
    return make_accel_sources(machine.roots(), options);
  }
  FakeNvml nvml;
  Machine machine;
};

std::set<std::string> names_of(const Watched& watched) {
  std::set<std::string> names;
  for (const store::SeriesInfo& info : watched.schema()) names.insert(short_name(info.labels));
  return names;
}

TEST_CASE("an Iluvatar card: what its library is known for, under its own name") {
  Node node(FAKE_NVML, "iluvatar");
  const auto sources = node.sources({.ixml_library = FAKE_NVML});
  REQUIRE(sources.size() == 5);
  CHECK(sources[0]->name() == "iluvatar0");
  CHECK(sources[3]->name() == "iluvatar1_slow");
  CHECK(sources[3]->configured_as() == "iluvatar_slow");
  Watched fast(*sources[2]), slow(*sources[3]);
  fast.tick();
  slow.tick();
  CHECK(names_of(fast) ==
        std::set<std::string>{"accel_utilization_ratio", R"(accel_memory_bandwidth_utilization_ratio{source="coarse"})",
                              "accel_memory_total_bytes", "accel_memory_used_bytes", "accel_memory_reserved_bytes",
                              R"(accel_power_watts{window="instant"})", R"(accel_temperature_celsius{sensor="core"})",
                              R"(accel_clock_hertz{domain="core"})", R"(accel_clock_hertz{domain="memory"})",
                              R"(accel_clock_hertz{domain="video"})"});
  for (const store::SeriesInfo& info : fast.schema()) {
    CHECK(info.labels.get("vendor") == "iluvatar");
    CHECK(info.labels.get("accel") == "1");
    CHECK(info.labels.get("uuid") == "GPU-1");
    CHECK(info.labels.get("pci_bus_id") == "0000:3b:00.0");
  }
  CHECK(row_of(slow)[R"(accel_process_memory_used_bytes{pid="700"})"] == 12345);
  CHECK(names_of(slow).contains(R"(accel_engine_utilization_ratio{engine="encoder"})"));
}

TEST_CASE("an Enflame card: its own prefix, its own struct of the bus, and none of the calls that two headers tell differently") {
  Node node(FAKE_EFML, "gcu");
  const auto sources = node.sources({.efml_library = FAKE_EFML});
  REQUIRE(sources.size() == 5);
  Watched fast(*sources[2]), slow(*sources[3]);
  fast.tick();
  slow.tick();
  CHECK(names_of(fast) ==
        std::set<std::string>{"accel_utilization_ratio", R"(accel_memory_bandwidth_utilization_ratio{source="coarse"})",
                              "accel_memory_total_bytes", "accel_memory_used_bytes", R"(accel_power_watts{window="instant"})",
                              R"(accel_temperature_celsius{sensor="core"})", R"(accel_clock_hertz{domain="core"})",
                              R"(accel_clock_hertz{domain="memory"})", R"(accel_clock_hertz{domain="video"})"});
  for (const store::SeriesInfo& info : fast.schema()) {
    CHECK(info.labels.get("vendor") == "enflame");
    CHECK(info.labels.get("pci_bus_id") == "0000:3b:00.0");
    CHECK(info.labels.get("uuid").empty());  // the library has no such call
  }
  const auto row = row_of(slow);
  CHECK(row.contains(R"(accel_power_limit_watts{limit="enforced"})"));
  CHECK(row.contains("accel_pcie_link_width"));
  CHECK(row.contains("accel_processes"));
  CHECK(row.contains(R"(accel_temperature_limit_celsius{limit="slowdown"})"));
  CHECK_FALSE(row.contains("accel_energy_joules_total"));
}

TEST_CASE("several vendors on one node: a fleet each, and a library each") {
  Node node(FAKE_EFML, "gcu", 1);
  FakeNvml iluvatar;
  iluvatar.play("h200_580.txt");
  node.machine.write("root/dev/iluvatar0", "");
  const AccelOptions options{.ixml_library = FAKE_NVML, .efml_library = FAKE_EFML};
  const auto sources = node.sources(options);
  REQUIRE(sources.size() == 5);
  Watched accel(*sources.back());
  for (std::size_t i = 0; i < 4; i += 2) {
    Watched fast(*sources[i]);
    fast.tick();
  }
  accel.tick();
  CHECK(accel(R"(accel_devices{vendor="iluvatar"})") == 1);
  CHECK(accel(R"(accel_devices{vendor="enflame"})") == 1);
  std::set<std::string> up;
  for (const store::SeriesInfo& info : accel.schema()) {
    if (info.labels.metric_name() == "accel_up") up.insert(std::string(info.labels.get("vendor")));
  }
  CHECK(up == std::set<std::string>{"iluvatar", "enflame"});
  const AccelReport report = report_accelerators(node.machine.roots(), options);
  REQUIRE(report.cards.size() == 2);
  CHECK(report.cards[0].problem.empty());
  CHECK(report.cards[1].vendor == "enflame");
  REQUIRE(report.libraries.size() == 2);
  CHECK(report.libraries[1] == std::string(FAKE_EFML) + ": Enflame");
}

TEST_CASE("another library of the name is not taken for the vendor's") {
  nvml::Session session({FAKE_NVML}, nvml::enflame());
  const auto ready = session.ready();
  REQUIRE_FALSE(ready);
  CHECK(ready.error().message.find("lacks the first functions of Enflame's, efmlInit_v2 among them") != std::string::npos);
  nvml::Session xml({"libm.so.6"}, nvml::iluvatar());
  CHECK(xml.ready().error().message.find("lacks the first functions of Iluvatar's, nvmlInit_v2 among them") != std::string::npos);
}

TEST_CASE("libraries are looked for by their own names; Iluvatar's never where the loader looks") {
  CHECK(nvml::library_paths("/host", "", nvml::nvidia())[0] == "libnvidia-ml.so.1");
  const auto ixml = nvml::library_paths("/host", "", nvml::iluvatar());
  CHECK(ixml == std::vector<std::string>{"/usr/local/corex/lib64/libixml.so", "/usr/local/corex/lib/libixml.so",
                                         "/host/usr/local/corex/lib64/libixml.so", "/host/usr/local/corex/lib/libixml.so"});
  const auto efml = nvml::library_paths("/host", "", nvml::enflame());
  CHECK(efml[0] == "libefml.so");
  CHECK(efml[2] == "/host/usr/lib/libefml.so");
  CHECK(nvml::library_paths("/host", "/opt/e.so", nvml::enflame()) == std::vector<std::string>{"/opt/e.so"});
}

TEST_CASE("a PCI address is found as text, wherever it stands, and in sysfs's form") {
  const auto find = [](std::string_view text) { return nvml::find_pci_address(text); };
  CHECK(find("0000:3b:00.0") == "0000:3b:00.0");
  CHECK(find("00000000:AF:1F.7") == "0000:af:1f.7");
  CHECK(find(std::string_view("\1\0\0\0:::0001:00:02.3\0xx", 22)) == "0001:00:02.3");
  CHECK(find("") == "");
  CHECK(find("0000:3b:00") == "");
  CHECK(find("000:3b:00.0") == "");
  CHECK(find("0000:3b:00.") == "");
}

}  // namespace
}  // namespace tacho::sampler
