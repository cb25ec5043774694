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
    // infiniband: link_layer_info is ours, all else node_exporter's
    {"node_infiniband_info", MetricType::gauge, "", "What kind of device this is and its firmware; always 1.", "/sys/class/infiniband/DEVICE", "infiniband"},
    {"node_infiniband_link_layer_info", MetricType::gauge, "", "Whether the port speaks InfiniBand or Ethernet (RoCE); always 1.", "/sys/class/infiniband/DEVICE/ports/PORT/link_layer", "infiniband"},
    {"node_infiniband_state_id", MetricType::gauge, "", "The port's logical state: 1 down, 2 init, 3 armed, 4 active, 5 active with a deferred error.", "/sys/class/infiniband/DEVICE/ports/PORT/state", "infiniband", 0, Rollup::min, "a port that flaps for seconds stalls every collective, and its average is no state"},
    {"node_infiniband_physical_state_id", MetricType::gauge, "", "The port's physical state: 1 sleep, 2 polling, 3 disabled, 4 training, 5 link up, 6 recovering, 7 test.", "/sys/class/infiniband/DEVICE/ports/PORT/phys_state", "infiniband"},
    {"node_infiniband_rate_bytes_per_second", MetricType::gauge, "bytes", "What the link can carry; less than its kind means lost lanes or a slower cable.", "/sys/class/infiniband/DEVICE/ports/PORT/rate", "infiniband"},
    {"node_infiniband_symbol_error_total", MetricType::counter, "", "Small errors on the link that it got over; many mean a bad cable or module.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/symbol_error", "infiniband"},
    {"node_infiniband_link_error_recovery_total", MetricType::counter, "", "Times the link recovered from errors by training anew.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/link_error_recovery", "infiniband"},
    {"node_infiniband_link_downed_total", MetricType::counter, "", "Times the link went down because it could not recover.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/link_downed", "infiniband"},
    {"node_infiniband_port_errors_received_total", MetricType::counter, "", "Packets received with an error in them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_rcv_errors", "infiniband"},
    {"node_infiniband_port_receive_remote_physical_errors_total", MetricType::counter, "", "Packets received that a switch on the way had marked as bad.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_rcv_remote_physical_errors", "infiniband"},
    {"node_infiniband_port_receive_switch_relay_errors_total", MetricType::counter, "", "Packets received that a switch could not pass on.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_rcv_switch_relay_errors", "infiniband"},
    {"node_infiniband_port_discards_received_total", MetricType::counter, "", "Packets received and thrown away because the port was down or congested.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_rcv_discards", "infiniband"},
    {"node_infiniband_port_discards_transmitted_total", MetricType::counter, "", "Packets to send that were thrown away because the port was down or congested.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_xmit_discards", "infiniband"},
    {"node_infiniband_port_constraint_errors_transmitted_total", MetricType::counter, "", "Packets not sent because partition or raw filters forbade it.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_xmit_constraint_errors", "infiniband"},
    {"node_infiniband_port_constraint_errors_received_total", MetricType::counter, "", "Packets received and thrown away because partition or raw filters forbade them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_rcv_constraint_errors", "infiniband"},
    {"node_infiniband_local_link_integrity_errors_total", MetricType::counter, "", "Times the errors of the local link passed their threshold.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/local_link_integrity_errors", "infiniband"},
    {"node_infiniband_excessive_buffer_overrun_errors_total", MetricType::counter, "", "Times the receive buffers overran in several flow control periods in a row.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/excessive_buffer_overrun_errors", "infiniband"},
    {"node_infiniband_vl15_dropped_total", MetricType::counter, "", "Packets of subnet management that were dropped for want of room.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/VL15_dropped", "infiniband"},
    {"node_infiniband_port_data_transmitted_bytes_total", MetricType::counter, "bytes", "Bytes sent.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_xmit_data", "infiniband"},
    {"node_infiniband_port_data_received_bytes_total", MetricType::counter, "bytes", "Bytes received.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_rcv_data", "infiniband"},
    {"node_infiniband_port_packets_transmitted_total", MetricType::counter, "", "Packets sent.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_xmit_packets", "infiniband"},
    {"node_infiniband_port_packets_received_total", MetricType::counter, "", "Packets received.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_rcv_packets", "infiniband"},
    {"node_infiniband_unicast_packets_received_total", MetricType::counter, "", "Unicast packets received, bad ones included.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/unicast_rcv_packets", "infiniband"},
    {"node_infiniband_unicast_packets_transmitted_total", MetricType::counter, "", "Unicast packets sent, bad ones included.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/unicast_xmit_packets", "infiniband"},
    {"node_infiniband_multicast_packets_received_total", MetricType::counter, "", "Multicast packets received, bad ones included.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/multicast_rcv_packets", "infiniband"},
    {"node_infiniband_multicast_packets_transmitted_total", MetricType::counter, "", "Multicast packets sent, bad ones included.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/multicast_xmit_packets", "infiniband"},
    {"node_infiniband_port_transmit_wait_total", MetricType::counter, "", "Ticks of the device in which data waited and nothing could be sent: congestion.", "/sys/class/infiniband/DEVICE/ports/PORT/counters/port_xmit_wait", "infiniband"},
    {"node_infiniband_legacy_multicast_packets_received_total", MetricType::counter, "", "Multicast packets received, as kernels before 4.5 count them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters_ext/port_multicast_rcv_packets", "infiniband"},
    {"node_infiniband_legacy_multicast_packets_transmitted_total", MetricType::counter, "", "Multicast packets sent, as kernels before 4.5 count them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters_ext/port_multicast_xmit_packets", "infiniband"},
    {"node_infiniband_legacy_data_received_bytes_total", MetricType::counter, "bytes", "Bytes received, as kernels before 4.5 count them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters_ext/port_rcv_data_64", "infiniband"},
    {"node_infiniband_legacy_packets_received_total", MetricType::counter, "", "Packets received, as kernels before 4.5 count them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters_ext/port_rcv_packets_64", "infiniband"},
    {"node_infiniband_legacy_unicast_packets_received_total", MetricType::counter, "", "Unicast packets received, as kernels before 4.5 count them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters_ext/port_unicast_rcv_packets", "infiniband"},
    {"node_infiniband_legacy_unicast_packets_transmitted_total", MetricType::counter, "", "Unicast packets sent, as kernels before 4.5 count them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters_ext/port_unicast_xmit_packets", "infiniband"},
    {"node_infiniband_legacy_data_transmitted_bytes_total", MetricType::counter, "bytes", "Bytes sent, as kernels before 4.5 count them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters_ext/port_xmit_data_64", "infiniband"},
    {"node_infiniband_legacy_packets_transmitted_total", MetricType::counter, "", "Packets sent, as kernels before 4.5 count them.", "/sys/class/infiniband/DEVICE/ports/PORT/counters_ext/port_xmit_packets_64", "infiniband"},
    {"node_infiniband_lifespan_seconds", MetricType::gauge, "seconds", "How old the values of hw_counters may be when they are read.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/lifespan", "infiniband"},
    {"node_infiniband_duplicate_requests_packets_total", MetricType::counter, "", "Requests received a second time: the other side sent them again.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/duplicate_request", "infiniband"},
    {"node_infiniband_implied_nak_seq_errors_total", MetricType::counter, "", "Answers received that were ahead of the one waited for: one before them was lost.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/implied_nak_seq_err", "infiniband"},
    {"node_infiniband_local_ack_timeout_errors_total", MetricType::counter, "", "Times this side waited in vain for an acknowledgement and sent again.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/local_ack_timeout_err", "infiniband"},
    {"node_infiniband_np_cnp_packets_sent_total", MetricType::counter, "", "Congestion notifications sent because marked packets arrived here.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/np_cnp_sent", "infiniband"},
    {"node_infiniband_np_ecn_marked_roce_packets_received_total", MetricType::counter, "", "Packets received that a congested switch had marked.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/np_ecn_marked_roce_packets", "infiniband"},
    {"node_infiniband_out_of_buffer_drops_total", MetricType::counter, "", "Packets dropped because the program had posted no receive buffer.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/out_of_buffer", "infiniband"},
    {"node_infiniband_out_of_sequence_packets_received_total", MetricType::counter, "", "Packets received out of order: in a lossless fabric, a loss.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/out_of_sequence", "infiniband"},
    {"node_infiniband_packet_sequence_errors_total", MetricType::counter, "", "Complaints received from the other side about packets out of order.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/packet_seq_err", "infiniband"},
    {"node_infiniband_req_cqes_errors_total", MetricType::counter, "", "Requests that completed with an error.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/req_cqe_error", "infiniband"},
    {"node_infiniband_req_cqes_flush_errors_total", MetricType::counter, "", "Requests flushed because their queue pair had failed.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/req_cqe_flush_error", "infiniband"},
    {"node_infiniband_req_remote_access_errors_total", MetricType::counter, "", "Requests the other side refused for want of access rights.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/req_remote_access_errors", "infiniband"},
    {"node_infiniband_req_remote_invalid_request_errors_total", MetricType::counter, "", "Requests the other side called invalid.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/req_remote_invalid_request", "infiniband"},
    {"node_infiniband_resp_cqes_errors_total", MetricType::counter, "", "Receives that completed with an error.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/resp_cqe_error", "infiniband"},
    {"node_infiniband_resp_cqes_flush_errors_total", MetricType::counter, "", "Receives flushed because their queue pair had failed.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/resp_cqe_flush_error", "infiniband"},
    {"node_infiniband_resp_local_length_errors_total", MetricType::counter, "", "Receives whose message did not fit the buffer posted for it.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/resp_local_length_error", "infiniband"},
    {"node_infiniband_resp_remote_access_errors_total", MetricType::counter, "", "Requests received that had no right to the memory they named.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/resp_remote_access_errors", "infiniband"},
    {"node_infiniband_rnr_nak_retry_packets_received_total", MetricType::counter, "", "Times the other side was not ready to receive and the request was sent again.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/rnr_nak_retry_err", "infiniband"},
    {"node_infiniband_roce_adp_retransmits_total", MetricType::counter, "", "Adaptive retransmissions of RoCE.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/roce_adp_retrans", "infiniband"},
    {"node_infiniband_roce_adp_retransmits_timeout_total", MetricType::counter, "", "Timeouts that adaptive retransmission of RoCE ran into.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/roce_adp_retrans_to", "infiniband"},
    {"node_infiniband_roce_slow_restart_used_total", MetricType::counter, "", "Times slow restart of RoCE was used.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/roce_slow_restart", "infiniband"},
    {"node_infiniband_roce_slow_restart_cnps_total", MetricType::counter, "", "Congestion notifications that slow restart of RoCE made.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/roce_slow_restart_cnps", "infiniband"},
    {"node_infiniband_roce_slow_restart_total", MetricType::counter, "", "Times RoCE changed over to slow restart.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/roce_slow_restart_trans", "infiniband"},
    {"node_infiniband_rp_cnp_packets_handled_total", MetricType::counter, "", "Congestion notifications received that slowed this side down.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/rp_cnp_handled", "infiniband"},
    {"node_infiniband_rp_cnp_ignored_packets_received_total", MetricType::counter, "", "Congestion notifications received and ignored; more than 0 means that congestion control is off somewhere.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/rp_cnp_ignored", "infiniband"},
    {"node_infiniband_rx_atomic_requests_total", MetricType::counter, "", "Atomic requests received.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/rx_atomic_requests", "infiniband"},
    {"node_infiniband_rx_dct_connect_requests_total", MetricType::counter, "", "Requests received to connect a dynamically connected target.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/rx_dct_connect", "infiniband"},
    {"node_infiniband_rx_icrc_encapsulated_errors_total", MetricType::counter, "", "RoCE packets received with a bad checksum of their own.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/rx_icrc_encapsulated", "infiniband"},
    {"node_infiniband_rx_read_requests_total", MetricType::counter, "", "Read requests received.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/rx_read_requests", "infiniband"},
    {"node_infiniband_rx_write_requests_total", MetricType::counter, "", "Write requests received.", "/sys/class/infiniband/DEVICE/ports/PORT/hw_counters/rx_write_requests", "infiniband"},
    // thermal_zone
    {"node_thermal_zone_temp", MetricType::gauge, "", "Temperature of the zone, in degrees Celsius.", "/sys/class/thermal/thermal_zoneN/temp", "thermal_zone", 10000, Rollup::max, "the minute's hottest reading is what throttling and shutdown go by"},
    {"node_cooling_device_cur_state", MetricType::gauge, "", "How hard the device cools now, from 0 to its max_state; -1 where it is not known.", "/sys/class/thermal/cooling_deviceN/cur_state", "thermal_zone", 10000},
    {"node_cooling_device_max_state", MetricType::gauge, "", "How hard the device can cool.", "/sys/class/thermal/cooling_deviceN/max_state", "thermal_zone", 10000},
    // hwmon
    {"node_hwmon_chip_names", MetricType::gauge, "", "What the driver calls the chip; always 1.", "/sys/class/hwmon/hwmonN/name", "hwmon", 10000},
    {"node_hwmon_sensor_label", MetricType::gauge, "", "What the sensor measures; always 1.", "/sys/class/hwmon/hwmonN/*_label", "hwmon", 10000},
    {"node_hwmon_temp_celsius", MetricType::gauge, "celsius", "Temperature.", "/sys/class/hwmon/hwmonN/tempN_input", "hwmon", 10000, Rollup::max, "the hottest reading of the minute is what throttling goes by, and bursts of load are shorter"},
    {"node_hwmon_temp_max_celsius", MetricType::gauge, "celsius", "Temperature the sensor calls high.", "/sys/class/hwmon/hwmonN/tempN_max", "hwmon", 10000},
    {"node_hwmon_temp_crit_celsius", MetricType::gauge, "celsius", "Temperature the sensor calls critical.", "/sys/class/hwmon/hwmonN/tempN_crit", "hwmon", 10000},
    {"node_hwmon_temp_crit_alarm_celsius", MetricType::gauge, "", "0.001 if the temperature is critical: node_exporter takes the flag for a temperature.", "/sys/class/hwmon/hwmonN/tempN_crit_alarm", "hwmon", 10000},
    {"node_hwmon_in_volts", MetricType::gauge, "volts", "Voltage.", "/sys/class/hwmon/hwmonN/inN_input", "hwmon", 10000},
    {"node_hwmon_curr_amps", MetricType::gauge, "amps", "Current.", "/sys/class/hwmon/hwmonN/currN_input", "hwmon", 10000},
    {"node_hwmon_power_watt", MetricType::gauge, "watt", "Power drawn now.", "/sys/class/hwmon/hwmonN/powerN_input", "hwmon", 10000, Rollup::max, "power peaks of seconds trip breakers and caps, and vanish in the average"},
    {"node_hwmon_power_average_watt", MetricType::gauge, "watt", "Power drawn, averaged by the sensor.", "/sys/class/hwmon/hwmonN/powerN_average", "hwmon", 10000, Rollup::max, "power peaks of seconds trip breakers and caps, and vanish in the average"},
    {"node_hwmon_fan_rpm", MetricType::gauge, "rpm", "Turns of the fan per minute.", "/sys/class/hwmon/hwmonN/fanN_input", "hwmon", 10000},
    {"node_hwmon_pwm", MetricType::gauge, "", "How hard the fan is driven, from 0 to 255.", "/sys/class/hwmon/hwmonN/pwmN", "hwmon", 10000},
    {"node_hwmon_freq_freq_mhz", MetricType::gauge, "mhz", "Clock, in millions a second; the sensor is named by its label.", "/sys/class/hwmon/hwmonN/freqN_input", "hwmon", 10000},
    {"node_hwmon_humidity", MetricType::gauge, "", "Relative humidity, from 0 to 1.", "/sys/class/hwmon/hwmonN/humidityN_input", "hwmon", 10000},
    {"node_hwmon_energy_joule_total", MetricType::counter, "joule", "Energy used.", "/sys/class/hwmon/hwmonN/energyN_input", "hwmon", 10000},
    {"node_hwmon_energy_*", MetricType::counter, "", "Another file of an energy sensor: node_exporter takes all of them for joules used.", "/sys/class/hwmon/hwmonN/energyN_*", "hwmon", 10000},
    {"node_hwmon_beep_enabled", MetricType::gauge, "", "1 if the chip may beep.", "/sys/class/hwmon/hwmonN/beep_enable", "hwmon", 10000},
    {"node_hwmon_voltage_regulator_version", MetricType::gauge, "", "Version of the voltage regulator module.", "/sys/class/hwmon/hwmonN/vrm", "hwmon", 10000},
    {"node_hwmon_update_interval_seconds", MetricType::gauge, "seconds", "How often the chip measures.", "/sys/class/hwmon/hwmonN/update_interval", "hwmon", 10000},
    {"node_hwmon_*", MetricType::gauge, "", "Another value or limit of a sensor, as its driver names it.", "/sys/class/hwmon/hwmonN", "hwmon", 10000},
    // edac
    {"node_edac_correctable_errors_total", MetricType::counter, "", "Memory errors the controller has corrected.", "/sys/devices/system/edac/mc/mcN/ce_count", "edac", 10000},
    {"node_edac_uncorrectable_errors_total", MetricType::counter, "", "Memory errors that could not be corrected: data was lost.", "/sys/devices/system/edac/mc/mcN/ue_count", "edac", 10000},
    {"node_edac_csrow_correctable_errors_total", MetricType::counter, "", "Memory errors corrected in this row of chips; csrow unknown are those of no row.", "/sys/devices/system/edac/mc/mcN/csrowM/ce_count, ce_noinfo_count", "edac", 10000},
    {"node_edac_csrow_uncorrectable_errors_total", MetricType::counter, "", "Memory errors of this row of chips that could not be corrected; csrow unknown are those of no row.", "/sys/devices/system/edac/mc/mcN/csrowM/ue_count, ue_noinfo_count", "edac", 10000},
    {"node_edac_channel_correctable_errors_total", MetricType::counter, "", "Memory errors corrected in this row on this channel: mostly one DIMM.", "/sys/devices/system/edac/mc/mcN/csrowM/chK_ce_count", "edac", 10000},
    {"node_edac_channel_uncorrectable_errors_total", MetricType::counter, "", "Memory errors in this row on this channel that could not be corrected.", "/sys/devices/system/edac/mc/mcN/csrowM/chK_ue_count", "edac", 10000},
    // nvme
    {"node_nvme_info", MetricType::gauge, "", "What drive this is, its firmware and its state; always 1.", "/sys/class/nvme/nvmeN", "nvme", 10000},
    {"node_nvme_namespace_info", MetricType::gauge, "", "The namespace's state on this path; always 1.", "/sys/class/nvme/nvmeN/nvmeNnK/ana_state", "nvme", 10000},
    {"node_nvme_namespace_capacity_bytes", MetricType::gauge, "bytes", "What the namespace can hold.", "/sys/class/nvme/nvmeN/nvmeNnK/size", "nvme", 10000},
    {"node_nvme_namespace_size_bytes", MetricType::gauge, "bytes", "How large the namespace is.", "/sys/class/nvme/nvmeN/nvmeNnK/size", "nvme", 10000},
    {"node_nvme_namespace_used_bytes", MetricType::gauge, "bytes", "What of the namespace the drive has handed out; all of it where it does not provision thinly.", "/sys/class/nvme/nvmeN/nvmeNnK/nuse", "nvme", 10000},
    {"node_nvme_namespace_logical_block_size_bytes", MetricType::gauge, "bytes", "The block the drive reads and writes as one.", "/sys/class/nvme/nvmeN/nvmeNnK/queue/logical_block_size", "nvme", 10000},
    // rapl
    {"node_rapl_package_joules_total", MetricType::counter, "joules", "Energy the CPU package has used, cores, caches and controllers together.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_core_joules_total", MetricType::counter, "joules", "Energy the package's cores have used.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_uncore_joules_total", MetricType::counter, "joules", "Energy of what else is on the package: on some an integrated graphics card.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_dram_joules_total", MetricType::counter, "joules", "Energy the memory has used.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_psys_joules_total", MetricType::counter, "joules", "Energy the whole platform has used.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    {"node_rapl_*", MetricType::counter, "", "Energy another zone has used, named by its driver, in joules.", "/sys/class/powercap/ZONE/energy_uj", "rapl"},
    // dmi
    {"node_dmi_info", MetricType::gauge, "", "What board, chassis, product and BIOS this is; always 1.", "/sys/class/dmi/id", "dmi", 60000},
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
