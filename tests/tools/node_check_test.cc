#include "tools/check/node_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "query/engine/engine.h"
#include "sampler/catalogue.h"
#include "store/memory_store.h"
#include "tools/check/check_rules.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

// Lines of exposition text, all at one instant.
NodeCheck checked(std::string_view lines, std::span<const query::Event> events = {}, std::optional<std::size_t> cards = {}) {
  std::string text;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (const auto line = lines.substr(0, end); !line.empty()) text += fmt::format("{} 1000\n", line);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  const auto store = store::MemoryStore::parse(text + "# EOF\n", "made");
  if (!store) FAIL(store.error().message);
  const auto check = check_node(
      [&](const std::string& expr) -> Result<query::QueryResult> {
        auto r = query::Engine().instant(*store, expr, 1'000'000);
        if (!r) return std::unexpected(Error{r.error().message});
        return std::move(*r);
      },
      events, cards);
  if (!check) FAIL(check.error().message);
  return *check;
}

std::vector<std::string> texts(const NodeCheck& check) {
  std::vector<std::string> out;
  for (const Finding& f : check.findings) out.push_back(fmt::format("{} {}", fit_level_name(f.level), f.text));
  return out;
}

constexpr std::string_view kWell = R"(accel_up{vendor="nvidia",accel="0"} 1
accel_memory_remap_failed{vendor="nvidia",accel="0"} 0
accel_memory_remap_pending{vendor="nvidia",accel="0"} 0
accel_recovery_action{vendor="nvidia",accel="0"} 0
accel_health_status{vendor="nvidia",accel="0"} 1
accel_ecc_errors_total{vendor="nvidia",accel="0",severity="uncorrected",scope="volatile",location="total"} 0
accel_ecc_errors_total{vendor="nvidia",accel="0",severity="corrected",scope="volatile",location="total"} 7
accel_ecc_errors_total{vendor="nvidia",accel="0",severity="uncorrected",scope="aggregate",location="total"} 3
accel_ecc_enabled{vendor="nvidia",accel="0"} 1
accel_throttle_active{vendor="nvidia",accel="0",reason="idle"} 1
accel_throttle_active{vendor="nvidia",accel="0",reason="power_cap"} 1
accel_throttle_active{vendor="nvidia",accel="0",reason="thermal_hw"} 0
accel_temperature_celsius{vendor="nvidia",accel="0",sensor="core"} 60
accel_temperature_limit_celsius{vendor="nvidia",accel="0",limit="slowdown"} 90
accel_pcie_link_width{vendor="nvidia",accel="0"} 16
accel_pcie_link_width_max{vendor="nvidia",accel="0"} 16
accel_link_up{vendor="nvidia",accel="0",type="nvlink",link="4"} 1
accel_memory_total_bytes{vendor="nvidia",accel="0"} 8e10
accel_memory_total_bytes{vendor="nvidia",accel="1"} 8e10
node_infiniband_state_id{device="mlx5_0",port="1"} 4
node_infiniband_physical_state_id{device="mlx5_0",port="1"} 5
node_infiniband_rate_bytes_per_second{device="mlx5_0",port="1"} 5e10
node_infiniband_rate_bytes_per_second{device="mlx5_1",port="1"} 5e10
node_bonding_active{master="bond0"} 2
node_bonding_slaves{master="bond0"} 2
node_nf_conntrack_entries 100
node_nf_conntrack_entries_limit 1000
node_edac_uncorrectable_errors_total{controller="0"} 0
node_memory_HardwareCorrupted_bytes 0
node_memory_MemAvailable_bytes 5e10
node_memory_MemTotal_bytes 1e11
node_cpu_online{cpu="0"} 1
node_cpu_scaling_governor{cpu="0",governor="performance"} 1
node_cpu_scaling_governor{cpu="0",governor="powersave"} 0
node_filesystem_device_error{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 0
node_filesystem_avail_bytes{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 50
node_filesystem_size_bytes{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 100
node_filesystem_files_free{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 50
node_filesystem_files{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 100
node_filesystem_readonly{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 0
node_filesystem_avail_bytes{device="cd",mountpoint="/cd",fstype="iso9660",device_error=""} 0
node_filesystem_size_bytes{device="cd",mountpoint="/cd",fstype="iso9660",device_error=""} 100
node_filesystem_readonly{device="cd",mountpoint="/cd",fstype="iso9660",device_error=""} 1
node_md_disks{device="md0",state="failed"} 0
node_timex_sync_status 1
node_timex_maxerror_seconds 0.01
node_timex_offset_seconds 0.001
node_filefd_allocated 10
node_filefd_maximum 1000
tacho_source_up{source="cpu"} 1
)";

// The well node with the line that begins so ending in another value; a line that is not there is added.
std::string with(std::string_view begins, std::string_view value) {
  std::string out, line;
  bool found = false;
  std::string_view rest = kWell;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.starts_with(begins)) {
      line = line.substr(0, line.rfind(' ') + 1).append(value);
      found = true;
    }
    out += line + "\n";
  }
  if (!found) out += fmt::format("{} {}\n", begins, value);
  return out;
}

query::Event event(TimeMs time, std::string kind, query::Severity severity, Labels labels = {}) {
  query::Event e;
  e.time = time;
  e.kind = std::move(kind);
  e.severity = severity;
  e.device = "nvidia 0";
  e.text = fmt::format("{} at {}", e.kind, time);
  e.labels = std::move(labels);
  return e;
}

}  // namespace

TEST_CASE("a node that is well has no finding, and every rule had something to look at") {
  const NodeCheck check = checked(kWell);
  CHECK(texts(check).empty());
  CHECK(check.fit());
  CHECK(check.rules == check.rules_all);
  CHECK(check.accelerators == 1);
}

TEST_CASE("each rule finds its fault, names the thing, and finds nothing else") {
  using Findings = std::vector<std::string>;
  struct Case {
    std::string_view line, value;
    Findings found;
  };
  const Case cases[] = {
      {"accel_up", "0", {"FAIL nvidia 0 does not answer"}},
      {"accel_memory_remap_failed", "1", {"FAIL nvidia 0 could not replace a row of memory"}},
      {"accel_recovery_action", "2", {"FAIL nvidia 0 asks for a reset, a reboot of the node, or to be drained (code 2)"}},
      {"accel_health_status", "0", {"FAIL nvidia 0 calls itself unfit"}},
      {R"(accel_ecc_errors_total{vendor="nvidia",accel="0",severity="uncorrected",scope="volatile")",
       "2",
       {"FAIL nvidia 0 has had 2 memory errors that could not be corrected since its driver was loaded"}},
      {R"(accel_ecc_errors_total{vendor="huawei",accel="3",severity="uncorrected",scope="volatile"})",
       "1",
       {"FAIL huawei 3 has had 1 memory error that could not be corrected since its driver was loaded"}},
      {"accel_memory_remap_pending", "1", {"warn nvidia 0 has rows of memory to replace"}},
      {"accel_ecc_enabled", "0", {"warn nvidia 0 does not correct memory errors"}},
      {R"(accel_throttle_active{vendor="nvidia",accel="0",reason="thermal_hw"})",
       "1",
       {"warn nvidia 0 is slowed down by thermal hw"}},
      {"accel_temperature_celsius", "88", {"warn nvidia 0 has 88 degrees, at which it is about to slow down"}},
      {"accel_pcie_link_width{", "8", {"FAIL nvidia 0 has 8 lanes of PCIe, fewer than card and slot can do"}},
      {"accel_link_up", "0", {"warn no nvlink link of any nvidia card is up"}},
      {R"(accel_link_up{vendor="nvidia",accel="0",type="nvlink",link="5"})", "0", {"FAIL nvlink link 5 of nvidia 0 is down"}},
      {R"(accel_link_up{vendor="nvidia",accel="1",type="nvlink",link="4"})",
       "0",
       {"FAIL nvidia 1 has no nvlink link that is up, and other cards have"}},
      {R"(accel_memory_total_bytes{vendor="nvidia",accel="1")",
       "4e10",
       {"warn nvidia 1 has less memory than the largest card here"}},
      {"node_infiniband_state_id", "1", {"FAIL RDMA port mlx5_0/1 has a link and is not active"}},
      {"node_bonding_active", "1", {"FAIL bond bond0 has 1 interface with a link, fewer than it is made of"}},
      {"node_nf_conntrack_entries ", "950", {"warn nearly all connections that can be tracked are"}},
      {"node_edac_uncorrectable_errors_total", "3", {"FAIL memory controller 0 has lost data (3 errors since the start)"}},
      {"node_memory_HardwareCorrupted_bytes", "4096", {"FAIL 4096 bytes of memory were taken out of use after hardware errors"}},
      {"node_memory_MemAvailable_bytes", "5e9", {"warn 5 % of the memory is left"}},
      {"node_cpu_online", "0", {"warn 1 CPU is switched off"}},
      {R"(node_cpu_scaling_governor{cpu="0",governor="powersave"})", "1", {"warn 1 CPU is governed by powersave"}},
      {R"(node_filesystem_device_error{device="nfs",mountpoint="/data",fstype="nfs4",device_error="hanging"})",
       "1",
       {"FAIL the file system at /data does not answer (hanging)"}},
      {R"(node_filesystem_avail_bytes{device="/dev/sda1")", "1.26", {"FAIL / has 1.3 % left"}},
      {R"(node_filesystem_files_free)", "0", {"FAIL / has 0 % of its inodes left"}},
      {R"(node_filesystem_readonly{device="/dev/sda1")", "1", {"FAIL / is mounted read-only"}},
      {"node_md_disks", "1", {"warn 1 disk of array md0 failed"}},
      {"node_timex_offset_seconds", "-0.2", {"warn the clock is 200 ms off its reference"}},
      {"node_filefd_allocated", "990", {"warn 99 % of the files that may be open are"}},
      {"tacho_source_up", "0", {"warn source cpu gives no rows: what it tells is not known"}},
  };
  for (const Case& c : cases) {
    INFO(c.line << " " << c.value);
    const NodeCheck check = checked(with(c.line, c.value));
    CHECK(texts(check) == c.found);
    CHECK(check.fit() == (c.found[0].starts_with("warn")));
  }
  const auto also = [](std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  CHECK(texts(checked(also(with("node_timex_sync_status", "0"), "maxerror_seconds 0.01", "maxerror_seconds 16"))) ==
        Findings{"warn nothing keeps the clock in step"});
  CHECK(texts(checked(also(with("node_infiniband_state_id", "1"), R"(physical_state_id{device="mlx5_0",port="1"} 5)",
                           R"(physical_state_id{device="mlx5_0",port="1"} 2)"))) ==
        Findings{"warn RDMA port mlx5_0/1 has no link"});
  const std::string two_ports = with(R"(node_infiniband_state_id{device="mlx5_1",port="1"})", "4");
  CHECK(texts(checked(two_ports)).empty());
  CHECK(texts(checked(also(two_ports, R"(rate_bytes_per_second{device="mlx5_1",port="1"} 5e10)",
                           R"(rate_bytes_per_second{device="mlx5_1",port="1"} 1e10)"))) ==
        Findings{"warn RDMA port mlx5_1/1 runs at 80 Gbit/s, slower than the fastest here"});
}

TEST_CASE("what a node does not show is neither good nor bad") {
  const NodeCheck check = checked("accel_up{vendor=\"amd\",accel=\"0\"} 1\n");
  CHECK(check.findings.empty());
  CHECK(check.rules == 1);
}

TEST_CASE("fewer accelerators than expected are a failure, more are not") {
  CHECK(checked(kWell, {}, 1).fit());
  CHECK(texts(checked(kWell, {}, 8)) == std::vector<std::string>{"FAIL 1 of 8 accelerators are there"});
  CHECK(texts(checked("node_filefd_allocated 1\n", {}, 2)) == std::vector<std::string>{"FAIL 0 of 2 accelerators are there"});
}

TEST_CASE("what happened lately counts once a kind and device, the worst first") {
  using enum query::Severity;
  const std::vector<query::Event> events{
      event(1000, "oom", error),
      event(2000, "xid", error, Labels::of("accel_errors_total", {{"code", "31"}})),
      event(3000, "xid", error, Labels::of("accel_errors_total", {{"code", "79"}})),
      event(4000, "xid", error, Labels::of("accel_errors_total", {{"code", "79"}})),
      event(5000, "throttle", warning),
      event(6000, "restart", info),
      event(7000, "gap", warning),
      event(8000, "link", warning),
  };
  const NodeCheck check = checked(kWell, events);
  CHECK(texts(check) ==
        std::vector<std::string>{"FAIL xid at 4000", "warn link at 8000", "warn oom at 1000", "warn xid at 2000"});
  CHECK(check.findings[0].times == 2);
  CHECK(check.findings[0].time == 4000);
  CHECK_FALSE(check.fit());
}

TEST_CASE("what was before the node was started anew does not count") {
  const std::vector<query::Event> events{event(1000, "xid", query::Severity::error, Labels::of("e", {{"code", "79"}})),
                                         event(901'000, "ecc", query::Severity::error)};
  CHECK(texts(checked(std::string(kWell) + "node_boot_time_seconds 900\n", events)) ==
        std::vector<std::string>{"FAIL ecc at 901000"});
}

TEST_CASE("a card that was lost and is back is a warning, one that is lost a failure") {
  std::vector<query::Event> events{event(1000, "lost", query::Severity::error)};
  CHECK(checked(kWell, events).fit());
  events[0].ongoing = true;
  CHECK_FALSE(checked(kWell, events).fit());
}

TEST_CASE("every rule's metric is in the catalogue") {
  const auto& catalogue = sampler::catalogue();
  for (const CheckRule& rule : check_rules()) {
    INFO(rule.metric);
    CHECK(std::any_of(catalogue.begin(), catalogue.end(), [&](const auto& m) { return m.name == rule.metric; }));
    CHECK(rule.expr.find(rule.metric) != std::string_view::npos);
  }
}
