// What runs on the machine, a cgroup at a time, and what the kernel's log says: rows of the catalogue (sampler/catalogue.h).
//
// Names, types and units of container_* are cAdvisor's and the kubelet's, but for those that say so.

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

using store::Rollup;

// clang-format off
constexpr MetricInfo kRows[] = {
    // cgroup
    {"container_cpu_usage_seconds_total", MetricType::counter, "seconds", "CPU time used.", "cpu.stat, cpuacct.usage", "cgroup"},
    {"container_cpu_user_seconds_total", MetricType::counter, "seconds", "CPU time used in user mode.", "cpu.stat, cpuacct.stat", "cgroup"},
    {"container_cpu_system_seconds_total", MetricType::counter, "seconds", "CPU time used in the kernel.", "cpu.stat, cpuacct.stat", "cgroup"},
    {"container_cpu_cfs_periods_total", MetricType::counter, "", "Periods of the CPU quota in which there was something to run.", "cpu.stat", "cgroup"},
    {"container_cpu_cfs_throttled_periods_total", MetricType::counter, "", "Periods in which the quota was used up and tasks had to wait.", "cpu.stat", "cgroup"},
    {"container_cpu_cfs_throttled_seconds_total", MetricType::counter, "seconds", "Time waited for the next period's quota, over all CPUs.", "cpu.stat", "cgroup"},
    {"container_spec_cpu_quota", MetricType::gauge, "", "Microseconds of CPU time allowed in each period; there is no series where there is no limit.", "cpu.max, cpu.cfs_quota_us", "cgroup"},
    {"container_spec_cpu_period", MetricType::gauge, "", "Length of the quota's period in microseconds.", "cpu.max, cpu.cfs_period_us", "cgroup"},
    {"container_memory_usage_bytes", MetricType::gauge, "bytes", "Memory in use, all of it: page cache and kernel too.", "memory.current, memory.usage_in_bytes", "cgroup"},
    {"container_memory_working_set_bytes", MetricType::gauge, "bytes", "Memory in use without file pages not used lately: what counts against the limit.", "memory.current, memory.stat", "cgroup", 0, Rollup::max, "OOM kills and evictions go by the peak, and a burst of seconds vanishes in the average"},
    {"container_memory_rss", MetricType::gauge, "", "Bytes of anonymous memory.", "memory.stat", "cgroup"},
    {"container_memory_cache", MetricType::gauge, "", "Bytes of page cache, shared memory and tmpfs among it.", "memory.stat", "cgroup"},
    {"container_memory_mapped_file", MetricType::gauge, "", "Bytes of files mapped into processes.", "memory.stat", "cgroup"},
    {"container_memory_shmem_bytes", MetricType::gauge, "bytes", "Shared memory and tmpfs, /dev/shm of data loaders among it; not in cAdvisor.", "memory.stat", "cgroup"},
    {"container_memory_kernel_usage", MetricType::gauge, "", "Bytes the kernel holds for the cgroup.", "memory.stat, memory.kmem.usage_in_bytes", "cgroup"},
    {"container_memory_swap", MetricType::gauge, "", "Bytes swapped out.", "memory.swap.current, memory.stat", "cgroup"},
    {"container_memory_file_dirty_bytes", MetricType::gauge, "bytes", "Page cache that is still to be written; not in cAdvisor.", "memory.stat", "cgroup"},
    {"container_memory_file_writeback_bytes", MetricType::gauge, "bytes", "Page cache that is being written; not in cAdvisor.", "memory.stat", "cgroup"},
    {"container_memory_max_usage_bytes", MetricType::gauge, "bytes", "The most memory ever in use, also between two ticks (Linux 5.19).", "memory.peak, memory.max_usage_in_bytes", "cgroup"},
    {"container_spec_memory_limit_bytes", MetricType::gauge, "bytes", "Limit of the memory in use; 0 where there is none.", "memory.max, memory.limit_in_bytes", "cgroup"},
    {"container_memory_failures_total", MetricType::counter, "", "Page faults: pgmajfault had to read from storage; scope hierarchy is with the cgroups inside.", "memory.stat", "cgroup"},
    {"container_memory_events_high_total", MetricType::counter, "", "Times tasks were slowed down because memory.high was passed.", "memory.events", "cgroup"},
    {"container_memory_events_max_total", MetricType::counter, "", "Times the memory limit was about to be passed and memory was reclaimed first.", "memory.events", "cgroup"},
    {"container_oom_events_total", MetricType::counter, "", "Processes of the cgroup that the OOM killer has killed.", "memory.events, memory.oom_control", "cgroup"},
    {"container_fs_reads_bytes_total", MetricType::counter, "bytes", "Bytes read from the block device; network file systems are not in it.", "io.stat, blkio.throttle.io_service_bytes", "cgroup"},
    {"container_fs_writes_bytes_total", MetricType::counter, "bytes", "Bytes written to the block device.", "io.stat, blkio.throttle.io_service_bytes", "cgroup"},
    {"container_fs_reads_total", MetricType::counter, "", "Reads from the block device.", "io.stat, blkio.throttle.io_serviced", "cgroup"},
    {"container_fs_writes_total", MetricType::counter, "", "Writes to the block device.", "io.stat, blkio.throttle.io_serviced", "cgroup"},
    {"container_threads", MetricType::gauge, "", "Threads there are.", "pids.current", "cgroup"},
    {"container_threads_max", MetricType::gauge, "", "Threads there may be; 0 where there is no limit.", "pids.max", "cgroup"},
    {"container_pressure_cpu_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for a CPU.", "cpu.pressure", "cgroup"},
    {"container_pressure_cpu_stalled_seconds_total", MetricType::counter, "seconds", "Time in which all tasks waited for a CPU.", "cpu.pressure", "cgroup"},
    {"container_pressure_memory_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for memory.", "memory.pressure", "cgroup"},
    {"container_pressure_memory_stalled_seconds_total", MetricType::counter, "seconds", "Time in which all tasks waited for memory.", "memory.pressure", "cgroup"},
    {"container_pressure_io_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for IO.", "io.pressure", "cgroup"},
    {"container_pressure_io_stalled_seconds_total", MetricType::counter, "seconds", "Time in which all tasks waited for IO.", "io.pressure", "cgroup"},
    {"container_scrape_error", MetricType::gauge, "", "1 if a file of a cgroup could not be read.", "cgroup", "cgroup"},
    {"tacho_cgroups", MetricType::gauge, "", "Cgroups that are shown.", "cgroup", "cgroup"},
    {"tacho_cgroups_left_out", MetricType::gauge, "", "Cgroups that are not shown, for there are more than the limit.", "cgroup", "cgroup"},
    // kmsg
    {"node_kmsg_events_total", MetricType::counter, "", "Events of this kind in the kernel's log since the agent's start.", "/dev/kmsg", "kmsg"},
    {"node_kmsg_last_event_timestamp_seconds", MetricType::gauge, "seconds", "Unix time of the last event of this kind, also from before the agent's start.", "/dev/kmsg", "kmsg", 0, Rollup::max, "the average of two times is the time of nothing"},
    {"node_kmsg_xid_errors_total", MetricType::counter, "", "Xids of the NVIDIA driver in the kernel's log, by GPU and number.", "/dev/kmsg", "kmsg"},
    {"node_kmsg_sxid_errors_total", MetricType::counter, "", "SXids of NVSwitches in the kernel's log, by switch and number.", "/dev/kmsg", "kmsg"},
    {"node_kmsg_oom_kills_total", MetricType::counter, "", "Times the OOM killer chose a task of this cgroup.", "/dev/kmsg", "kmsg"},
    {"node_kmsg_records_total", MetricType::counter, "", "Records of this level in the kernel's log since the agent's start.", "/dev/kmsg", "kmsg"},
    {"node_kmsg_lost_records_total", MetricType::counter, "", "Records overwritten before they could be read.", "/dev/kmsg", "kmsg"},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> workload_metrics() { return kRows; }

}  // namespace tacho::sampler
