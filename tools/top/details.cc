#include "tools/top/details.h"

namespace tacho::tools {
namespace {

using enum TopUnit;

// clang-format off
constexpr TopChart kCharts[] = {
    {"accel", "activity", ratio, {{{"busy", "last_over_time(accel_utilization_ratio{SEL}[G])"}, {"sm", "last_over_time(accel_sm_active_ratio{SEL}[G])"}, {"tensor", "last_over_time(accel_pipe_active_ratio{SEL,pipe=\"tensor\"}[G])"}, {"memory traffic", "max(last_over_time(accel_memory_bandwidth_utilization_ratio{SEL}[G]))"}}}, 1},
    {"accel", "power", watts, {{{"highest", "last_over_time(accel_power_max_watts{SEL}[G])"}, {"lowest", "last_over_time(accel_power_min_watts{SEL}[G])"}, {"average", "max(last_over_time(accel_power_watts{SEL,window!=\"instant\"}[G]))"}}}},
    {"accel", "memory", bytes, {{{"used", "last_over_time(accel_memory_used_bytes{SEL}[G])"}}}},
    {"accel", "temperature", celsius, {{{"", "last_over_time(accel_temperature_celsius{SEL,sensor!=\"margin\"}[G])", "sensor"}}}},
    {"accel", "clock, Hz", count, {{{"", "last_over_time(accel_clock_hertz{SEL,domain=~\"core|memory\"}[G])", "domain"}}}},
    {"accel", "held down by", count, {{{"", "last_over_time(accel_throttle_active{SEL,reason!~\"idle|display\"}[G]) > 0", "reason"}}}, 1},
    {"accel", "links", bytes_per_second, {{{"in", "sum(irate(accel_link_receive_bytes_total{SEL,link=\"all\"}[R]))"}, {"out", "sum(irate(accel_link_transmit_bytes_total{SEL,link=\"all\"}[R]))"}}}},
    {"accel", "PCIe", bytes_per_second, {{{"", "last_over_time(accel_pcie_throughput_bytes_per_second{SEL}[S])", "direction"}}}},
    {"accel", "errors", per_second, {{{"", "irate(accel_errors_total{SEL}[R]) > 0", "code"}}}},

    {"cpu", "time, of all CPUs", ratio, {{{"user", "avg(irate(node_cpu_seconds_total{mode=\"user\"}[R]))"}, {"system", "avg(irate(node_cpu_seconds_total{mode=\"system\"}[R]))"}, {"iowait", "avg(irate(node_cpu_seconds_total{mode=\"iowait\"}[R]))"}, {"nice", "avg(irate(node_cpu_seconds_total{mode=\"nice\"}[R]))"}, {"irq", "avg(sum by (cpu) (irate(node_cpu_seconds_total{mode=~\"irq|softirq\"}[R])))"}, {"steal", "avg(irate(node_cpu_seconds_total{mode=\"steal\"}[R]))"}}}, 1},
    {"cpu", "busiest and idlest CPU", ratio, {{{"busiest", "max(sum by (cpu) (irate(node_cpu_seconds_total{mode!~\"idle|iowait\"}[R])))"}, {"idlest", "min(sum by (cpu) (irate(node_cpu_seconds_total{mode!~\"idle|iowait\"}[R])))"}}}, 1},
    {"cpu", "load and runnable tasks", count, {{{"load, 1 min", "last_over_time(node_load1[G])"}, {"load, 5 min", "last_over_time(node_load5[G])"}, {"runnable", "last_over_time(node_procs_running[G])"}, {"blocked", "last_over_time(node_procs_blocked[G])"}}}},
    {"cpu", "switches and forks", per_second, {{{"switches", "irate(node_context_switches_total[R])"}, {"forks", "irate(node_forks_total[R])"}}}},

    {"mem", "memory", bytes, {{{"available", "last_over_time(node_memory_MemAvailable_bytes[G])"}, {"free", "last_over_time(node_memory_MemFree_bytes[G])"}, {"cached", "last_over_time(node_memory_Cached_bytes[G])"}, {"anonymous", "last_over_time(node_memory_AnonPages_bytes[G])"}}}},
    {"mem", "to be written", bytes, {{{"dirty", "last_over_time(node_memory_Dirty_bytes[G])"}, {"in writing", "last_over_time(node_memory_Writeback_bytes[G])"}}}},
    {"mem", "faults", per_second, {{{"all", "irate(node_vmstat_pgfault[R])"}, {"major", "irate(node_vmstat_pgmajfault[R])"}}}},
    {"mem", "swapped pages", per_second, {{{"in", "irate(node_vmstat_pswpin[R])"}, {"out", "irate(node_vmstat_pswpout[R])"}}}},

    {"wait", "some task waited", ratio, {{{"for cpu", "irate(node_pressure_cpu_waiting_seconds_total[R])"}, {"for memory", "irate(node_pressure_memory_waiting_seconds_total[R])"}, {"for storage", "irate(node_pressure_io_waiting_seconds_total[R])"}}}, 1},
    {"wait", "all tasks waited", ratio, {{{"for memory", "irate(node_pressure_memory_stalled_seconds_total[R])"}, {"for storage", "irate(node_pressure_io_stalled_seconds_total[R])"}}}, 1},

    {"disk", "bytes", bytes_per_second, {{{"read", "irate(node_disk_read_bytes_total{SEL}[R])"}, {"written", "irate(node_disk_written_bytes_total{SEL}[R])"}}}},
    {"disk", "requests", per_second, {{{"read", "irate(node_disk_reads_completed_total{SEL}[R])"}, {"written", "irate(node_disk_writes_completed_total{SEL}[R])"}}}},
    {"disk", "time a request", seconds, {{{"read", "irate(node_disk_read_time_seconds_total{SEL}[R]) / irate(node_disk_reads_completed_total{SEL}[R])"}, {"written", "irate(node_disk_write_time_seconds_total{SEL}[R]) / irate(node_disk_writes_completed_total{SEL}[R])"}}}},
    {"disk", "busy", ratio, {{{"busy", "irate(node_disk_io_time_seconds_total{SEL}[R])"}}}, 1},
    {"disk", "in flight", count, {{{"requests", "last_over_time(node_disk_io_now{SEL}[G])"}}}},

    {"net", "bytes", bytes_per_second, {{{"in", "irate(node_network_receive_bytes_total{SEL}[R])"}, {"out", "irate(node_network_transmit_bytes_total{SEL}[R])"}}}},
    {"net", "packets", per_second, {{{"in", "irate(node_network_receive_packets_total{SEL}[R])"}, {"out", "irate(node_network_transmit_packets_total{SEL}[R])"}}}},
    {"net", "dropped", per_second, {{{"in", "irate(node_network_receive_drop_total{SEL}[R])"}, {"out", "irate(node_network_transmit_drop_total{SEL}[R])"}}}},
    {"net", "errors", per_second, {{{"in", "irate(node_network_receive_errs_total{SEL}[R])"}, {"out", "irate(node_network_transmit_errs_total{SEL}[R])"}}}},

    {"rdma", "bytes", bytes_per_second, {{{"in", "sum(irate(node_infiniband_port_data_received_bytes_total{SEL}[R]))"}, {"out", "sum(irate(node_infiniband_port_data_transmitted_bytes_total{SEL}[R]))"}}}},
    {"rdma", "packets", per_second, {{{"in", "sum(irate(node_infiniband_port_packets_received_total{SEL}[R]))"}, {"out", "sum(irate(node_infiniband_port_packets_transmitted_total{SEL}[R]))"}}}},
    {"rdma", "congestion", per_second, {{{"cnp sent", "sum(irate(node_infiniband_np_cnp_packets_sent_total{SEL}[R]))"}, {"cnp handled", "sum(irate(node_infiniband_rp_cnp_packets_handled_total{SEL}[R]))"}, {"ecn marked", "sum(irate(node_infiniband_np_ecn_marked_roce_packets_received_total{SEL}[R]))"}}}},
    {"rdma", "waits to send, ticks", per_second, {{{"waits", "sum(irate(node_infiniband_port_transmit_wait_total{SEL}[R]))"}}}},
    {"rdma", "retries and losses", per_second, {{{"out of sequence", "sum(irate(node_infiniband_out_of_sequence_packets_received_total{SEL}[R]))"}, {"sequence errors", "sum(irate(node_infiniband_packet_sequence_errors_total{SEL}[R]))"}, {"ack timeouts", "sum(irate(node_infiniband_local_ack_timeout_errors_total{SEL}[R]))"}, {"out of buffer", "sum(irate(node_infiniband_out_of_buffer_drops_total{SEL}[R]))"}}}},
    {"rdma", "link", per_second, {{{"symbol errors", "sum(irate(node_infiniband_symbol_error_total{SEL}[R]))"}, {"receive errors", "sum(irate(node_infiniband_port_errors_received_total{SEL}[R]))"}, {"recoveries", "sum(irate(node_infiniband_link_error_recovery_total{SEL}[R]))"}, {"downs", "sum(irate(node_infiniband_link_downed_total{SEL}[R]))"}}}},

    {"fs", "used", ratio, {{{"used", "max(1 - last_over_time(node_filesystem_avail_bytes{SEL}[S]) / last_over_time(node_filesystem_size_bytes{SEL}[S]))"}}}, 1},
    {"fs", "free", bytes, {{{"for anyone", "max(last_over_time(node_filesystem_avail_bytes{SEL}[S]))"}}}},

    {"job", "busy", ratio, {{{"", "max by (accel) (last_over_time(accel_utilization_ratio{SEL}[G]))", "accel"}}}, 1},
    {"job", "tensor", ratio, {{{"", "max by (accel) (last_over_time(accel_pipe_active_ratio{SEL,pipe=\"tensor\"}[G]))", "accel"}}}, 1},
    {"job", "power", watts, {{{"", "max by (accel) (last_over_time(accel_power_watts{SEL,window!=\"instant\"}[G])) or max by (accel) (last_over_time(accel_power_watts{SEL}[G]))", "accel"}}}},
    {"job", "memory of devices", bytes, {{{"", "max by (accel) (last_over_time(accel_memory_used_bytes{SEL}[G]))", "accel"}}}},
    {"job", "cpu, of one", ratio, {{{"", "sum by (container) (irate(container_cpu_usage_seconds_total{SEL}[R]))", "container"}}}},
    {"job", "memory", bytes, {{{"", "sum by (container) (last_over_time(container_memory_working_set_bytes{SEL}[G]))", "container"}}}},

    {"cgroup", "cpu, of one", ratio, {{{"user", "sum(irate(container_cpu_user_seconds_total{SEL}[R]))"}, {"system", "sum(irate(container_cpu_system_seconds_total{SEL}[R]))"}, {"all", "sum(irate(container_cpu_usage_seconds_total{SEL}[R]))"}}}},
    {"cgroup", "waited for quota", ratio, {{{"throttled", "sum(irate(container_cpu_cfs_throttled_seconds_total{SEL}[R]))"}}}},
    {"cgroup", "memory", bytes, {{{"working set", "max(last_over_time(container_memory_working_set_bytes{SEL}[G]))"}, {"anonymous", "max(last_over_time(container_memory_rss{SEL}[G]))"}, {"cache", "max(last_over_time(container_memory_cache{SEL}[G]))"}}}},
    {"cgroup", "storage", bytes_per_second, {{{"read", "sum(irate(container_fs_reads_bytes_total{SEL}[R]))"}, {"written", "sum(irate(container_fs_writes_bytes_total{SEL}[R]))"}}}},
    {"cgroup", "some task waited", ratio, {{{"for cpu", "sum(irate(container_pressure_cpu_waiting_seconds_total{SEL}[R]))"}, {"for memory", "sum(irate(container_pressure_memory_waiting_seconds_total{SEL}[R]))"}, {"for storage", "sum(irate(container_pressure_io_waiting_seconds_total{SEL}[R]))"}}}, 1},
    {"cgroup", "threads", count, {{{"threads", "max(last_over_time(container_threads{SEL}[G]))"}}}},

    {"tacho", "cpu, of one", ratio, {{{"agent", "irate(tacho_process_cpu_seconds_total[R])"}}}},
    {"tacho", "memory", bytes, {{{"agent", "last_over_time(tacho_process_resident_memory_bytes[G])"}}}},
    {"tacho", "lateness", seconds, {{{"worst source", "max(last_over_time(tacho_source_lateness_seconds[G]))"}}}},
    {"tacho", "time to read, slowest", seconds, {{{"", "topk(5, last_over_time(tacho_source_duration_seconds[G]))", "source"}}}},
    {"tacho", "missed ticks", per_second, {{{"", "irate(tacho_source_missed_ticks_total[R]) > 0", "source"}}}},
};

constexpr TopFact kFacts[] = {
    {"accel", "", "last_over_time(accel_info{SEL}[S])"},
    {"accel", "", "count by (job_name, job_namespace, namespace, job_id, slurm_job_id, pod, container, user, tenant_id) (last_over_time(accel_up{SEL}[G]))"},
    {"accel", "memory in all", "max(last_over_time(accel_memory_total_bytes{SEL}[S]))", bytes},
    {"accel", "power limit", "max(last_over_time(accel_power_limit_watts{SEL,limit=\"enforced\"}[S]))", watts},
    {"accel", "slows down at", "max(last_over_time(accel_temperature_limit_celsius{SEL,limit=\"slowdown\"}[M]))", celsius},
    {"accel", "PCIe generation", "max(last_over_time(accel_pcie_link_generation{SEL}[S]))"},
    {"accel", "PCIe lanes", "max(last_over_time(accel_pcie_link_width{SEL}[S]))"},
    {"accel", "PCIe replays", "max(last_over_time(accel_pcie_replay_total{SEL}[S]))"},
    {"accel", "ECC, uncorrected", "sum(last_over_time(accel_ecc_errors_total{SEL,severity=\"uncorrected\",scope=\"volatile\",location=\"total\"}[S]))"},
    {"accel", "ECC, corrected", "sum(last_over_time(accel_ecc_errors_total{SEL,severity=\"corrected\",scope=\"volatile\",location=\"total\"}[S]))"},
    {"accel", "rows to be remapped", "max(last_over_time(accel_memory_remap_pending{SEL}[S]))"},
    {"accel", "newest error's code", "max(last_over_time(accel_last_error_code{SEL}[S])) > 0"},
    {"accel", "memory of process", "max by (pid) (last_over_time(accel_process_memory_used_bytes{SEL}[S]))", bytes, "pid"},
    {"accel", "busy by process", "max by (pid) (last_over_time(accel_process_utilization_ratio{SEL,engine=\"sm\"}[S]))", ratio, "pid"},
    {"net", "", "last_over_time(node_network_info{SEL}[S])"},
    {"net", "speed", "last_over_time(node_network_speed_bytes{SEL}[S]) > 0", bytes_per_second},
    {"net", "up", "last_over_time(node_network_up{SEL}[S])"},
    {"net", "largest packet", "last_over_time(node_network_mtu_bytes{SEL}[S])", bytes},
    {"rdma", "", "last_over_time(node_infiniband_info{SEL}[S])"},
    {"rdma", "rate of port", "last_over_time(node_infiniband_rate_bytes_per_second{SEL}[S])", bytes_per_second, "port"},
    {"rdma", "state of port (4: active)", "last_over_time(node_infiniband_state_id{SEL}[S])", count, "port"},
    {"disk", "", "last_over_time(node_disk_info{SEL}[S])"},
    {"fs", "size", "max(last_over_time(node_filesystem_size_bytes{SEL}[S]))", bytes},
    {"fs", "files free", "max(last_over_time(node_filesystem_files_free{SEL}[S]))"},
    {"cgroup", "memory limit", "max(last_over_time(container_spec_memory_limit_bytes{SEL}[S])) > 0", bytes},
    {"cgroup", "CPUs allowed", "max(last_over_time(container_spec_cpu_quota{SEL}[S])) / max(last_over_time(container_spec_cpu_period{SEL}[S]))"},
    {"cgroup", "OOM kills", "max(last_over_time(container_oom_events_total{SEL}[S]))"},
    {"cgroup", "most memory ever", "max(last_over_time(container_memory_max_usage_bytes{SEL}[S]))", bytes},
    {"cpu", "", "last_over_time(node_uname_info[M])"},
    {"cpu", "CPUs", "count(count by (cpu) (last_over_time(node_cpu_seconds_total[S])))"},
    {"mem", "memory in all", "last_over_time(node_memory_MemTotal_bytes[S])", bytes},
    {"mem", "swap in all", "last_over_time(node_memory_SwapTotal_bytes[S])", bytes},
    {"mem", "OOM kills", "last_over_time(node_vmstat_oom_kill[S])"},
    {"tacho", "", "last_over_time(tacho_build_info[S])"},
    {"tacho", "series", "last_over_time(tacho_store_series[S])"},
};
// clang-format on

}  // namespace

std::vector<const TopChart*> top_charts(std::string_view section) {
  std::vector<const TopChart*> out;
  for (const TopChart& c : kCharts) {
    if (c.section == section) out.push_back(&c);
  }
  return out;
}

std::vector<const TopFact*> top_facts(std::string_view section) {
  std::vector<const TopFact*> out;
  for (const TopFact& f : kFacts) {
    if (f.section == section) out.push_back(&f);
  }
  return out;
}

}  // namespace tacho::tools
