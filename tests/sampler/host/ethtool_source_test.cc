// Stories of what network drivers tell: names, counters that come and go, interfaces that answer nothing.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "sampler/host/network/ethtool.h"
#include "sampler/host/network/ethtool_link.h"
#include "tests/sampler/host/fake_ethtool.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

struct Story {
  Machine machine;
  FakeNics kernel;
  EthtoolSource source{machine.roots(), kernel.call(), Exclude(kNetdevExclude), Exclude("")};
  Watched watched{source};

  FakeNic& plug(const std::string& device, std::vector<std::pair<std::string, std::uint64_t>> counters) {
    machine.write("sys/class/net/" + device + "/ifindex", "1\n");
    return kernel.nics[device] = {.counters = std::move(counters)};
  }
  void unplug(const std::string& device) {
    machine.remove("sys/class/net/" + device);
    kernel.nics.erase(device);
  }
  // Ticks until one looks at names again.
  int tick_to_check() {
    int described = 0;
    for (unsigned i = 0; i < EthtoolSource::kTicksPerCheck; ++i) described += watched.tick();
    return described;
  }
};

std::string counter_of(const std::string& metric, const std::string& device) {
  return fmt::format("node_ethtool_{}{{device=\"{}\"}}", metric, device);
}

TEST_CASE("counters are named as node_exporter names them") {
  auto name = [](std::string_view raw) { return ethtool_metric_name(ethtool_clean_name(raw)); };
  CHECK(name("rx_prio3_pause_duration") == "node_ethtool_received_prio3_pause_duration");
  CHECK(name("tx_prio0_pause") == "node_ethtool_transmitted_prio0_pause");
  CHECK(name("rx_bytes") == "node_ethtool_received_bytes_total");
  CHECK(name("tx_errors") == "node_ethtool_transmitted_errors_total");
  CHECK(name("tx_dropped") == "node_ethtool_transmitted_dropped");
  CHECK(name("rx_bytes_phy") == "node_ethtool_received_bytes_phy");
  CHECK(name("rx0_drops") == "node_ethtool_rx0_drops");
  CHECK(name("port.rx_dropped") == "node_ethtool_port_received_dropped");
  CHECK(name("mac_tx_pfc_pri0_pkt_num") == "node_ethtool_mac_transmitted_pfc_pri0_pkt_num");
  CHECK(name("link_xoff_rx") == "node_ethtool_link_xoff_received");
  // Each underscore belongs to one word: what follows a word that was written out is left alone.
  CHECK(name("tx_tx_timeouts") == "node_ethtool_transmitted_tx_timeouts");
  CHECK(name("rx_xdp_tx") == "node_ethtool_received_xdp_transmitted");
  CHECK(name("[0]: rx_PKTS (bad)") == "node_ethtool_0_received_pkts_bad_");
  CHECK(name("a_._.b") == "node_ethtool_a__b");
  CHECK(name("__Foo") == "node_ethtool_foo");
  CHECK(name("___") == "");
  CHECK(name("...") == "");
  CHECK(name("") == "");
}

TEST_CASE("by default flow control and physical errors are shown and queues are not") {
  const Exclude left_out = Exclude::all_but(kEthtoolInclude);
  for (const char* raw : {"rx_prio3_pause",
                          "tx_prio7_pause_duration",
                          "rx_prio0_buf_discard",
                          "rx_prio1_cong_discard",
                          "rx_prio2_marked",
                          "rx_discards_phy",
                          "rx_err_lane_3_phy",
                          "link_down_events_phy",
                          "tx_pause_storm_error_events",
                          "outbound_pci_stalled_wr",
                          "rx_vport_rdma_unicast_bytes",
                          "rx_pfc_ena_frames_pri3",
                          "pfc_pri3_tx_duration_us",
                          "continuous_roce_pause_events",
                          "rx_priority_3_xoff.nic",
                          "port.tx_priority_3_xon_tx",
                          "port.link_xoff_rx",
                          "mac_rx_pfc_pri3_pkt_num",
                          "mac_tx_pfc_pri3_xoff_time",
                          "frames_rx_pripause",
                          "bw_in_allowance_exceeded",
                          "conntrack_allowance_available"}) {
    INFO(raw);
    CHECK_FALSE(left_out(ethtool_clean_name(raw)));
  }
  for (const char* raw : {"rx_packets", "rx0_packets", "tx3_stopped", "rx_prio3_packets", "rx_prio8_pause", "ch0_events",
                          "rx_queue_0_bytes", "tx_tx_timeouts", "my_rx_discards_phy", "rx_discards_phy2"}) {
    INFO(raw);
    CHECK(left_out(ethtool_clean_name(raw)));
  }
}

TEST_CASE("an interface's driver is an info, its counters are series each") {
  Story story;
  FakeNic& nic = story.plug("eth0", {{"rx_packets", 7}, {"rx_prio3_pause", 18446744073709551615u}});
  nic.firmware = "28.39.1002";
  nic.bus = "0000:1a:00.0";
  CHECK(story.watched.tick() == 1);
  const std::string info = R"({bus_info="0000:1a:00.0",device="eth0",driver="mlx5_core",firmware_version="28.39.1002"})";
  CHECK(story.watched("node_ethtool_info" + info) == 1);
  CHECK(story.watched(counter_of("received_packets_total", "eth0")) == 7);
  CHECK(story.watched(counter_of("received_prio3_pause", "eth0")) == 0x1p64);
  nic.counters[0].second = 8;
  CHECK(story.watched.tick() == 0);
  CHECK(story.watched(counter_of("received_packets_total", "eth0")) == 8);
  for (const store::SeriesInfo& series : story.watched.schema()) {
    const bool is_info = series.labels.metric_name() == "node_ethtool_info";
    CHECK(series.type == (is_info ? MetricType::gauge : MetricType::unknown));
  }
}

TEST_CASE("names are learned once and asked for again at every tenth tick") {
  Story story;
  story.plug("eth0", {{"a", 1}});
  story.watched.tick();
  story.kernel.asked.clear();
  for (unsigned i = 0; i < EthtoolSource::kTicksPerCheck - 2; ++i) CHECK(story.watched.tick() == 0);
  CHECK(story.kernel.asked[ETHTOOL_GSTRINGS] == 0);
  CHECK(story.kernel.asked[ETHTOOL_GDRVINFO] == 0);
  CHECK(story.kernel.asked[ETHTOOL_GSTATS] == static_cast<int>(EthtoolSource::kTicksPerCheck) - 2);
  CHECK(story.watched.tick() == 0);
  CHECK(story.kernel.asked[ETHTOOL_GSTRINGS] == 1);
}

TEST_CASE("a driver that gets another number of counters is described anew in the same tick") {
  Story story;
  FakeNic& nic = story.plug("eth0", {{"rx0_packets", 1}, {"tail", 9}});
  CHECK(story.watched.tick() == 1);
  nic.counters = {{"rx0_packets", 2}, {"rx1_packets", 3}, {"tail", 10}};
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(counter_of("tail", "eth0")) == 10);
  CHECK(story.watched(counter_of("rx1_packets", "eth0")) == 3);
  nic.counters = {{"tail", 11}};
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(counter_of("tail", "eth0")) == 11);
  CHECK_FALSE(story.watched.has(counter_of("rx0_packets", "eth0")));
}

TEST_CASE("other names or another firmware are seen at the next check") {
  Story story;
  FakeNic& nic = story.plug("eth0", {{"old_name", 1}});
  CHECK(story.watched.tick() == 1);
  nic.counters = {{"new_name", 2}};
  CHECK(story.tick_to_check() == 1);
  CHECK(story.watched(counter_of("new_name", "eth0")) == 2);
  nic.firmware = "new";
  CHECK(story.tick_to_check() == 1);
  CHECK(story.watched(R"(node_ethtool_info{device="eth0",driver="mlx5_core",firmware_version="new"})") == 1);
}

TEST_CASE("counters whose names become one metric are left out, and of equal names the last one counts") {
  Story story;
  story.plug("eth0", {{"a.b", 1}, {"a-b", 2}, {"c", 3}, {"twice", 4}, {"twice", 5}, {"", 6}, {"A_b", 7}, {"...", 8}});
  story.watched.tick();
  CHECK_FALSE(story.watched.has(counter_of("a_b", "eth0")));
  CHECK(story.watched(counter_of("c", "eth0")) == 3);
  CHECK(story.watched(counter_of("twice", "eth0")) == 5);
  CHECK(story.watched.schema().size() == 3);
}

TEST_CASE("a name of all its 32 bytes and bytes that are no text are names like others") {
  Story story;
  const std::string longest(32, 'x');
  story.plug("eth0", {{longest, 1}, {"na\xFFme\xC3", 2}, {"after", 3}}).version = "v\xFF 1 ";
  story.watched.tick();
  CHECK(story.watched(counter_of(longest, "eth0")) == 1);
  CHECK(story.watched(counter_of("na_me_", "eth0")) == 2);
  CHECK(story.watched(counter_of("after", "eth0")) == 3);
  CHECK(story.watched("node_ethtool_info{device=\"eth0\",driver=\"mlx5_core\",version=\"v\xEF\xBF\xBD 1\"}") == 1);
}

TEST_CASE("an interface that has nothing or does not answer leaves the others alone") {
  Story story;
  story.plug("lo", {}).driver_error = EOPNOTSUPP;
  story.plug("dummy0", {});
  FakeNic& sick = story.plug("eth0", {{"a", 1}});
  story.plug("eth1", {{"a", 2}});
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(R"(node_ethtool_info{device="dummy0",driver="mlx5_core"})") == 1);
  CHECK(story.watched.schema().size() == 5);
  for (const int error : {EIO, EBUSY, ENODEV, EOPNOTSUPP, EFAULT}) {
    sick.counters_error = error;
    CHECK(story.watched.tick() == 0);
    CHECK(is_absent(story.watched(counter_of("a", "eth0"))));
    CHECK(story.watched(counter_of("a", "eth1")) == 2);
  }
  // Not even a check ends the series of one that is away for a moment.
  sick.driver_error = EBUSY;
  CHECK(story.tick_to_check() == 0);
  sick.counters_error = sick.driver_error = 0;
  CHECK(story.tick_to_check() == 0);
  CHECK(story.watched(counter_of("a", "eth0")) == 1);
}

TEST_CASE("an interface whose counters could not be read at first has them after a later check") {
  for (int FakeNic::* error : {&FakeNic::counters_error, &FakeNic::names_error, &FakeNic::claimed_too_many}) {
    Story story;
    FakeNic& nic = story.plug("eth0", {{"a", 1}});
    story.plug("eth1", {{"a", 2}});
    nic.*error = EIO;
    story.watched.tick();
    CHECK_FALSE(story.watched.has(counter_of("a", "eth0")));
    CHECK(story.watched(counter_of("a", "eth1")) == 2);
    story.tick_to_check();
    CHECK_FALSE(story.watched.has(counter_of("a", "eth0")));
    nic.*error = 0;
    CHECK(story.tick_to_check() >= 1);
    CHECK(story.watched(counter_of("a", "eth0")) == 1);
  }
}

TEST_CASE("a driver that never has as many counters as it says costs the others no row") {
  Story story;
  story.plug("eth0", {{"a", 1}, {"b", 1}}).claimed_too_many = -1;
  story.plug("eth1", {{"a", 2}});
  for (int tick = 0; tick < 40; ++tick) {
    story.watched.tick();
    CHECK(story.watched(counter_of("a", "eth1")) == 2);
  }
  CHECK_FALSE(story.watched.has(counter_of("a", "eth0")));
}

TEST_CASE("more counters than there is room for are none") {
  Story story;
  story.plug("eth0", {{"a", 1}}).claimed_too_many = 1 << 20;
  story.watched.tick();
  CHECK(story.watched.schema().size() == 1);
}

TEST_CASE("interfaces that come or go change the layout, those of pods do not") {
  Story story;
  story.plug("eth0", {{"a", 1}});
  CHECK(story.watched.tick() == 1);
  story.plug("veth12", {{"a", 2}});
  CHECK(story.watched.tick() == 0);
  story.plug("eth1", {{"a", 3}});
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(counter_of("a", "eth1")) == 3);
  CHECK_FALSE(story.watched.has(counter_of("a", "veth12")));
  story.unplug("eth0");
  CHECK(story.watched.tick() == 1);
  CHECK_FALSE(story.watched.has(counter_of("a", "eth0")));
  story.unplug("eth1");
  CHECK_FALSE(story.watched.describe());
  story.machine.remove("sys/class/net");
  const Result<Sampled> sampled = story.watched.sample();
  REQUIRE_FALSE(sampled);
  CHECK(sampled.error().message.find(story.machine.path("sys/class/net")) != std::string::npos);
}

TEST_CASE("a kernel that writes more than was asked for cannot write over anything") {
  // /dev/zero stands for a driver with more counters than there is room for: the kernel writes until it may not.
  const Fd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  REQUIRE(zero);
  ssize_t written = 0;
  Ethtool ethtool([&](const std::string&, void* request) {
    written = ::read(zero.get(), request, std::size_t{64} << 20);
    return EFAULT;
  });
  Ethtool::Driver driver;
  CHECK(ethtool.driver("eth0", driver) == EFAULT);
  CHECK(written < std::int64_t{Ethtool::kCountersMax * Ethtool::kNameBytes + 65536});
}

TEST_CASE("the kernel's own interfaces answer without a fault, and one that is not there is not") {
  Ethtool ethtool(system_ethtool());
  Ethtool::Driver driver;
  Ethtool::Link link;
  CHECK(ethtool.driver("no-such-device", driver) == ENODEV);
  CHECK(ethtool.link("a-name-that-is-too-long", link) == ENODEV);
  const int error = ethtool.driver("lo", driver);
  CHECK((error == 0 || error == EOPNOTSUPP || error == ENODEV));
}

struct LinkStory {
  Machine machine;
  FakeNics kernel;
  EthtoolLinkSource source{machine.roots(), kernel.call()};
  Watched watched{source};
  FakeNic& plug(const std::string& device) {
    machine.write("sys/class/net/" + device + "/ifindex", "1\n");
    return kernel.nics[device];
  }
};

std::string mode(const std::string& how, const std::string& name, const std::string& duplex = "full") {
  return fmt::format("node_network_{}_speed_bytes{{device=\"eth0\",duplex=\"{}\",mode=\"{}\"}}", how, duplex, name);
}

TEST_CASE("a link's modes are bytes a second, also those beyond the old question's 32") {
  LinkStory story;
  FakeNic& nic = story.plug("eth0");
  // 10baseT half, autonegotiation, FIBRE, pause; 100000baseCR4; 400000baseCR4 (89); 800000baseCR4 (115).
  nic.supported = {1u << 0 | 1u << 6 | 1u << 10 | 1u << 13, 1u << (38 - 32), 1u << (89 - 64), 1u << (115 - 96)};
  nic.advertised = {1u << 14, 0, 0, 1u << (115 - 96)};
  nic.autonegotiate = 1;
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(mode("supported", "10baseT", "half")) == 1.25e6);
  CHECK(story.watched(mode("supported", "100000baseCR4")) == 12.5e9);
  CHECK(story.watched(mode("supported", "400000baseCR4")) == 50e9);
  CHECK(story.watched(mode("supported", "800000baseCR4")) == 100e9);
  CHECK(story.watched(mode("advertised", "800000baseCR4")) == 100e9);
  CHECK_FALSE(story.watched.has(mode("advertised", "100000baseCR4")));
  CHECK(story.watched(R"(node_network_supported_port_info{device="eth0",type="FIBRE"})") == 1);
  CHECK(story.watched(R"(node_network_autonegotiate_supported{device="eth0"})") == 1);
  CHECK(story.watched(R"(node_network_autonegotiate_advertised{device="eth0"})") == 0);
  CHECK(story.watched(R"(node_network_pause_supported{device="eth0"})") == 1);
  CHECK(story.watched(R"(node_network_asymmetricpause_advertised{device="eth0"})") == 1);
  CHECK(story.watched(R"(node_network_autonegotiate{device="eth0"})") == 1);
  CHECK(story.watched.schema().size() == 4 + 1 + 3 + 1 + 3 + 1);
  nic.autonegotiate = 0;
  CHECK(story.watched.tick() == 0);
  CHECK(story.watched(R"(node_network_autonegotiate{device="eth0"})") == 0);
  nic.supported[1] = 0;
  CHECK(story.watched.tick() == 1);
  CHECK_FALSE(story.watched.has(mode("supported", "100000baseCR4")));
}

TEST_CASE("an old kernel is asked the old question") {
  LinkStory story;
  FakeNic& nic = story.plug("eth0");
  nic.old_supported = 1u << 5;
  nic.old_advertised = 1u << 31;
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(mode("supported", "1000baseT")) == 125e6);
  CHECK(story.watched(mode("advertised", "25000baseCR")) == 3.125e9);
}

TEST_CASE("an interface that does not tell its modes leaves the others alone") {
  LinkStory story;
  FakeNic& nic = story.plug("eth0");
  nic.supported = nic.advertised = {1};
  FakeNic& other = story.plug("lo");
  other.link_error = EOPNOTSUPP;
  CHECK(story.watched.tick() == 1);
  nic.link_error = EBUSY;
  CHECK(story.watched.tick() == 0);
  CHECK(is_absent(story.watched(mode("supported", "10baseT", "half"))));
  nic.link_error = other.link_error = 0;
  other.supported = other.advertised = {2};
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(R"(node_network_supported_speed_bytes{device="lo",duplex="full",mode="10baseT"})") == 1.25e6);
}

TEST_CASE("a kernel that answers the number of words wrongly is not believed") {
  int words = 0;
  Ethtool ethtool([&](const std::string&, void* request) {
    static_cast<ethtool_link_settings*>(request)->link_mode_masks_nwords = static_cast<std::int8_t>(words);
    return 0;
  });
  Ethtool::Link link;
  for (words = -128; words < 128; ++words) CHECK(ethtool.link("eth0", link) == EPROTO);
}

}  // namespace
}  // namespace tacho::sampler
