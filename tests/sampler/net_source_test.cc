// Stories of the sources that read the network's state: what kernels write there that is cut, odd, or changes.

#include <fmt/format.h>

#include <map>

#include "proto/base/file.h"
#include "sampler/host/netstat.h"
#include "sampler/host/sockstat.h"
#include "sampler/host/softnet.h"
#include "sampler/host_sources.h"
#include "sampler/once.h"
#include "source_fixture.h"

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

TEST_CASE("any beginning of a file of the network's state is read without a wrong value") {
  for (const std::string file : {"netstat", "snmp", "snmp6", "sockstat", "sockstat6", "softnet_stat"}) {
    Machine machine("vm");
    const std::string path = "proc/net/" + file;
    auto sources = make_host_sources(machine.roots());
    std::erase_if(sources, [](const auto& source) {
      constexpr std::string_view kRead[] = {"netstat", "sockstat", "softnet"};
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
    for (std::size_t length = 0; length < text.size(); ++length) {
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
