#include "tools/check/check_rules.h"

#include "query/events/throttle.h"

namespace tacho::tools {
namespace {

using enum FitLevel;

// What is no disk of the node's own, or is full by nature.
#define REAL_FS R"(fstype!~"tmpfs|ramfs|devtmpfs|squashfs|iso9660|overlay|erofs|fuse.*")"

// clang-format off
constexpr CheckRule kRules[] = {
    // accelerators
    {fail, "accelerator", "accel_up", "accel_up == 0",
     "{device} does not answer", "look at the kernel's log for its last words (tacho events --last 1h); reset it or restart the node"},
    {fail, "accelerator", "accel_memory_remap_failed", "accel_memory_remap_failed > 0",
     "{device} could not replace a row of memory", "exchange the card"},
    {fail, "accelerator", "accel_recovery_action", "accel_recovery_action > 0",
     "{device} asks for a reset, a reboot of the node, or to be drained (code {count})", "do what it asks before the next job"},
    {fail, "accelerator", "accel_health_status", "accel_health_status == 0 unless accel_up == 0 unless on (vendor, accel) accel_recovery_action > 0",
     "{device} calls itself unfit", "look at its errors (tacho events --last 1h); reset it, then exchange it"},
    {fail, "accelerator", "accel_ecc_errors_total",
     R"(accel_ecc_errors_total{severity="uncorrected",scope="volatile",location="total"} > 0 or accel_ecc_errors_total{severity="uncorrected",scope="volatile",vendor!="nvidia"} > 0)",
     "{device} has had {count|memory error|memory errors} that could not be corrected since its driver was loaded", "reset the card; if they come again, exchange it"},
    {warn, "accelerator", "accel_memory_remap_pending", "accel_memory_remap_pending > 0",
     "{device} has rows of memory to replace", "reset the card before the next job"},
    {warn, "accelerator", "accel_ecc_enabled", "accel_ecc_enabled == 0",
     "{device} does not correct memory errors", "switch ECC on, and reset the card"},
    {warn, "accelerator", "accel_throttle_active", "accel_throttle_active{FAULTS} > 0",
     "{device} is slowed down by {words reason}", "look at cooling and power supply"},
    {warn, "accelerator", "accel_temperature_celsius",
     R"(accel_temperature_celsius{sensor="core"} > ignoring (sensor, limit) group_left () accel_temperature_limit_celsius{limit="slowdown"} - 3)",
     "{device} has {count} degrees, at which it is about to slow down", "look at fans and at the air that goes in"},
    {fail, "accelerator", "accel_pcie_link_width", "accel_pcie_link_width < accel_pcie_link_width_max",
     "{device} has {count} lanes of PCIe, fewer than card and slot can do", "reseat the card; look at risers and cables"},
    {fail, "accelerator", "accel_link_up",
     "accel_link_up == 0 and on (vendor, accel, type) (max by (vendor, accel, type) (accel_link_up) == 1)",
     "{type} link {link} of {device} is down", "look at bridges, switches and the fabric manager"},
    {fail, "accelerator", "accel_link_up",
     "max by (vendor, accel, type) (accel_link_up) == 0 and on (vendor, type) (max by (vendor, type) (accel_link_up) == 1)",
     "{device} has no {type} link that is up, and other cards have", "look at bridges, switches and the fabric manager"},
    // Cards without a bridge tell of links that are down as well.
    {warn, "accelerator", "accel_link_up", "max by (vendor, type) (accel_link_up) == 0",
     "no {type} link of any {vendor} card is up", "does the fabric manager run? cards that nothing connects have nothing to mend"},
    {warn, "accelerator", "accel_memory_total_bytes",
     "accel_memory_total_bytes < on () group_left () (max(accel_memory_total_bytes) * 0.95)",
     "{device} has less memory than the largest card here", "a job takes the smallest card as the measure of all"},
    // fabric and network
    {fail, "network", "node_infiniband_state_id", "node_infiniband_state_id < 4 and on (device, port) node_infiniband_physical_state_id >= 5",
     "RDMA port {device} has a link and is not active", "is the subnet manager there? ibstat, sminfo"},
    {warn, "network", "node_infiniband_state_id", "node_infiniband_state_id < 4 unless on (device, port) node_infiniband_physical_state_id >= 5",
     "RDMA port {device} has no link", "look at cable, module and switch port, unless nothing is plugged in there"},
    {warn, "network", "node_infiniband_rate_bytes_per_second",
     "(node_infiniband_rate_bytes_per_second and on (device, port) node_infiniband_state_id >= 4) * 8 / 1e9 < on () group_left () "
     "(max(node_infiniband_rate_bytes_per_second and on (device, port) node_infiniband_state_id >= 4) * 8 / 1e9)",
     "RDMA port {device} runs at {count} Gbit/s, slower than the fastest here", "lost lanes, or a slower cable: a collective is as fast as its slowest port"},
    {fail, "network", "node_bonding_active", "node_bonding_active < node_bonding_slaves",
     "bond {device} has {count|interface|interfaces} with a link, fewer than it is made of", "look at the other's cable and switch port"},
    {warn, "network", "node_nf_conntrack_entries", "node_nf_conntrack_entries / node_nf_conntrack_entries_limit > 0.9",
     "nearly all connections that can be tracked are", "raise net.netfilter.nf_conntrack_max; new connections are about to be dropped"},
    // memory and CPUs
    {fail, "memory", "node_edac_uncorrectable_errors_total", "sum by (controller) (node_edac_uncorrectable_errors_total) > 0",
     "memory controller {controller} has lost data ({count|error|errors} since the start)", "drain the node; exchange the DIMM"},
    {fail, "memory", "node_memory_HardwareCorrupted_bytes", "node_memory_HardwareCorrupted_bytes > 0",
     "{count} bytes of memory were taken out of use after hardware errors", "drain the node; exchange the DIMM"},
    {warn, "memory", "node_memory_MemAvailable_bytes", "round(100 * node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) < 10",
     "{count} % of the memory is left", "see who has it: tacho query 'topk(5, container_memory_working_set_bytes)'"},
    {warn, "cpu", "node_cpu_online", "count(node_cpu_online == 0) > 0",
     "{count|CPU is|CPUs are} switched off", "/sys/devices/system/cpu/cpuN/online"},
    {warn, "cpu", "node_cpu_scaling_governor", R"(count(node_cpu_scaling_governor{governor="powersave"} == 1) > 0)",
     "{count|CPU is|CPUs are} governed by powersave", "cpupower frequency-set -g performance, unless the driver is intel_pstate in its active mode"},
    // storage
    {fail, "storage", "node_filesystem_device_error", "node_filesystem_device_error == 1",
     "the file system at {mountpoint} does not answer ({device_error})", "a dead mount: any process that touches it hangs"},
    {fail, "storage", "node_filesystem_avail_bytes",
     "round(1000 * node_filesystem_avail_bytes{" REAL_FS "} / node_filesystem_size_bytes) / 10 < 3 and on (device, mountpoint) node_filesystem_readonly == 0",
     "{mountpoint} has {count} % left", "make room: checkpoints and logs will fail"},
    {fail, "storage", "node_filesystem_files_free",
     "round(1000 * node_filesystem_files_free{" REAL_FS "} / (node_filesystem_files > 0)) / 10 < 1 and on (device, mountpoint) node_filesystem_readonly == 0",
     "{mountpoint} has {count} % of its inodes left", "remove files: checkpoints and logs will fail"},
    {fail, "storage", "node_filesystem_readonly", R"(node_filesystem_readonly{mountpoint="/",fstype!~"squashfs|iso9660|overlay|erofs"} == 1)",
     "{mountpoint} is mounted read-only", "after an error? look at the kernel's log (tacho events --last 1h)"},
    {warn, "storage", "node_md_disks", R"(node_md_disks{state="failed"} > 0)",
     "{count|disk|disks} of array {device} failed", "exchange it before the next one fails"},
    // time and limits
    {warn, "clock", "node_timex_sync_status", "node_timex_sync_status == 0 and node_timex_maxerror_seconds >= 16",
     "nothing keeps the clock in step", "start chrony or ntpd: logs and seconds of several nodes will not line up"},
    {warn, "clock", "node_timex_offset_seconds", "round(1000 * abs(node_timex_offset_seconds)) > 50",
     "the clock is {count} ms off its reference", "chronyc tracking"},
    {warn, "limits", "node_filefd_allocated", "round(100 * node_filefd_allocated / node_filefd_maximum) > 90",
     "{count} % of the files that may be open are", "raise fs.file-max"},
    // the agent, where one runs
    {warn, "agent", "tacho_source_up", R"(tacho_source_up == 0)",
     "source {source} gives no rows: what it tells is not known", "tacho status, and the agent's log"},
};
// clang-format on
#undef REAL_FS

}  // namespace

std::string_view fit_level_name(FitLevel level) { return level == fail ? "FAIL" : "warn"; }

std::string check_expression(const CheckRule& rule) {
  constexpr std::string_view kName = "{FAULTS}";
  std::string out(rule.expr);
  if (const std::size_t at = out.find(kName); at != std::string::npos) out.replace(at, kName.size(), query::kThrottleFaults);
  return out;
}

std::span<const CheckRule> check_rules() { return kRules; }

}  // namespace tacho::tools
