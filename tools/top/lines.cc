#include "tools/top/lines.h"

#include <algorithm>

#include "proto/base/check.h"
#include "proto/base/duration.h"
#include "query/events/throttle.h"

namespace tacho::tools {
namespace {

using enum TopShow;
using enum TopUnit;

constexpr double kPressed = 0.1;  // a tenth of the time some task waited
constexpr double kAlmostFull = 0.95;

// Selectors that several lines share; their names stand in the expressions.
struct Shared {
  std::string_view name;
  std::string_view selector;
};
constexpr Shared kShared[] = {
    // A container's own view of its mounts is full of single files and of tmpfs; /dev/shm is the one tmpfs that training lives on.
    {"{MOUNTS}", R"({fstype!~"tmpfs|ramfs|squashfs|iso9660|erofs",mountpoint!~"/etc/.+|/run/.+|/usr/lib/.+"})"},
    {"{SHM}", R"({mountpoint="/dev/shm"})"},
    // Not the host's ends of the pods' interfaces: their bytes are counted at the physical port.
    // Not the root: that is the machine, which has lines of its own.
    {"{CGROUPS}", R"({id!="/"})"},
    // What slows a card down against its will, and the limits that it may well be run at.
    {"{FAULTS}", query::kThrottleFaults},
    {"{LIMITS}", R"({reason=~"power_cap|sync_boost"})"},
    // Whatever may say whose a series is (query/jobs/job_owner.cc).
    {"{OWNER}",
     "(job_name, job_namespace, namespace, job_id, slurm_job_id, hpc_job, volcano_job_name, label_system_hero_ai_job_name, "
     "label_system_hero_ai_job_namespace, label_volcano_sh_job_name, label_training_kubeflow_org_job_name, "
     "label_jobset_sigs_k8s_io_jobset_name, label_batch_kubernetes_io_job_name, pod)"},
    {"{LINKS}", R"({link="all"})"},
    {"{PORTS}", R"({device!~"veth.*|cali.*|lxc.*"})"},
};

// clang-format off
constexpr TopLine kLines[] = {
    {.section = "cpu", .title = "busy", .unit = ratio, .expr = "sum(irate(node_cpu_seconds_total{mode!~\"idle|iowait\"}[R])) / sum(irate(node_cpu_seconds_total[R]))", .full = 1},
    {.section = "cpu", .title = "user", .unit = ratio, .expr = "avg(irate(node_cpu_seconds_total{mode=\"user\"}[R]))", .full = 1, .minor = true},
    {.section = "cpu", .title = "system", .unit = ratio, .expr = "avg(irate(node_cpu_seconds_total{mode=\"system\"}[R]))", .full = 1},
    {.section = "cpu", .title = "iowait", .unit = ratio, .expr = "avg(irate(node_cpu_seconds_total{mode=\"iowait\"}[R]))", .full = 1},
    {.section = "cpu", .title = "nice", .unit = ratio, .expr = "avg(irate(node_cpu_seconds_total{mode=\"nice\"}[R]))", .show = if_nonzero, .full = 1, .minor = true},
    {.section = "cpu", .title = "irq", .unit = ratio, .expr = "avg(sum by (cpu) (irate(node_cpu_seconds_total{mode=~\"irq|softirq\"}[R])))", .show = if_nonzero, .full = 1, .minor = true},
    {.section = "cpu", .title = "steal", .unit = ratio, .expr = "avg(irate(node_cpu_seconds_total{mode=\"steal\"}[R]))", .show = if_nonzero, .full = 1},
    {.section = "cpu", .title = "load, 1 min", .unit = count, .expr = "last_over_time(node_load1[G])"},
    {.section = "cpu", .title = "runnable", .unit = count, .expr = "last_over_time(node_procs_running[G])", .minor = true},
    {.section = "cpu", .title = "switches", .unit = per_second, .expr = "irate(node_context_switches_total[R])", .minor = true},

    {.section = "mem", .title = "used", .unit = ratio, .expr = "1 - last_over_time(node_memory_MemAvailable_bytes[G]) / last_over_time(node_memory_MemTotal_bytes[G])", .full = 1, .alert_above = kAlmostFull},
    {.section = "mem", .title = "available", .unit = bytes, .expr = "last_over_time(node_memory_MemAvailable_bytes[G])", .base = TopBase::minimum, .peak = TopPeak::lowest, .minor = true},
    {.section = "mem", .title = "swap used", .unit = bytes, .expr = "last_over_time(node_memory_SwapTotal_bytes[G]) - last_over_time(node_memory_SwapFree_bytes[G])", .show = if_nonzero},
    {.section = "mem", .title = "faults", .unit = per_second, .expr = "irate(node_vmstat_pgfault[R])", .minor = true},
    {.section = "mem", .title = "major faults", .unit = per_second, .expr = "irate(node_vmstat_pgmajfault[R])", .show = if_nonzero, .minor = true},
    {.section = "mem", .title = "OOM kills", .unit = per_second, .expr = "irate(node_vmstat_oom_kill[R])", .show = if_nonzero, .alert_above = 0},

    {.section = "wait", .title = "for cpu", .unit = ratio, .expr = "irate(node_pressure_cpu_waiting_seconds_total[R])", .show = if_any, .full = 1},
    {.section = "wait", .title = "for memory", .unit = ratio, .expr = "irate(node_pressure_memory_waiting_seconds_total[R])", .show = if_any, .full = 1, .alert_above = kPressed},
    {.section = "wait", .title = "for storage", .unit = ratio, .expr = "irate(node_pressure_io_waiting_seconds_total[R])", .show = if_any, .full = 1},

    {.section = "disk", .title = "read", .unit = bytes_per_second, .expr = "irate(node_disk_read_bytes_total[R])", .show = if_busy, .device = "device"},
    {.section = "disk", .title = "written", .unit = bytes_per_second, .expr = "irate(node_disk_written_bytes_total[R])", .show = if_busy, .device = "device"},
    {.section = "disk", .title = "busy", .unit = ratio, .expr = "irate(node_disk_io_time_seconds_total[R])", .show = if_busy, .device = "device", .full = 1},

    {.section = "net", .title = "in", .unit = bytes_per_second, .expr = "irate(node_network_receive_bytes_total{PORTS}[R])", .show = if_busy, .device = "device", .aside = "lo"},
    {.section = "net", .title = "out", .unit = bytes_per_second, .expr = "irate(node_network_transmit_bytes_total{PORTS}[R])", .show = if_busy, .device = "device", .aside = "lo"},
    {.section = "net", .title = "drops", .unit = per_second, .expr = "irate(node_network_receive_drop_total{PORTS}[R]) + irate(node_network_transmit_drop_total{PORTS}[R])", .show = if_nonzero, .device = "device", .alert_above = 0, .aside = "lo"},
    {.section = "net", .title = "errors", .unit = per_second, .expr = "irate(node_network_receive_errs_total{PORTS}[R]) + irate(node_network_transmit_errs_total{PORTS}[R])", .show = if_nonzero, .device = "device", .alert_above = 0, .aside = "lo"},

    {.section = "rdma", .title = "in", .unit = bytes_per_second, .expr = "sum by (device) (irate(node_infiniband_port_data_received_bytes_total[R]))", .show = if_any, .device = "device"},
    {.section = "rdma", .title = "out", .unit = bytes_per_second, .expr = "sum by (device) (irate(node_infiniband_port_data_transmitted_bytes_total[R]))", .show = if_any, .device = "device"},
    {.section = "rdma", .title = "cnps", .unit = per_second, .expr = "sum by (device) (irate(node_infiniband_np_cnp_packets_sent_total[R])) + sum by (device) (irate(node_infiniband_rp_cnp_packets_handled_total[R]))", .show = if_nonzero, .device = "device"},
    {.section = "rdma", .title = "errors", .unit = per_second, .expr = "sum by (device) (irate(node_infiniband_symbol_error_total[R])) + sum by (device) (irate(node_infiniband_port_errors_received_total[R]))", .show = if_nonzero, .device = "device", .alert_above = 0},
    {.section = "rdma", .title = "downs", .unit = per_second, .expr = "sum by (device) (irate(node_infiniband_link_downed_total[R]))", .show = if_nonzero, .device = "device", .alert_above = 0},

    {.section = "fs", .title = "used", .unit = ratio, .expr = "max by (mountpoint) (1 - last_over_time(node_filesystem_avail_bytes{MOUNTS}[S]) / last_over_time(node_filesystem_size_bytes{MOUNTS}[S]))", .show = if_any, .device = "mountpoint", .full = 1, .alert_above = kAlmostFull},
    {.section = "fs", .title = "used", .unit = ratio, .expr = "max by (mountpoint) (1 - last_over_time(node_filesystem_avail_bytes{SHM}[S]) / last_over_time(node_filesystem_size_bytes{SHM}[S]))", .show = if_any, .device = "mountpoint", .full = 1, .alert_above = kAlmostFull},

    {.section = "job", .title = "busy", .unit = ratio, .expr = "avg by {OWNER} (last_over_time(accel_utilization_ratio[G]))", .show = if_any, .device = kOwner, .full = 1},
    {.section = "job", .title = "power", .unit = watts, .expr = "sum by {OWNER} (last_over_time(accel_power_watts{window!=\"instant\"}[G])) or sum by {OWNER} (last_over_time(accel_power_watts[G]))", .show = if_any, .device = kOwner},

    {.section = "cgroup", .title = "cpu", .unit = ratio, .expr = "irate(container_cpu_usage_seconds_total{CGROUPS}[R])", .show = if_top, .device = "id"},
    {.section = "cgroup", .title = "memory", .unit = bytes, .expr = "last_over_time(container_memory_working_set_bytes{CGROUPS}[G])", .show = if_top, .device = "id"},

    {.section = "accel", .title = "busy", .unit = ratio, .expr = "max by (accel) (last_over_time(accel_utilization_ratio[G]))", .show = if_any, .device = "accel", .full = 1},
    {.section = "accel", .title = "tensor", .unit = ratio, .expr = "max by (accel) (last_over_time(accel_pipe_active_ratio{pipe=\"tensor\"}[G]))", .show = if_any, .device = "accel", .full = 1},
    {.section = "accel", .title = "memory", .unit = bytes, .expr = "max by (accel) (last_over_time(accel_memory_used_bytes[G]))", .show = if_any, .device = "accel"},
    {.section = "accel", .title = "power", .unit = watts, .expr = "max by (accel) (last_over_time(accel_power_watts{window!=\"instant\"}[G])) or max by (accel) (last_over_time(accel_power_watts[G]))", .show = if_any, .device = "accel"},
    {.section = "accel", .title = "temp", .unit = celsius, .expr = "max by (accel) (last_over_time(accel_temperature_celsius{sensor=~\"core|\"}[G]))", .show = if_any, .device = "accel", .base = TopBase::minimum},
    {.section = "accel", .title = "link", .unit = bytes_per_second, .expr = "sum by (accel) (irate(accel_link_transmit_bytes_total{LINKS}[R])) + sum by (accel) (irate(accel_link_receive_bytes_total{LINKS}[R]))", .show = if_any, .device = "accel"},
    {.section = "accel", .title = "pcie", .unit = bytes_per_second, .expr = "sum by (accel) (last_over_time(accel_pcie_throughput_bytes_per_second[S]))", .show = if_any, .device = "accel"},
    {.section = "accel", .title = "slowed by", .unit = count, .expr = "max by (accel, reason) (last_over_time(accel_throttle_active{FAULTS}[G]))", .show = if_nonzero, .device = "accel", .full = 1, .alert_above = 0, .which = "reason"},
    {.section = "accel", .title = "held at", .unit = count, .expr = "max by (accel, reason) (last_over_time(accel_throttle_active{LIMITS}[G]))", .show = if_nonzero, .device = "accel", .full = 1, .which = "reason"},
    {.section = "accel", .title = "errors", .unit = per_second, .expr = "sum by (accel) (irate(accel_errors_total[R]))", .show = if_nonzero, .device = "accel", .alert_above = 0},
    {.section = "accel", .title = "unfit", .unit = count, .expr = "1 - min by (accel) (last_over_time(accel_health_status[S]))", .show = if_nonzero, .device = "accel", .full = 1, .alert_above = 0},
    {.section = "accel", .title = "lost", .unit = count, .expr = "1 - min by (accel) (last_over_time(accel_up[G]))", .show = if_nonzero, .device = "accel", .full = 1, .alert_above = 0},

    {.section = "tacho", .title = "sources up", .unit = count, .expr = "sum(last_over_time(tacho_source_up[G]))", .show = if_any, .minor = true},
    {.section = "tacho", .title = "sources down", .unit = count, .expr = "count(last_over_time(tacho_source_up[G])) - sum(last_over_time(tacho_source_up[G]))", .show = if_nonzero, .alert_above = 0},
    {.section = "tacho", .title = "missed ticks", .unit = per_second, .expr = "sum(irate(tacho_source_missed_ticks_total[R]))", .show = if_nonzero, .alert_above = 0},
    {.section = "tacho", .title = "lateness", .unit = seconds, .expr = "max(last_over_time(tacho_source_lateness_seconds[G]))", .show = if_any},
    {.section = "tacho", .title = "cpu, one core", .unit = ratio, .expr = "irate(tacho_process_cpu_seconds_total[R])", .show = if_any},
    {.section = "tacho", .title = "memory", .unit = bytes, .expr = "last_over_time(tacho_process_resident_memory_bytes[G])", .show = if_any, .base = TopBase::minimum, .minor = true},
    {.section = "tacho", .title = "window held", .unit = span, .expr = "last_over_time(tacho_store_window_seconds[G])", .show = if_any, .base = TopBase::minimum, .minor = true},
};
// clang-format on

// Ten seconds is the interval of file systems and of what costs a card's firmware much; a statfs may answer a little after its tick.
constexpr std::int64_t kSlowMs = 12'000;
constexpr std::int64_t kSlowestMs = 65'000;

void replace_all(std::string& text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::span<const TopLine> top_lines() { return kLines; }

std::string top_expression(const TopLine& line, std::int64_t interval_ms) { return filled_expression(line.expr, interval_ms); }

std::string filled_expression(std::string_view expr, std::int64_t interval_ms, const Labels& subject) {
  TACHO_CHECK(interval_ms > 0);
  std::string text(expr);
  std::string matchers;
  for (const Label& l : subject) matchers += (matchers.empty() ? "" : ",") + l.name + "=" + quoted(l.value);
  replace_all(text, "{SEL", "{" + matchers);
  for (const Shared& s : kShared) replace_all(text, s.name, std::string(s.selector));
  // Below a second, a row of the page stands for all samples of its second, not for the last two of them.
  if (interval_ms < 1000) replace_all(text, "irate(", "rate(");
  const std::int64_t gauge_ms = std::max<std::int64_t>(interval_ms, 1000);
  replace_all(text, "[R]", "[" + format_duration(gauge_ms + interval_ms) + "]");
  replace_all(text, "[G]", "[" + format_duration(gauge_ms) + "]");
  replace_all(text, "[M]", "[" + format_duration(std::max(interval_ms, kSlowestMs)) + "]");
  replace_all(text, "[S]", "[" + format_duration(std::max(interval_ms, kSlowMs)) + "]");
  return text;
}

std::int64_t top_reach_ms(std::int64_t interval_ms) { return std::max({interval_ms * 2, interval_ms + 1000, kSlowMs}); }

std::int64_t top_fact_reach_ms(std::int64_t interval_ms) { return std::max(interval_ms, kSlowestMs); }

bool top_section_by_device(std::string_view section) { return section != "accel"; }

}  // namespace tacho::tools
