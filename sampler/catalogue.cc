#include "sampler/catalogue.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>

#include "proto/base/check.h"

namespace tacho::sampler {
namespace {

using store::Rollup;

// Names, types and units of node_* are node_exporter's, so that dashboards and rules work unchanged; the help is ours.
// Rollups are chosen sparingly: every one is a sample a minute for every series of the metric.
// clang-format off
constexpr MetricInfo kCatalogue[] = {
    // cpu
    {"node_cpu_seconds_total", MetricType::counter, "seconds", "Time this CPU has spent in each mode; user and nice contain guest time.", "/proc/stat", "cpu"},
    {"node_cpu_guest_seconds_total", MetricType::counter, "seconds", "Time this CPU has run guests; already counted in user and nice.", "/proc/stat", "cpu"},
    // stat
    {"node_intr_total", MetricType::counter, "", "Interrupts the machine has serviced.", "/proc/stat", "stat"},
    {"node_context_switches_total", MetricType::counter, "", "Switches from one task to another.", "/proc/stat", "stat"},
    {"node_forks_total", MetricType::counter, "", "Processes and threads created.", "/proc/stat", "stat"},
    {"node_boot_time_seconds", MetricType::gauge, "seconds", "When the machine booted, in Unix time.", "/proc/stat", "stat"},
    {"node_procs_running", MetricType::gauge, "", "Tasks that run or wait for a CPU right now.", "/proc/stat", "stat", 0, Rollup::max, "a burst of runnable tasks shorter than a minute starves a training step, and its average hides it"},
    {"node_procs_blocked", MetricType::gauge, "", "Tasks that wait for storage right now.", "/proc/stat", "stat", 0, Rollup::max, "data loaders blocked for a few seconds are a stalled step, and vanish in the average"},
    // loadavg
    {"node_load1", MetricType::gauge, "", "Runnable and blocked tasks, smoothed over one minute.", "/proc/loadavg", "loadavg", 0, Rollup::max, "the peak load of the minute, for nodes whose average looks calm"},
    {"node_load5", MetricType::gauge, "", "Runnable and blocked tasks, smoothed over five minutes.", "/proc/loadavg", "loadavg"},
    {"node_load15", MetricType::gauge, "", "Runnable and blocked tasks, smoothed over fifteen minutes.", "/proc/loadavg", "loadavg"},
    // meminfo
    {"node_memory_MemTotal_bytes", MetricType::gauge, "bytes", "Memory the kernel can use.", "/proc/meminfo", "meminfo"},
    {"node_memory_MemFree_bytes", MetricType::gauge, "bytes", "Memory nobody uses.", "/proc/meminfo", "meminfo"},
    {"node_memory_MemAvailable_bytes", MetricType::gauge, "bytes", "Memory that programs could get without swapping, as the kernel estimates it.", "/proc/meminfo", "meminfo", 0, Rollup::min, "the minute's low is what decides whether the OOM killer was near"},
    {"node_memory_Buffers_bytes", MetricType::gauge, "bytes", "Cached blocks of block devices.", "/proc/meminfo", "meminfo"},
    {"node_memory_Cached_bytes", MetricType::gauge, "bytes", "Page cache and shared memory.", "/proc/meminfo", "meminfo"},
    {"node_memory_SwapCached_bytes", MetricType::gauge, "bytes", "Swapped-in pages that still have their copy in swap.", "/proc/meminfo", "meminfo"},
    {"node_memory_Active_bytes", MetricType::gauge, "bytes", "Recently used pages, the last to be reclaimed.", "/proc/meminfo", "meminfo"},
    {"node_memory_Inactive_bytes", MetricType::gauge, "bytes", "Pages not used lately, the first to be reclaimed.", "/proc/meminfo", "meminfo"},
    {"node_memory_Active_anon_bytes", MetricType::gauge, "bytes", "Recently used pages without a file behind them.", "/proc/meminfo", "meminfo"},
    {"node_memory_Inactive_anon_bytes", MetricType::gauge, "bytes", "Pages without a file behind them, not used lately.", "/proc/meminfo", "meminfo"},
    {"node_memory_Active_file_bytes", MetricType::gauge, "bytes", "Recently used page cache.", "/proc/meminfo", "meminfo"},
    {"node_memory_Inactive_file_bytes", MetricType::gauge, "bytes", "Page cache not used lately.", "/proc/meminfo", "meminfo"},
    {"node_memory_Unevictable_bytes", MetricType::gauge, "bytes", "Pages that cannot be reclaimed.", "/proc/meminfo", "meminfo"},
    {"node_memory_Mlocked_bytes", MetricType::gauge, "bytes", "Pages locked by mlock; RDMA registers memory this way.", "/proc/meminfo", "meminfo"},
    {"node_memory_SwapTotal_bytes", MetricType::gauge, "bytes", "Size of all swap.", "/proc/meminfo", "meminfo"},
    {"node_memory_SwapFree_bytes", MetricType::gauge, "bytes", "Swap nobody uses.", "/proc/meminfo", "meminfo"},
    {"node_memory_Zswap_bytes", MetricType::gauge, "bytes", "Memory that zswap takes for its compressed pages.", "/proc/meminfo", "meminfo"},
    {"node_memory_Zswapped_bytes", MetricType::gauge, "bytes", "What the pages in zswap were before compression.", "/proc/meminfo", "meminfo"},
    {"node_memory_Dirty_bytes", MetricType::gauge, "bytes", "Page cache that waits to be written.", "/proc/meminfo", "meminfo"},
    {"node_memory_Writeback_bytes", MetricType::gauge, "bytes", "Page cache being written now.", "/proc/meminfo", "meminfo"},
    {"node_memory_AnonPages_bytes", MetricType::gauge, "bytes", "Mapped pages without a file behind them.", "/proc/meminfo", "meminfo"},
    {"node_memory_Mapped_bytes", MetricType::gauge, "bytes", "Files mapped into processes.", "/proc/meminfo", "meminfo"},
    {"node_memory_Shmem_bytes", MetricType::gauge, "bytes", "Shared memory and tmpfs, as data loaders use it.", "/proc/meminfo", "meminfo"},
    {"node_memory_Slab_bytes", MetricType::gauge, "bytes", "The kernel's own caches of objects.", "/proc/meminfo", "meminfo"},
    {"node_memory_SReclaimable_bytes", MetricType::gauge, "bytes", "The part of the slab that can be given back.", "/proc/meminfo", "meminfo"},
    {"node_memory_SUnreclaim_bytes", MetricType::gauge, "bytes", "The part of the slab that cannot be given back.", "/proc/meminfo", "meminfo"},
    {"node_memory_KernelStack_bytes", MetricType::gauge, "bytes", "Kernel stacks of all tasks.", "/proc/meminfo", "meminfo"},
    {"node_memory_PageTables_bytes", MetricType::gauge, "bytes", "Page tables of all processes.", "/proc/meminfo", "meminfo"},
    {"node_memory_NFS_Unstable_bytes", MetricType::gauge, "bytes", "Pages sent to an NFS server but not yet on its disk.", "/proc/meminfo", "meminfo"},
    {"node_memory_Bounce_bytes", MetricType::gauge, "bytes", "Bounce buffers of block devices.", "/proc/meminfo", "meminfo"},
    {"node_memory_WritebackTmp_bytes", MetricType::gauge, "bytes", "Temporary buffers FUSE writes from.", "/proc/meminfo", "meminfo"},
    {"node_memory_CommitLimit_bytes", MetricType::gauge, "bytes", "What may be promised to programs under strict overcommit.", "/proc/meminfo", "meminfo"},
    {"node_memory_Committed_AS_bytes", MetricType::gauge, "bytes", "What has been promised to programs.", "/proc/meminfo", "meminfo"},
    {"node_memory_VmallocTotal_bytes", MetricType::gauge, "bytes", "Address space for vmalloc.", "/proc/meminfo", "meminfo"},
    {"node_memory_VmallocUsed_bytes", MetricType::gauge, "bytes", "Address space vmalloc has used.", "/proc/meminfo", "meminfo"},
    {"node_memory_VmallocChunk_bytes", MetricType::gauge, "bytes", "Largest free piece of vmalloc's address space.", "/proc/meminfo", "meminfo"},
    {"node_memory_Percpu_bytes", MetricType::gauge, "bytes", "Memory of per-CPU allocations.", "/proc/meminfo", "meminfo"},
    {"node_memory_HardwareCorrupted_bytes", MetricType::gauge, "bytes", "Memory taken out of use after hardware errors.", "/proc/meminfo", "meminfo"},
    {"node_memory_AnonHugePages_bytes", MetricType::gauge, "bytes", "Transparent huge pages without a file behind them.", "/proc/meminfo", "meminfo"},
    {"node_memory_ShmemHugePages_bytes", MetricType::gauge, "bytes", "Shared memory in huge pages.", "/proc/meminfo", "meminfo"},
    {"node_memory_FileHugePages_bytes", MetricType::gauge, "bytes", "Page cache in huge pages.", "/proc/meminfo", "meminfo"},
    {"node_memory_FilePmdMapped_bytes", MetricType::gauge, "bytes", "Page cache mapped by huge page table entries.", "/proc/meminfo", "meminfo"},
    {"node_memory_KReclaimable_bytes", MetricType::gauge, "bytes", "Kernel memory that can be reclaimed under pressure.", "/proc/meminfo", "meminfo"},
    {"node_memory_SecPageTables_bytes", MetricType::gauge, "bytes", "Second-level page tables, as virtual machines have them.", "/proc/meminfo", "meminfo"},
    {"node_memory_Hugetlb_bytes", MetricType::gauge, "bytes", "Memory in pools of huge pages, of all sizes.", "/proc/meminfo", "meminfo"},
    {"node_memory_Balloon_bytes", MetricType::gauge, "bytes", "Memory given back to the hypervisor.", "/proc/meminfo", "meminfo"},
    {"node_memory_ShmemPmdMapped_bytes", MetricType::gauge, "bytes", "Shared memory mapped by huge page table entries.", "/proc/meminfo", "meminfo"},
    {"node_memory_CmaTotal_bytes", MetricType::gauge, "bytes", "Memory of the contiguous allocator.", "/proc/meminfo", "meminfo"},
    {"node_memory_CmaFree_bytes", MetricType::gauge, "bytes", "Free memory of the contiguous allocator.", "/proc/meminfo", "meminfo"},
    {"node_memory_Hugepagesize_bytes", MetricType::gauge, "bytes", "Size of a default huge page.", "/proc/meminfo", "meminfo"},
    {"node_memory_DirectMap4k_bytes", MetricType::gauge, "bytes", "Kernel mapping in 4 KiB pages.", "/proc/meminfo", "meminfo"},
    {"node_memory_DirectMap2M_bytes", MetricType::gauge, "bytes", "Kernel mapping in 2 MiB pages.", "/proc/meminfo", "meminfo"},
    {"node_memory_DirectMap1G_bytes", MetricType::gauge, "bytes", "Kernel mapping in 1 GiB pages.", "/proc/meminfo", "meminfo"},
    {"node_memory_HugePages_Total", MetricType::gauge, "", "Huge pages in the pool.", "/proc/meminfo", "meminfo"},
    {"node_memory_HugePages_Free", MetricType::gauge, "", "Huge pages of the pool not allocated.", "/proc/meminfo", "meminfo"},
    {"node_memory_HugePages_Rsvd", MetricType::gauge, "", "Huge pages promised but not yet allocated.", "/proc/meminfo", "meminfo"},
    {"node_memory_HugePages_Surp", MetricType::gauge, "", "Huge pages above the pool's set size.", "/proc/meminfo", "meminfo"},
    // vmstat: untyped, as node_exporter has them, though all of them count up
    {"node_vmstat_oom_kill", MetricType::unknown, "", "Processes the OOM killer has killed.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pgpgin", MetricType::unknown, "", "KiB read from block devices.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pgpgout", MetricType::unknown, "", "KiB written to block devices.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pswpin", MetricType::unknown, "", "Pages read from swap.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pswpout", MetricType::unknown, "", "Pages written to swap.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pgfault", MetricType::unknown, "", "Page faults of any kind.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pgmajfault", MetricType::unknown, "", "Page faults that had to read from storage.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_*", MetricType::unknown, "", "A counter of the kernel's memory management, under the kernel's own name.", "/proc/vmstat", "vmstat"},
    // diskstats
    {"node_disk_reads_completed_total", MetricType::counter, "", "Reads finished.", "/proc/diskstats", "diskstats"},
    {"node_disk_reads_merged_total", MetricType::counter, "", "Reads that were merged with a neighbour before they reached the device.", "/proc/diskstats", "diskstats"},
    {"node_disk_read_bytes_total", MetricType::counter, "bytes", "Bytes read.", "/proc/diskstats", "diskstats"},
    {"node_disk_read_time_seconds_total", MetricType::counter, "seconds", "Time spent in reads, summed over all reads in flight.", "/proc/diskstats", "diskstats"},
    {"node_disk_writes_completed_total", MetricType::counter, "", "Writes finished.", "/proc/diskstats", "diskstats"},
    {"node_disk_writes_merged_total", MetricType::counter, "", "Writes that were merged with a neighbour before they reached the device.", "/proc/diskstats", "diskstats"},
    {"node_disk_written_bytes_total", MetricType::counter, "bytes", "Bytes written.", "/proc/diskstats", "diskstats"},
    {"node_disk_write_time_seconds_total", MetricType::counter, "seconds", "Time spent in writes, summed over all writes in flight.", "/proc/diskstats", "diskstats"},
    {"node_disk_io_now", MetricType::gauge, "", "Requests in flight right now.", "/proc/diskstats", "diskstats", 0, Rollup::max, "a queue that fills for seconds is a checkpoint or a straggling loader"},
    {"node_disk_io_time_seconds_total", MetricType::counter, "seconds", "Time with at least one request in flight.", "/proc/diskstats", "diskstats"},
    {"node_disk_io_time_weighted_seconds_total", MetricType::counter, "seconds", "Time weighted by the number of requests in flight: its rate is the mean queue length.", "/proc/diskstats", "diskstats"},
    {"node_disk_discards_completed_total", MetricType::counter, "", "Discards (TRIM) finished.", "/proc/diskstats", "diskstats"},
    {"node_disk_discards_merged_total", MetricType::counter, "", "Discards that were merged with a neighbour.", "/proc/diskstats", "diskstats"},
    {"node_disk_discarded_sectors_total", MetricType::counter, "", "Sectors of 512 bytes discarded.", "/proc/diskstats", "diskstats"},
    {"node_disk_discard_time_seconds_total", MetricType::counter, "seconds", "Time spent in discards.", "/proc/diskstats", "diskstats"},
    {"node_disk_flush_requests_total", MetricType::counter, "", "Cache flushes finished.", "/proc/diskstats", "diskstats"},
    {"node_disk_flush_requests_time_seconds_total", MetricType::counter, "seconds", "Time spent in cache flushes.", "/proc/diskstats", "diskstats"},
    {"node_disk_info", MetricType::gauge, "", "What kind of disk this is; always 1.", "/run/udev/data, /sys/block/DEVICE/queue/rotational", "diskstats"},
    {"node_disk_filesystem_info", MetricType::gauge, "", "The file system udev found on the disk; always 1.", "/run/udev/data", "diskstats"},
    {"node_disk_device_mapper_info", MetricType::gauge, "", "What the device mapper made this device of; always 1.", "/run/udev/data", "diskstats"},
    {"node_disk_ata_write_cache", MetricType::gauge, "", "1 if the ATA disk has a write cache.", "/run/udev/data", "diskstats"},
    {"node_disk_ata_write_cache_enabled", MetricType::gauge, "", "1 if the ATA disk's write cache is on.", "/run/udev/data", "diskstats"},
    {"node_disk_ata_rotation_rate_rpm", MetricType::gauge, "", "Turns of the ATA disk per minute; 0 for a disk without moving parts.", "/run/udev/data", "diskstats"},
    // netdev
    {"node_network_receive_bytes_total", MetricType::counter, "bytes", "Bytes received.", "/proc/net/dev", "netdev"},
    {"node_network_receive_packets_total", MetricType::counter, "", "Packets received.", "/proc/net/dev", "netdev"},
    {"node_network_receive_errs_total", MetricType::counter, "", "Packets with an error.", "/proc/net/dev", "netdev"},
    {"node_network_receive_drop_total", MetricType::counter, "", "Packets dropped for want of buffers or interest, missed ones included.", "/proc/net/dev", "netdev"},
    {"node_network_receive_fifo_total", MetricType::counter, "", "Overruns of the device's queue.", "/proc/net/dev", "netdev"},
    {"node_network_receive_frame_total", MetricType::counter, "", "Frames damaged: length, overrun, checksum and alignment errors together.", "/proc/net/dev", "netdev"},
    {"node_network_receive_compressed_total", MetricType::counter, "", "Compressed packets received.", "/proc/net/dev", "netdev"},
    {"node_network_receive_multicast_total", MetricType::counter, "", "Multicast packets received.", "/proc/net/dev", "netdev"},
    {"node_network_receive_nohandler_total", MetricType::counter, "", "Packets that no protocol in the kernel wanted.", "/sys/class/net/DEVICE/statistics/rx_nohandler", "netdev"},
    {"node_network_transmit_bytes_total", MetricType::counter, "bytes", "Bytes sent.", "/proc/net/dev", "netdev"},
    {"node_network_transmit_packets_total", MetricType::counter, "", "Packets sent.", "/proc/net/dev", "netdev"},
    {"node_network_transmit_errs_total", MetricType::counter, "", "Packets with an error.", "/proc/net/dev", "netdev"},
    {"node_network_transmit_drop_total", MetricType::counter, "", "Packets dropped before they were sent.", "/proc/net/dev", "netdev"},
    {"node_network_transmit_fifo_total", MetricType::counter, "", "Overruns of the device's queue.", "/proc/net/dev", "netdev"},
    {"node_network_transmit_colls_total", MetricType::counter, "", "Collisions seen.", "/proc/net/dev", "netdev"},
    {"node_network_transmit_carrier_total", MetricType::counter, "", "Packets lost to carrier trouble: carrier, abort, window and heartbeat errors together.", "/proc/net/dev", "netdev"},
    {"node_network_transmit_compressed_total", MetricType::counter, "", "Compressed packets sent.", "/proc/net/dev", "netdev"},
    // pressure
    {"node_pressure_cpu_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for a CPU.", "/proc/pressure/cpu", "pressure"},
    {"node_pressure_io_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for storage.", "/proc/pressure/io", "pressure"},
    {"node_pressure_io_stalled_seconds_total", MetricType::counter, "seconds", "Time in which all tasks that could run waited for storage.", "/proc/pressure/io", "pressure"},
    {"node_pressure_memory_waiting_seconds_total", MetricType::counter, "seconds", "Time in which some task waited for memory.", "/proc/pressure/memory", "pressure"},
    {"node_pressure_memory_stalled_seconds_total", MetricType::counter, "seconds", "Time in which all tasks that could run waited for memory.", "/proc/pressure/memory", "pressure"},
    {"node_pressure_irq_stalled_seconds_total", MetricType::counter, "seconds", "Time in which interrupts kept every task from running.", "/proc/pressure/irq", "pressure"},
    // filesystem: the labels are those of node_exporter 1.6 and later
    {"node_filesystem_size_bytes", MetricType::gauge, "bytes", "Size of the file system.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_free_bytes", MetricType::gauge, "bytes", "Free space, what is kept for root included.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_avail_bytes", MetricType::gauge, "bytes", "Free space for programs that are not root.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_files", MetricType::gauge, "", "Inodes the file system has.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_files_free", MetricType::gauge, "", "Inodes nobody uses.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_readonly", MetricType::gauge, "", "1 if it is mounted read-only.", "/proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_device_error", MetricType::gauge, "", "1 if the file system could not be asked; the label of the same name says why.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_mount_info", MetricType::gauge, "", "Which device is mounted where; always 1.", "/proc/1/mountinfo", "filesystem", 10000},
    // time
    {"node_time_seconds", MetricType::gauge, "seconds", "The wall clock, in Unix time.", "clock_gettime", "time"},
    {"node_time_zone_offset_seconds", MetricType::gauge, "seconds", "The machine's time zone, as seconds east of UTC.", "localtime", "time"},
    {"node_time_clocksource_available_info", MetricType::gauge, "", "Clock sources the kernel could use; always 1.", "/sys/devices/system/clocksource", "time"},
    {"node_time_clocksource_current_info", MetricType::gauge, "", "The clock source the kernel uses; always 1.", "/sys/devices/system/clocksource", "time"},
    // uname, filefd, entropy
    {"node_uname_info", MetricType::gauge, "", "The kernel's name, release and host name; always 1.", "uname", "uname", 60000},
    {"node_filefd_allocated", MetricType::gauge, "", "Files open in the whole machine.", "/proc/sys/fs/file-nr", "filefd"},
    {"node_filefd_maximum", MetricType::gauge, "", "How many files may be open in the whole machine.", "/proc/sys/fs/file-nr", "filefd"},
    {"node_entropy_available_bits", MetricType::gauge, "", "Bits of entropy in the kernel's pool.", "/proc/sys/kernel/random/entropy_avail", "entropy", 10000},
    {"node_entropy_pool_size_bits", MetricType::gauge, "", "Size of the kernel's pool of entropy.", "/proc/sys/kernel/random/poolsize", "entropy", 10000},
    // schedstat
    {"node_schedstat_running_seconds_total", MetricType::counter, "seconds", "Time this CPU has run tasks, to the nanosecond.", "/proc/schedstat", "schedstat"},
    {"node_schedstat_waiting_seconds_total", MetricType::counter, "seconds", "Time tasks have waited for this CPU though they could run, summed over all that waited.", "/proc/schedstat", "schedstat"},
    {"node_schedstat_timeslices_total", MetricType::counter, "", "Times this CPU has been given to a task.", "/proc/schedstat", "schedstat"},
    // cpufreq: without rollups, which would be samples for every CPU of hundreds
    {"node_cpu_frequency_hertz", MetricType::gauge, "hertz", "The rate the hardware says this CPU runs at; readable for root alone.", "/sys/devices/system/cpu/cpuN/cpufreq/cpuinfo_cur_freq", "cpufreq", 10000},
    {"node_cpu_frequency_avg_hertz", MetricType::gauge, "hertz", "The mean rate this CPU ran at lately, as the hardware has counted it.", "/sys/devices/system/cpu/cpuN/cpufreq/cpuinfo_avg_freq", "cpufreq", 10000},
    {"node_cpu_frequency_min_hertz", MetricType::gauge, "hertz", "The lowest rate this CPU can run at.", "/sys/devices/system/cpu/cpuN/cpufreq/cpuinfo_min_freq", "cpufreq", 10000},
    {"node_cpu_frequency_max_hertz", MetricType::gauge, "hertz", "The highest rate this CPU can run at.", "/sys/devices/system/cpu/cpuN/cpufreq/cpuinfo_max_freq", "cpufreq", 10000},
    {"node_cpu_scaling_frequency_hertz", MetricType::gauge, "hertz", "The rate the kernel runs this CPU at, as far as it knows.", "/sys/devices/system/cpu/cpuN/cpufreq/scaling_cur_freq", "cpufreq", 10000},
    {"node_cpu_scaling_frequency_min_hertz", MetricType::gauge, "hertz", "The lowest rate the kernel may choose for this CPU.", "/sys/devices/system/cpu/cpuN/cpufreq/scaling_min_freq", "cpufreq", 10000},
    {"node_cpu_scaling_frequency_max_hertz", MetricType::gauge, "hertz", "The highest rate the kernel may choose for this CPU; lower than the CPU's own where power or heat is capped.", "/sys/devices/system/cpu/cpuN/cpufreq/scaling_max_freq", "cpufreq", 10000},
    {"node_cpu_scaling_governor", MetricType::gauge, "", "1 for the governor that chooses this CPU's rate, 0 for the others it could have.", "/sys/devices/system/cpu/cpuN/cpufreq/scaling_governor", "cpufreq", 10000},
    // timex
    {"node_timex_sync_status", MetricType::gauge, "", "1 if something keeps the kernel's clock in step with a reference, 0 if it runs free.", "adjtimex", "timex"},
    {"node_timex_offset_seconds", MetricType::gauge, "seconds", "How far the clock was from its reference when that was last measured.", "adjtimex", "timex"},
    {"node_timex_frequency_adjustment_ratio", MetricType::gauge, "", "How much faster than by itself the clock is made to run; 1 is no adjustment.", "adjtimex", "timex"},
    {"node_timex_maxerror_seconds", MetricType::gauge, "seconds", "The clock's greatest possible error; it grows until the clock is set right again.", "adjtimex", "timex"},
    {"node_timex_estimated_error_seconds", MetricType::gauge, "seconds", "The clock's error as whoever disciplines it estimates it.", "adjtimex", "timex"},
    {"node_timex_status", MetricType::gauge, "", "The kernel's status bits of the clock (STA_PLL, STA_UNSYNC, STA_NANO, ...), as one number.", "adjtimex", "timex"},
    {"node_timex_loop_time_constant", MetricType::gauge, "", "How slowly the kernel's phase-locked loop follows its reference; higher is slower.", "adjtimex", "timex"},
    {"node_timex_tick_seconds", MetricType::gauge, "seconds", "What the kernel adds to the clock at each of its ticks.", "adjtimex", "timex"},
    {"node_timex_pps_frequency_hertz", MetricType::gauge, "hertz", "Frequency offset measured by the pulse-per-second signal.", "adjtimex", "timex"},
    {"node_timex_pps_jitter_seconds", MetricType::gauge, "seconds", "Jitter of the pulse-per-second signal.", "adjtimex", "timex"},
    {"node_timex_pps_shift_seconds", MetricType::gauge, "seconds", "Length of the pulse-per-second calibration, as a power of two of seconds.", "adjtimex", "timex"},
    {"node_timex_pps_stability_hertz", MetricType::gauge, "hertz", "How much the pulse-per-second frequency wanders, smoothed.", "adjtimex", "timex"},
    {"node_timex_pps_jitter_total", MetricType::counter, "", "Pulses refused because they jittered too much.", "adjtimex", "timex"},
    {"node_timex_pps_calibration_total", MetricType::counter, "", "Pulse-per-second calibrations finished.", "adjtimex", "timex"},
    {"node_timex_pps_error_total", MetricType::counter, "", "Pulse-per-second calibrations that failed.", "adjtimex", "timex"},
    {"node_timex_pps_stability_exceeded_total", MetricType::counter, "", "Times the pulse-per-second frequency wandered too much.", "adjtimex", "timex"},
    {"node_timex_tai_offset_seconds", MetricType::gauge, "seconds", "What atomic time (TAI) is ahead of UTC; 0 where nobody has told the kernel.", "adjtimex", "timex"},
    // os
    {"node_os_info", MetricType::gauge, "", "The operating system's names and versions; always 1.", "/etc/os-release", "os", 60000},
    {"node_os_version", MetricType::gauge, "", "The number that the operating system's version begins with.", "/etc/os-release", "os", 60000},
    {"node_os_support_end_timestamp_seconds", MetricType::gauge, "seconds", "When the operating system's support ends, in Unix time.", "/etc/os-release", "os", 60000},
    // netstat: untyped, as node_exporter has them; all but Ip_Forwarding and Tcp_CurrEstab count up
    {"node_netstat_Ip_Forwarding", MetricType::unknown, "", "1 if the machine forwards packets, 2 if not.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Ip6_InOctets", MetricType::unknown, "", "Bytes of IPv6 received.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_Ip6_OutOctets", MetricType::unknown, "", "Bytes of IPv6 sent.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_IpExt_InOctets", MetricType::unknown, "", "Bytes of IPv4 received.", "/proc/net/netstat", "netstat"},
    {"node_netstat_IpExt_OutOctets", MetricType::unknown, "", "Bytes of IPv4 sent.", "/proc/net/netstat", "netstat"},
    {"node_netstat_Icmp_InMsgs", MetricType::unknown, "", "ICMP messages received.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Icmp_InErrors", MetricType::unknown, "", "ICMP messages received with an error.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Icmp_OutMsgs", MetricType::unknown, "", "ICMP messages sent.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Icmp6_InMsgs", MetricType::unknown, "", "ICMPv6 messages received.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_Icmp6_InErrors", MetricType::unknown, "", "ICMPv6 messages received with an error.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_Icmp6_OutMsgs", MetricType::unknown, "", "ICMPv6 messages sent.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_TcpExt_ListenOverflows", MetricType::unknown, "", "Connections refused because a listener's queue was full.", "/proc/net/netstat", "netstat"},
    {"node_netstat_TcpExt_ListenDrops", MetricType::unknown, "", "Connections a listener dropped, for whatever reason.", "/proc/net/netstat", "netstat"},
    {"node_netstat_TcpExt_SyncookiesSent", MetricType::unknown, "", "SYN cookies sent, for want of room in a listener's queue.", "/proc/net/netstat", "netstat"},
    {"node_netstat_TcpExt_SyncookiesRecv", MetricType::unknown, "", "SYN cookies that came back good.", "/proc/net/netstat", "netstat"},
    {"node_netstat_TcpExt_SyncookiesFailed", MetricType::unknown, "", "SYN cookies that came back wrong.", "/proc/net/netstat", "netstat"},
    {"node_netstat_TcpExt_TCPSynRetrans", MetricType::unknown, "", "SYNs sent again, to open connections.", "/proc/net/netstat", "netstat"},
    {"node_netstat_TcpExt_TCPTimeouts", MetricType::unknown, "", "Times a retransmission timer ran out.", "/proc/net/netstat", "netstat"},
    {"node_netstat_TcpExt_TCPOFOQueue", MetricType::unknown, "", "Segments queued because an earlier one was missing.", "/proc/net/netstat", "netstat"},
    {"node_netstat_TcpExt_TCPRcvQDrop", MetricType::unknown, "", "Segments dropped because the receive queue was full.", "/proc/net/netstat", "netstat"},
    {"node_netstat_Tcp_ActiveOpens", MetricType::unknown, "", "Connections opened from here.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Tcp_PassiveOpens", MetricType::unknown, "", "Connections opened from elsewhere.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Tcp_CurrEstab", MetricType::unknown, "", "Connections established right now.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Tcp_InSegs", MetricType::unknown, "", "Segments received, those with errors included.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Tcp_InErrs", MetricType::unknown, "", "Segments received with an error.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Tcp_OutSegs", MetricType::unknown, "", "Segments sent, those sent again not included.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Tcp_OutRsts", MetricType::unknown, "", "Resets sent.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Tcp_RetransSegs", MetricType::unknown, "", "Segments sent again.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Udp_InDatagrams", MetricType::unknown, "", "Datagrams of UDP over IPv4 delivered to programs.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Udp_OutDatagrams", MetricType::unknown, "", "Datagrams of UDP over IPv4 sent.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Udp_InErrors", MetricType::unknown, "", "Datagrams of UDP over IPv4 that could not be delivered, full buffers included.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Udp_NoPorts", MetricType::unknown, "", "Datagrams of UDP over IPv4 for which nobody listened.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Udp_RcvbufErrors", MetricType::unknown, "", "Datagrams of UDP over IPv4 dropped because the receive buffer was full.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Udp_SndbufErrors", MetricType::unknown, "", "Datagrams of UDP over IPv4 not sent because the send buffer was full.", "/proc/net/snmp", "netstat"},
    {"node_netstat_Udp6_InDatagrams", MetricType::unknown, "", "Datagrams of UDP over IPv6 delivered to programs.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_Udp6_OutDatagrams", MetricType::unknown, "", "Datagrams of UDP over IPv6 sent.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_Udp6_InErrors", MetricType::unknown, "", "Datagrams of UDP over IPv6 that could not be delivered, full buffers included.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_Udp6_NoPorts", MetricType::unknown, "", "Datagrams of UDP over IPv6 for which nobody listened.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_Udp6_RcvbufErrors", MetricType::unknown, "", "Datagrams of UDP over IPv6 dropped because the receive buffer was full.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_Udp6_SndbufErrors", MetricType::unknown, "", "Datagrams of UDP over IPv6 not sent because the send buffer was full.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_UdpLite_InErrors", MetricType::unknown, "", "Datagrams of UDP-Lite over IPv4 that could not be delivered.", "/proc/net/snmp", "netstat"},
    {"node_netstat_UdpLite6_InErrors", MetricType::unknown, "", "Datagrams of UDP-Lite over IPv6 that could not be delivered.", "/proc/net/snmp6", "netstat"},
    {"node_netstat_*", MetricType::unknown, "", "A counter of the kernel's network protocols, under the kernel's own name.", "/proc/net/{netstat,snmp,snmp6}", "netstat"},
    // sockstat
    {"node_sockstat_sockets_used", MetricType::gauge, "", "Sockets of any kind in use.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_TCP_inuse", MetricType::gauge, "", "TCP sockets in use over IPv4.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_TCP_orphan", MetricType::gauge, "", "TCP sockets no program holds any more.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_TCP_tw", MetricType::gauge, "", "TCP connections that wait for late segments after their end (TIME_WAIT).", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_TCP_alloc", MetricType::gauge, "", "TCP sockets allocated, in any state.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_TCP_mem", MetricType::gauge, "", "Pages of memory in TCP's buffers.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_TCP_mem_bytes", MetricType::gauge, "bytes", "Memory in TCP's buffers.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_UDP_inuse", MetricType::gauge, "", "UDP sockets in use over IPv4.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_UDP_mem", MetricType::gauge, "", "Pages of memory in UDP's buffers.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_UDP_mem_bytes", MetricType::gauge, "bytes", "Memory in UDP's buffers.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_UDPLITE_inuse", MetricType::gauge, "", "UDP-Lite sockets in use over IPv4.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_RAW_inuse", MetricType::gauge, "", "Raw sockets in use over IPv4.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_FRAG_inuse", MetricType::gauge, "", "IPv4 packets being put together from fragments.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_FRAG_memory", MetricType::gauge, "", "Bytes of memory in fragments of IPv4 packets.", "/proc/net/sockstat", "sockstat"},
    {"node_sockstat_TCP6_inuse", MetricType::gauge, "", "TCP sockets in use over IPv6.", "/proc/net/sockstat6", "sockstat"},
    {"node_sockstat_UDP6_inuse", MetricType::gauge, "", "UDP sockets in use over IPv6.", "/proc/net/sockstat6", "sockstat"},
    {"node_sockstat_UDPLITE6_inuse", MetricType::gauge, "", "UDP-Lite sockets in use over IPv6.", "/proc/net/sockstat6", "sockstat"},
    {"node_sockstat_RAW6_inuse", MetricType::gauge, "", "Raw sockets in use over IPv6.", "/proc/net/sockstat6", "sockstat"},
    {"node_sockstat_FRAG6_inuse", MetricType::gauge, "", "IPv6 packets being put together from fragments.", "/proc/net/sockstat6", "sockstat"},
    {"node_sockstat_FRAG6_memory", MetricType::gauge, "", "Bytes of memory in fragments of IPv6 packets.", "/proc/net/sockstat6", "sockstat"},
    {"node_sockstat_*", MetricType::gauge, "", "A number of a protocol's sockets, under the kernel's own name.", "/proc/net/{sockstat,sockstat6}", "sockstat"},
    // softnet
    {"node_softnet_processed_total", MetricType::counter, "", "Packets this CPU has taken from the devices' queues.", "/proc/net/softnet_stat", "softnet"},
    {"node_softnet_dropped_total", MetricType::counter, "", "Packets dropped because this CPU's backlog was full.", "/proc/net/softnet_stat", "softnet"},
    {"node_softnet_times_squeezed_total", MetricType::counter, "", "Times this CPU stopped with packets left, for its quota or time was spent.", "/proc/net/softnet_stat", "softnet"},
    {"node_softnet_cpu_collision_total", MetricType::counter, "", "Times this CPU found a device locked by another when it wanted to send.", "/proc/net/softnet_stat", "softnet"},
    {"node_softnet_received_rps_total", MetricType::counter, "", "Times another CPU woke this one to process packets (RPS).", "/proc/net/softnet_stat", "softnet"},
    {"node_softnet_flow_limit_count_total", MetricType::counter, "", "Packets dropped because their flow had too large a share of the backlog.", "/proc/net/softnet_stat", "softnet"},
    {"node_softnet_backlog_len", MetricType::gauge, "", "Packets in this CPU's backlog right now.", "/proc/net/softnet_stat", "softnet"},
    // udp_queues, arp
    {"node_udp_queues", MetricType::gauge, "", "Bytes that wait in the queues of all UDP sockets.", "/proc/net/{udp,udp6}", "udp_queues"},
    {"node_arp_entries", MetricType::gauge, "", "Neighbours the kernel knows on this device.", "/proc/net/arp", "arp"},
    // conntrack: gauges, as node_exporter has them, though those of /proc/net/stat count up
    {"node_nf_conntrack_entries", MetricType::gauge, "", "Connections that are tracked right now.", "/proc/sys/net/netfilter/nf_conntrack_count", "conntrack", 0, Rollup::max, "a table that was full for seconds has dropped packets, and its average looks half empty"},
    {"node_nf_conntrack_entries_limit", MetricType::gauge, "", "How many connections can be tracked.", "/proc/sys/net/netfilter/nf_conntrack_max", "conntrack"},
    {"node_nf_conntrack_stat_found", MetricType::gauge, "", "Look-ups that found their connection.", "/proc/net/stat/nf_conntrack", "conntrack"},
    {"node_nf_conntrack_stat_invalid", MetricType::gauge, "", "Packets that could not be tracked.", "/proc/net/stat/nf_conntrack", "conntrack"},
    {"node_nf_conntrack_stat_ignore", MetricType::gauge, "", "Packets that were tracked already.", "/proc/net/stat/nf_conntrack", "conntrack"},
    {"node_nf_conntrack_stat_insert", MetricType::gauge, "", "Connections put into the table.", "/proc/net/stat/nf_conntrack", "conntrack"},
    {"node_nf_conntrack_stat_insert_failed", MetricType::gauge, "", "Connections that could not be put into the table.", "/proc/net/stat/nf_conntrack", "conntrack"},
    {"node_nf_conntrack_stat_drop", MetricType::gauge, "", "Packets dropped because they could not be tracked.", "/proc/net/stat/nf_conntrack", "conntrack"},
    {"node_nf_conntrack_stat_early_drop", MetricType::gauge, "", "Connections thrown out of a full table to make room.", "/proc/net/stat/nf_conntrack", "conntrack"},
    {"node_nf_conntrack_stat_search_restart", MetricType::gauge, "", "Look-ups begun again because the table was resized.", "/proc/net/stat/nf_conntrack", "conntrack"},
    // netclass
    {"node_network_up", MetricType::gauge, "", "1 if the interface works (operstate is up).", "/sys/class/net/DEVICE/operstate", "netclass", 10000, Rollup::min, "a link that was down for seconds has stalled a collective, and is up again at the minute's end"},
    {"node_network_info", MetricType::gauge, "", "The interface's addresses and states; always 1.", "/sys/class/net/DEVICE", "netclass", 10000},
    {"node_network_address_assign_type", MetricType::gauge, "", "How the address came about: 0 is the hardware's, 1 random, 2 another interface's, 3 set.", "/sys/class/net/DEVICE/addr_assign_type", "netclass", 10000},
    {"node_network_carrier", MetricType::gauge, "", "1 if there is a link.", "/sys/class/net/DEVICE/carrier", "netclass", 10000},
    {"node_network_carrier_changes_total", MetricType::counter, "", "Times the link has come or gone.", "/sys/class/net/DEVICE/carrier_changes", "netclass", 10000},
    {"node_network_carrier_up_changes_total", MetricType::counter, "", "Times the link has come.", "/sys/class/net/DEVICE/carrier_up_count", "netclass", 10000},
    {"node_network_carrier_down_changes_total", MetricType::counter, "", "Times the link has gone.", "/sys/class/net/DEVICE/carrier_down_count", "netclass", 10000},
    {"node_network_device_id", MetricType::gauge, "", "Tells interfaces apart that share an address.", "/sys/class/net/DEVICE/dev_id", "netclass", 10000},
    {"node_network_dormant", MetricType::gauge, "", "1 if the interface waits for something outside, such as a login.", "/sys/class/net/DEVICE/dormant", "netclass", 10000},
    {"node_network_flags", MetricType::gauge, "", "The interface's flags, as a number.", "/sys/class/net/DEVICE/flags", "netclass", 10000},
    {"node_network_iface_id", MetricType::gauge, "", "The interface's index.", "/sys/class/net/DEVICE/ifindex", "netclass", 10000},
    {"node_network_iface_link", MetricType::gauge, "", "Index of the interface below this one; its own if there is none.", "/sys/class/net/DEVICE/iflink", "netclass", 10000},
    {"node_network_iface_link_mode", MetricType::gauge, "", "1 if the interface may be dormant, 0 if not.", "/sys/class/net/DEVICE/link_mode", "netclass", 10000},
    {"node_network_mtu_bytes", MetricType::gauge, "bytes", "Largest packet the interface takes.", "/sys/class/net/DEVICE/mtu", "netclass", 10000},
    {"node_network_name_assign_type", MetricType::gauge, "", "How the name came about: 1 is the kernel's, 2 predictable, 3 a program's, 4 a rename.", "/sys/class/net/DEVICE/name_assign_type", "netclass", 10000},
    {"node_network_net_dev_group", MetricType::gauge, "", "The group the interface is in.", "/sys/class/net/DEVICE/netdev_group", "netclass", 10000},
    {"node_network_speed_bytes", MetricType::gauge, "bytes", "Bytes a second the link can carry; negative if unknown.", "/sys/class/net/DEVICE/speed", "netclass", 10000},
    {"node_network_transmit_queue_length", MetricType::gauge, "", "Packets the transmit queue can hold.", "/sys/class/net/DEVICE/tx_queue_len", "netclass", 10000},
    {"node_network_protocol_type", MetricType::gauge, "", "What kind of link it is, by ARP's numbers: 1 Ethernet, 32 InfiniBand.", "/sys/class/net/DEVICE/type", "netclass", 10000},
    // tacho itself
    {"tacho_source_up", MetricType::gauge, "", "1 if the source gave its last row in time.", "scheduler", "tacho", 0, Rollup::min, "a source that was away for seconds must show in the minute"},
    {"tacho_source_duration_seconds", MetricType::gauge, "seconds", "How long the source took for its last row.", "scheduler", "tacho", 0, Rollup::max, "one slow read in sixty is what delays a tick"},
    {"tacho_source_lateness_seconds", MetricType::gauge, "seconds", "How long after its tick the source's last row was begun.", "scheduler", "tacho", 0, Rollup::max, "the worst tick of the minute says whether the seconds can be trusted"},
    {"tacho_source_missed_ticks_total", MetricType::counter, "", "Ticks for which the source has no row.", "scheduler", "tacho"},
    {"tacho_source_rows_total", MetricType::counter, "", "Rows the source has given.", "scheduler", "tacho"},
    {"tacho_source_errors_total", MetricType::counter, "", "Times the source could not be read.", "scheduler", "tacho"},
    {"tacho_process_cpu_seconds_total", MetricType::counter, "seconds", "CPU time the agent has used.", "getrusage", "tacho"},
    {"tacho_process_resident_memory_bytes", MetricType::gauge, "bytes", "Memory the agent holds.", "/proc/self/statm", "tacho"},
    {"tacho_clock_steps_total", MetricType::counter, "", "Times the wall clock was seen to jump.", "scheduler", "tacho"},
    {"tacho_build_info", MetricType::info, "", "The agent's version; always 1.", "build", "tacho"},
    {"tacho_store_window_seconds", MetricType::gauge, "seconds", "How far back every second can be queried.", "store", "tacho"},
    {"tacho_store_series", MetricType::gauge, "", "Live series.", "store", "tacho"},
    {"tacho_store_refused_series", MetricType::gauge, "", "Series described and not kept, for the limit of live series is reached.", "store", "tacho"},
    {"tacho_store_series_created_total", MetricType::counter, "", "Series that became live, over the time since start.", "store", "tacho"},
    {"tacho_store_series_removed_total", MetricType::counter, "", "Series that ended, over the time since start.", "store", "tacho"},
    {"tacho_store_refused_series_total", MetricType::counter, "", "Series not kept, over the time since start.", "store", "tacho"},
    {"tacho_store_sealed_rows_total", MetricType::counter, "", "Rows sealed into blocks.", "store", "tacho"},
    {"tacho_store_lost_rows_total", MetricType::counter, "", "Rows overwritten before they could be sealed.", "store", "tacho"},
    {"tacho_remote_write_samples_sent_total", MetricType::counter, "", "Samples a remote endpoint has accepted.", "shipping", "tacho"},
    {"tacho_remote_write_windows_sent_total", MetricType::counter, "", "Minutes a remote endpoint has accepted.", "shipping", "tacho"},
    {"tacho_remote_write_failures_total", MetricType::counter, "", "Attempts to send that failed.", "shipping", "tacho"},
    {"tacho_remote_write_dropped_windows_total", MetricType::counter, "", "Minutes given up: refused, too old, or pushed out of a full queue.", "shipping", "tacho"},
    {"tacho_remote_write_lag_seconds", MetricType::gauge, "seconds", "Age of the newest minute that a remote endpoint has accepted.", "shipping", "tacho"},
    {"tacho_rollup_samples_ratio", MetricType::gauge, "", "Share of the last minute's ticks for which the source has a row.", "rollup", "tacho"},
};
// clang-format on

const std::unordered_map<std::string_view, const MetricInfo*>& exact_names() {
  static const auto* const names = [] {
    auto* map = new std::unordered_map<std::string_view, const MetricInfo*>;
    for (const MetricInfo& metric : kCatalogue) {
      TACHO_CHECK(map->emplace(metric.name, &metric).second, fmt::format("{} is in the catalogue twice", metric.name));
    }
    return map;
  }();
  return *names;
}

}  // namespace

std::span<const MetricInfo> catalogue() { return kCatalogue; }

const MetricInfo* find_metric(std::string_view name) {
  if (auto it = exact_names().find(name); it != exact_names().end()) return it->second;
  for (const MetricInfo& metric : kCatalogue) {
    if (metric.name.ends_with('*') && name.starts_with(metric.name.substr(0, metric.name.size() - 1))) return &metric;
  }
  return nullptr;
}

std::size_t SchemaBuilder::add(std::string_view metric, std::vector<Label> labels) {
  const MetricInfo* info = find_metric(metric);
  TACHO_CHECK(info != nullptr, fmt::format("{} is not in the catalogue", metric));
  labels.push_back({std::string(kMetricName), std::string(metric)});
  Labels set{std::move(labels)};
  if (!seen_.insert(set).second) return kNoColumn;
  schema_.push_back({.labels = std::move(set), .type = info->type, .rollup = info->rollup});
  return schema_.size() - 1 - first_;
}

}  // namespace tacho::sampler
