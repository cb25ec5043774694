// Stories of the sources that read the network's state: what kernels write there that is cut, odd, or changes.

#include <fmt/format.h>

#include <map>

#include "proto/base/file.h"
#include "sampler/host/network/arp.h"
#include "sampler/host/network/conntrack.h"
#include "sampler/host/network/ipvs.h"
#include "sampler/host/network/netclass.h"
#include "sampler/host/network/netstat.h"
#include "sampler/host/network/sockstat.h"
#include "sampler/host/network/softnet.h"
#include "sampler/host/network/udp_queues.h"
#include "sampler/host_sources.h"
#include "sampler/once.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

TEST_CASE("netstat finds a counter by its name, wherever in the line the kernel has put it") {
  Machine machine;
  NetstatSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/net/snmp", "Tcp: RtoMin InSegs MaxConn OutSegs\nTcp: 200 11 -1 12\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_netstat_Tcp_InSegs") == 11);
  CHECK(watched("node_netstat_Tcp_OutSegs") == 12);
  CHECK(watched.schema().size() == 2);
  machine.write("proc/net/snmp", "Tcp: OutSegs InSegs\nTcp: 14 13\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_netstat_Tcp_InSegs") == 13);
  CHECK(watched("node_netstat_Tcp_OutSegs") == 14);
}

TEST_CASE("a new column in a line of which netstat keeps nothing changes no layout") {
  Machine machine;
  NetstatSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/net/snmp", "IcmpMsg: InType3\nIcmpMsg: 1\nUdp: NoPorts\nUdp: 5\n");
  CHECK(watched.tick() == 1);
  machine.write("proc/net/snmp", "IcmpMsg: InType3 InType8\nIcmpMsg: 1 1\nUdp: NoPorts\nUdp: 6\n");
  CHECK(watched.tick() == 0);
  CHECK(watched("node_netstat_Udp_NoPorts") == 6);
  machine.write("proc/net/snmp", "Udp: NoPorts\nUdp: 7\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_netstat_Udp_NoPorts") == 7);
}

TEST_CASE("netstat without values, or with another protocol's, leaves its cells absent") {
  Machine machine;
  NetstatSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/net/snmp", "Tcp: InSegs OutSegs\nTcp: 1 2\nUdp: NoPorts\nUdp: 3\n");
  watched.tick();
  machine.write("proc/net/snmp", "Tcp: InSegs OutSegs\nTcp: 4\nUdp: NoPorts\nUdpLite: 3\n");
  CHECK(watched.tick() == 0);
  CHECK(watched("node_netstat_Tcp_InSegs") == 4);
  CHECK(is_absent(watched("node_netstat_Tcp_OutSegs")));
  CHECK(is_absent(watched("node_netstat_Udp_NoPorts")));
}

TEST_CASE("netstat is of the first process's network, where the kernel's files are mounted elsewhere") {
  Machine machine;
  machine.write("proc/net/snmp", "Udp: NoPorts\nUdp: 1\n");
  machine.write("proc/1/net/snmp", "Udp: NoPorts\nUdp: 2\n");
  NetstatSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  CHECK(watched("node_netstat_Udp_NoPorts") == 2);
  // The other network's counter must not go on under the same series by itself.
  machine.remove("proc/1/net/snmp");
  CHECK_FALSE(watched.sample());
  REQUIRE(watched.describe());
  CHECK(watched.tick() == 0);
  CHECK(watched("node_netstat_Udp_NoPorts") == 1);
}

TEST_CASE("sockstat's pages are also bytes, in pages of the machine") {
  Machine machine;
  machine.write("proc/net/sockstat", "sockets: used 9\nTCP: inuse 1 mem 3\n");
  SockstatSource source(machine.roots(), 65536);
  Watched watched(source);
  watched.tick();
  CHECK(watched("node_sockstat_sockets_used") == 9);
  CHECK(watched("node_sockstat_TCP_mem") == 3);
  CHECK(watched("node_sockstat_TCP_mem_bytes") == 3 * 65536);
  machine.write("proc/net/sockstat", "sockets: used 9\nTCP: inuse 1 mem -3\n");
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched("node_sockstat_TCP_mem")));
  CHECK(is_absent(watched("node_sockstat_TCP_mem_bytes")));
}

TEST_CASE("a field or protocol that sockstat gains or loses changes the layout") {
  Machine machine;
  SockstatSource source(machine.roots());
  Watched watched(source);
  machine.write("proc/net/sockstat", "TCP: inuse 1\n");
  CHECK(watched.tick() == 1);
  machine.write("proc/net/sockstat", "TCP: inuse 1 tw 2\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_sockstat_TCP_tw") == 2);
  machine.write("proc/net/sockstat", "TCP: inuse 1 tw 2\nMCTP: inuse 3\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_sockstat_MCTP_inuse") == 3);
  machine.write("proc/net/sockstat", "TCP: inuse 1\n");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has("node_sockstat_TCP_tw"));
}

TEST_CASE("softnet's lines belong to the CPU they name, and to the line's number on kernels that name none") {
  Machine machine;
  SoftnetSource source(machine.roots());
  Watched watched(source);
  auto processed = [](int cpu) { return fmt::format("node_softnet_processed_total{{cpu=\"{}\"}}", cpu); };
  machine.write("proc/net/softnet_stat", "0a 0 0 0 0 0 0 0 0 0 0 0 0\n0c 0 0 0 0 0 0 0 0 0 0 0 2\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(processed(0)) == 10);
  CHECK(watched(processed(2)) == 12);
  CHECK_FALSE(watched.has(processed(1)));
  machine.write("proc/net/softnet_stat", "0a 0 0 0 0 0 0 0 0 0 0 0 0\n0b 0 0 0 0 0 0 0 0 0 0 0 1\n0c 0 0 0 0 0 0 0 0 0 0 0 2\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(processed(1)) == 11);
  machine.write("proc/net/softnet_stat", "1a 0 0 0 0 0 0 0 7\n1b 0 0 0 0 0 0 0 8\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(processed(1)) == 27);
  CHECK(watched("node_softnet_cpu_collision_total{cpu=\"1\"}") == 8);
  CHECK_FALSE(watched.has("node_softnet_received_rps_total{cpu=\"1\"}"));
  CHECK_FALSE(watched.has("node_softnet_backlog_len{cpu=\"1\"}"));
}

constexpr char kUdpHeader[] = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";

TEST_CASE("the queues of UDP are the sum over all sockets, and nothing when one of them cannot be read") {
  Machine machine;
  UdpQueuesSource source(machine.roots());
  Watched watched(source);
  const std::string tx = R"(node_udp_queues{ip="v4",queue="tx"})";
  const std::string rx = R"(node_udp_queues{ip="v4",queue="rx"})";
  const std::string header = kUdpHeader;
  const std::string socket = "  7: 0100007F:0035 00000000:0000 07 0000000A:00000B00 00:00000000 00000000     0\n";
  machine.write("proc/net/udp", header);
  CHECK(watched.tick() == 1);
  CHECK(watched(tx) == 0);
  CHECK(watched(rx) == 0);
  machine.write("proc/net/udp", header + socket + socket);
  CHECK(watched.tick() == 0);
  CHECK(watched(tx) == 20);
  CHECK(watched(rx) == 0x1600);
  for (const std::string& broken :
       {socket + "  8: 0100007F:0035 00000000:0000 07 0000000A\n", socket + "\n", socket.substr(0, 20)}) {
    machine.write("proc/net/udp", header + broken);
    CHECK(watched.tick() == 0);
    CHECK(is_absent(watched(tx)));
    CHECK(is_absent(watched(rx)));
  }
  machine.write("proc/net/udp", "");
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched(tx)));
}

TEST_CASE("a device whose last neighbour has gone has no value, a new one changes the layout") {
  Machine machine;
  ArpSource source(machine.roots());
  Watched watched(source);
  const std::string header = "IP address       HW type     Flags       HW address            Mask     Device\n";
  auto entry = [](const std::string& device) { return "192.0.2.1  0x1  0x2  02:00:5e:00:53:01  *  " + device + "\n"; };
  machine.write("proc/net/arp", header);
  CHECK_FALSE(watched.describe());
  machine.write("proc/net/arp", header + entry("eth0") + entry("eth1") + entry("eth0") + entry("veth7"));
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_arp_entries{device="eth0"})") == 2);
  CHECK(watched(R"(node_arp_entries{device="eth1"})") == 1);
  CHECK(watched.schema().size() == 2);
  machine.write("proc/net/arp", header + entry("eth1"));
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched(R"(node_arp_entries{device="eth0"})")));
  CHECK(watched(R"(node_arp_entries{device="eth1"})") == 1);
  machine.write("proc/net/arp", header + entry("eth2"));
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(R"(node_arp_entries{device="eth0"})"));
}

TEST_CASE("conntrack's counters are summed over the CPUs, each under the kernel's name for it") {
  Machine machine;
  machine.write("proc/sys/net/netfilter/nf_conntrack_count", "3\n");
  machine.write("proc/sys/net/netfilter/nf_conntrack_max", "8\n");
  ConntrackSource source(machine.roots());
  Watched watched(source);
  watched.tick();
  CHECK(watched("node_nf_conntrack_entries") == 3);
  CHECK(watched("node_nf_conntrack_entries_limit") == 8);
  CHECK(watched.schema().size() == 2);
  machine.write("proc/net/stat/nf_conntrack", "entries  drop new found\n3  0a 0 01\n3  0b 0 02\n");
  REQUIRE(watched.describe());
  CHECK(watched.tick() == 0);
  CHECK(watched("node_nf_conntrack_stat_drop") == 21);
  CHECK(watched("node_nf_conntrack_stat_found") == 3);
  CHECK_FALSE(watched.has("node_nf_conntrack_stat_insert"));
  machine.write("proc/net/stat/nf_conntrack", "entries  drop new found\n3  x 0 01\n3  0b 0 02\n");
  CHECK(watched.tick() == 0);
  CHECK(is_absent(watched("node_nf_conntrack_stat_drop")));
  CHECK(watched("node_nf_conntrack_stat_found") == 3);
  machine.write("proc/net/stat/nf_conntrack", "entries  found drop\n3  04 05\n");
  CHECK(watched.tick() == 1);
  CHECK(watched("node_nf_conntrack_stat_found") == 4);
  CHECK(watched("node_nf_conntrack_stat_drop") == 5);
}

// An interface of files, and what is watched of it.
struct NetclassStory {
  Machine machine;
  NetclassSource source{machine.roots()};
  Watched watched{source};

  void write(const std::string& device, const std::string& file, const std::string& text) {
    machine.write("sys/class/net/" + device + "/" + file, text + "\n");
  }
  double operator()(const std::string& field, const std::string& device = "eth0") const {
    return watched(fmt::format("node_network_{}{{device=\"{}\"}}", field, device));
  }
};

TEST_CASE("a link that goes down keeps the series of its state, and gets a new one of its words") {
  NetclassStory story;
  story.write("eth0", "operstate", "up");
  story.write("eth0", "flags", "0x1003");
  story.write("eth0", "speed", "400000");
  story.write("eth0", "carrier_changes", "2");
  CHECK(story.watched.tick() == 1);
  CHECK(story("up") == 1);
  CHECK(story("flags") == 0x1003);
  CHECK(story("speed_bytes") == 50e9);
  CHECK(story.watched(R"(node_network_info{adminstate="up",device="eth0",operstate="up"})") == 1);
  CHECK(story.watched.tick() == 0);
  story.write("eth0", "operstate", "down");
  story.write("eth0", "carrier_changes", "3");
  story.write("eth0", "speed", "-1");
  CHECK(story.watched.tick() == 1);
  CHECK(story("up") == 0);
  CHECK(story("carrier_changes_total") == 3);
  CHECK(story("speed_bytes") == -125000);
  CHECK_FALSE(story.watched.has(R"(node_network_info{adminstate="up",device="eth0",operstate="up"})"));
  story.write("eth0", "flags", "0x1002");
  CHECK(story.watched.tick() == 1);
  CHECK(story.watched(R"(node_network_info{adminstate="down",device="eth0",operstate="down"})") == 1);
}

TEST_CASE("a file of an interface that cannot be read is absent, one that can be read anew gets a series") {
  NetclassStory story;
  story.write("eth0", "operstate", "up");
  story.write("eth0", "mtu", "1500");
  CHECK(story.watched.tick() == 1);
  CHECK_FALSE(story.watched.has(R"(node_network_carrier{device="eth0"})"));
  story.write("eth0", "carrier", "1");
  story.write("eth0", "mtu", "none");
  CHECK(story.watched.tick() == 1);
  CHECK(story("carrier") == 1);
  CHECK_FALSE(story.watched.has(R"(node_network_mtu_bytes{device="eth0"})"));
  story.machine.remove("sys/class/net/eth0/carrier");
  CHECK(story.watched.tick() == 0);
  CHECK(is_absent(story("carrier")));
}

TEST_CASE("interfaces come and go, those of pods and what is no folder without a new layout") {
  NetclassStory story;
  CHECK_FALSE(story.watched.describe());
  story.write("eth0", "mtu", "1500");
  CHECK(story.watched.tick() == 1);
  story.write("veth1234", "mtu", "1500");
  story.machine.write("sys/class/net/bonding_masters", "bond0\n");
  CHECK(story.watched.tick() == 0);
  story.write("bond0", "mtu", "9000");
  CHECK(story.watched.tick() == 1);
  CHECK(story("mtu_bytes", "bond0") == 9000);
  CHECK_FALSE(story.watched.has(R"(node_network_mtu_bytes{device="veth1234"})"));
  story.machine.remove("sys/class/net/eth0");
  CHECK(story.watched.tick() == 1);
  CHECK_FALSE(story.watched.has(R"(node_network_mtu_bytes{device="eth0"})"));
}

TEST_CASE("a backend's numbers move without a new layout, a pod that comes is one") {
  Machine machine("vm");
  IpvsSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  const auto of = [](const std::string& name, const std::string& local, const std::string& remote, const std::string& proto) {
    return "node_ipvs_backend_" + name + "{" + local + ",proto=\"" + proto + "\"," + remote + "}";
  };
  const std::string pod = of("connections_active", R"(local_address="10.96.0.1",local_port="443")",
                             R"(remote_address="10.10.0.5",remote_port="6443")", "TCP");
  CHECK(watched(pod) == 12);
  CHECK(watched(of("weight", R"(local_address="2001:db8::1",local_port="80")",
                   R"(remote_address="2001:db8::2:26",remote_port="80")", "TCP")) == 100);
  CHECK(watched(of("connections_inactive", R"(local_mark="10001000",local_port="0")",
                   R"(remote_address="192.168.50.22",remote_port="3306")", "FWM")) == 2);
  CHECK(watched("node_ipvs_incoming_bytes_total") == 0x51D8C8883AB3);
  std::string text = read_file(machine.path("proc/net/ip_vs")).value();
  text.replace(text.find("1      12         3"), 19, "1      99         0");
  machine.write("proc/net/ip_vs", text);
  CHECK(watched.tick() == 0);
  CHECK(watched(pod) == 99);
  text.insert(text.find("UDP"), "  -> 0A0A0007:192B      Masq    1      1          1\n");
  machine.write("proc/net/ip_vs", text);
  CHECK(watched.tick() == 1);
  CHECK(watched(of("connections_active", R"(local_address="10.96.0.1",local_port="443")",
                   R"(remote_address="10.10.0.7",remote_port="6443")", "TCP")) == 1);
}

TEST_CASE("backends below a service nobody can read are not another service's") {
  Machine machine;
  machine.write("proc/net/ip_vs_stats", "a\nb\n 1 2 3 4 5\n");
  machine.write("proc/net/ip_vs",
                "TCP  0A600001:01BB rr\n  -> 0A0A0005:192B Masq 1 2 3\n"
                "SCTP 0A600002:0001 rr\n  -> 0A0A0006:0001 Masq 4 5 6\n"
                "TCP  nonsense rr\n  -> 0A0A0007:192B Masq 7 8 9\n");
  IpvsSource source(machine.roots());
  Watched watched(source);
  CHECK(watched.tick() == 1);
  CHECK(watched.schema().size() == 5 + 6);
  CHECK(
      watched(
          R"(node_ipvs_backend_weight{local_address="10.96.0.2",local_port="1",proto="SCTP",remote_address="10.10.0.6",remote_port="1"})") ==
      4);
  CHECK(watched("node_ipvs_outgoing_bytes_total") == 5);
  CHECK(watched.tick() == 0);
}

TEST_CASE("any beginning of a file of the network's state is read without a wrong value") {
  for (const std::string file : {"netstat", "snmp", "snmp6", "sockstat", "sockstat6", "softnet_stat", "udp", "udp6", "arp",
                                 "stat/nf_conntrack", "ip_vs", "ip_vs_stats"}) {
    Machine machine("vm");
    const std::string path = "proc/net/" + file;
    auto sources = make_host_sources(machine.roots());
    std::erase_if(sources, [](const auto& source) {
      constexpr std::string_view kRead[] = {"netstat", "sockstat", "softnet", "udp_queues", "arp", "conntrack", "ipvs"};
      return std::find(std::begin(kRead), std::end(kRead), source->name()) == std::end(kRead);
    });
    auto samples = [&] {
      std::map<std::string, double> out;
      for (Family& family : sample_once(sources).families) {
        for (auto& [labels, value] : family.samples) out[labels.to_string()] = value;
      }
      return out;
    };
    const std::map<std::string, double> whole = samples();
    const std::string text = read_file(machine.path(path)).value();
    // A sum over lines cannot know of whole lines that are missing.
    const bool is_sum = file == "udp" || file == "udp6" || file == "arp" || file == "stat/nf_conntrack";
    for (std::size_t length = 0; length < text.size(); ++length) {
      if (is_sum && length > 0 && text[length - 1] == '\n') continue;
      machine.write(path, text.substr(0, length));
      for (const auto& [series, value] : samples()) {
        auto it = whole.find(series);
        INFO(file << " cut at " << length << ": " << series);
        REQUIRE(it != whole.end());
        REQUIRE(it->second == value);
      }
    }
  }
}

}  // namespace
}  // namespace tacho::sampler
