// Disks and file systems: rows of the catalogue (sampler/catalogue.h).

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

using store::Rollup;

// clang-format off
constexpr MetricInfo kRows[] = {
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
    // filesystem: the labels are those of node_exporter 1.6 and later
    {"node_filesystem_size_bytes", MetricType::gauge, "bytes", "Size of the file system.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_free_bytes", MetricType::gauge, "bytes", "Free space, what is kept for root included.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_avail_bytes", MetricType::gauge, "bytes", "Free space for programs that are not root.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_files", MetricType::gauge, "", "Inodes the file system has.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_files_free", MetricType::gauge, "", "Inodes nobody uses.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_readonly", MetricType::gauge, "", "1 if it is mounted read-only.", "/proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_device_error", MetricType::gauge, "", "1 if the file system could not be asked; the label of the same name says why.", "statfs over /proc/1/mountinfo", "filesystem", 10000},
    {"node_filesystem_mount_info", MetricType::gauge, "", "Which device is mounted where; always 1.", "/proc/1/mountinfo", "filesystem", 10000},
    // nvme
    {"node_nvme_info", MetricType::gauge, "", "What drive this is, its firmware and its state; always 1.", "/sys/class/nvme/nvmeN", "nvme", 10000},
    {"node_nvme_namespace_info", MetricType::gauge, "", "The namespace's state on this path; always 1.", "/sys/class/nvme/nvmeN/nvmeNnK/ana_state", "nvme", 10000},
    {"node_nvme_namespace_capacity_bytes", MetricType::gauge, "bytes", "What the namespace can hold.", "/sys/class/nvme/nvmeN/nvmeNnK/size", "nvme", 10000},
    {"node_nvme_namespace_size_bytes", MetricType::gauge, "bytes", "How large the namespace is.", "/sys/class/nvme/nvmeN/nvmeNnK/size", "nvme", 10000},
    {"node_nvme_namespace_used_bytes", MetricType::gauge, "bytes", "What of the namespace the drive has handed out; all of it where it does not provision thinly.", "/sys/class/nvme/nvmeN/nvmeNnK/nuse", "nvme", 10000},
    {"node_nvme_namespace_logical_block_size_bytes", MetricType::gauge, "bytes", "The block the drive reads and writes as one.", "/sys/class/nvme/nvmeN/nvmeNnK/queue/logical_block_size", "nvme", 10000},
    // mdadm
    {"node_md_state", MetricType::gauge, "", "1 for what the array is doing: active, inactive, recovering, resync or check.", "/proc/mdstat", "mdadm", 10000},
    {"node_md_disks", MetricType::gauge, "", "Disks of the array that work, have failed, or are spare.", "/proc/mdstat", "mdadm", 10000},
    {"node_md_disks_required", MetricType::gauge, "", "Disks the array needs to be whole.", "/proc/mdstat", "mdadm", 10000},
    {"node_md_blocks", MetricType::gauge, "", "Size of the array, in blocks of 1 KiB.", "/proc/mdstat", "mdadm", 10000},
    {"node_md_blocks_synced", MetricType::gauge, "", "Blocks that are in step on all disks; while disks are rebuilt or checked, of those on one disk.", "/proc/mdstat", "mdadm", 10000},
    {"node_md_raid_disks", MetricType::gauge, "", "Disks of a whole array.", "/sys/block/mdN/md/raid_disks", "mdadm", 10000},
    {"node_md_degraded", MetricType::gauge, "", "Disks the array lacks.", "/sys/block/mdN/md/degraded", "mdadm", 10000},
    // fibrechannel
    {"node_fibrechannel_info", MetricType::gauge, "", "The port's identifiers, speed and state; always 1.", "/sys/class/fc_host/hostN", "fibrechannel", 10000},
    {"node_fibrechannel_dumped_frames_total", MetricType::counter, "", "Frames dropped for want of buffers.", "/sys/class/fc_host/hostN/statistics/dumped_frames", "fibrechannel", 10000},
    {"node_fibrechannel_error_frames_total", MetricType::counter, "", "Frames with an error.", "/sys/class/fc_host/hostN/statistics/error_frames", "fibrechannel", 10000},
    {"node_fibrechannel_invalid_crc_total", MetricType::counter, "", "Frames with a bad checksum.", "/sys/class/fc_host/hostN/statistics/invalid_crc_count", "fibrechannel", 10000},
    {"node_fibrechannel_rx_frames_total", MetricType::counter, "", "Frames received.", "/sys/class/fc_host/hostN/statistics/rx_frames", "fibrechannel", 10000},
    {"node_fibrechannel_rx_words_total", MetricType::counter, "", "Words of four bytes received.", "/sys/class/fc_host/hostN/statistics/rx_words", "fibrechannel", 10000},
    {"node_fibrechannel_tx_frames_total", MetricType::counter, "", "Frames sent.", "/sys/class/fc_host/hostN/statistics/tx_frames", "fibrechannel", 10000},
    {"node_fibrechannel_tx_words_total", MetricType::counter, "", "Words of four bytes sent.", "/sys/class/fc_host/hostN/statistics/tx_words", "fibrechannel", 10000},
    {"node_fibrechannel_seconds_since_last_reset_total", MetricType::counter, "", "Seconds since the counters were reset.", "/sys/class/fc_host/hostN/statistics/seconds_since_last_reset", "fibrechannel", 10000},
    {"node_fibrechannel_invalid_tx_words_total", MetricType::counter, "", "Words received that are no valid transmission words: a bad cable or module.", "/sys/class/fc_host/hostN/statistics/invalid_tx_word_count", "fibrechannel", 10000},
    {"node_fibrechannel_link_failure_total", MetricType::counter, "", "Times the link failed.", "/sys/class/fc_host/hostN/statistics/link_failure_count", "fibrechannel", 10000},
    {"node_fibrechannel_loss_of_sync_total", MetricType::counter, "", "Times the port lost the rhythm of the link.", "/sys/class/fc_host/hostN/statistics/loss_of_sync_count", "fibrechannel", 10000},
    {"node_fibrechannel_loss_of_signal_total", MetricType::counter, "", "Times there was no signal.", "/sys/class/fc_host/hostN/statistics/loss_of_signal_count", "fibrechannel", 10000},
    {"node_fibrechannel_nos_total", MetricType::counter, "", "Times the other side said that it does not work.", "/sys/class/fc_host/hostN/statistics/nos_count", "fibrechannel", 10000},
    {"node_fibrechannel_fcp_packet_aborts_total", MetricType::counter, "", "SCSI commands that were given up.", "/sys/class/fc_host/hostN/statistics/fcp_packet_aborts", "fibrechannel", 10000},
    // tapestats
    {"node_tape_io_now", MetricType::gauge, "", "Requests in flight right now.", "/sys/class/scsi_tape/stN/stats/in_flight", "tapestats", 10000},
    {"node_tape_io_time_seconds_total", MetricType::counter, "seconds", "Time spent in requests, winding included.", "/sys/class/scsi_tape/stN/stats/io_ns", "tapestats", 10000},
    {"node_tape_io_others_total", MetricType::counter, "", "Requests that were neither reads nor writes.", "/sys/class/scsi_tape/stN/stats/other_cnt", "tapestats", 10000},
    {"node_tape_read_bytes_total", MetricType::counter, "bytes", "Bytes read.", "/sys/class/scsi_tape/stN/stats/read_byte_cnt", "tapestats", 10000},
    {"node_tape_reads_completed_total", MetricType::counter, "", "Reads finished.", "/sys/class/scsi_tape/stN/stats/read_cnt", "tapestats", 10000},
    {"node_tape_read_time_seconds_total", MetricType::counter, "seconds", "Time spent in reads.", "/sys/class/scsi_tape/stN/stats/read_ns", "tapestats", 10000},
    {"node_tape_residual_total", MetricType::counter, "", "Reads and writes that moved less than was asked for.", "/sys/class/scsi_tape/stN/stats/resid_cnt", "tapestats", 10000},
    {"node_tape_written_bytes_total", MetricType::counter, "bytes", "Bytes written.", "/sys/class/scsi_tape/stN/stats/write_byte_cnt", "tapestats", 10000},
    {"node_tape_writes_completed_total", MetricType::counter, "", "Writes finished.", "/sys/class/scsi_tape/stN/stats/write_cnt", "tapestats", 10000},
    {"node_tape_write_time_seconds_total", MetricType::counter, "seconds", "Time spent in writes.", "/sys/class/scsi_tape/stN/stats/write_ns", "tapestats", 10000},
    // dmmultipath
    {"node_dmmultipath_device_info", MetricType::gauge, "", "What the device is called and its identifier; always 1.", "/sys/block/dm-N/dm", "dmmultipath", 10000},
    {"node_dmmultipath_device_active", MetricType::gauge, "", "1 if the device takes requests, 0 if it is suspended.", "/sys/block/dm-N/dm/suspended", "dmmultipath", 10000},
    {"node_dmmultipath_device_size_bytes", MetricType::gauge, "bytes", "Size of the device.", "/sys/block/dm-N/size", "dmmultipath", 10000},
    {"node_dmmultipath_device_paths", MetricType::gauge, "", "Paths the device has.", "/sys/block/dm-N/slaves", "dmmultipath", 10000},
    {"node_dmmultipath_device_paths_active", MetricType::gauge, "", "Paths that work.", "/sys/block/PATH/device/state", "dmmultipath", 10000},
    {"node_dmmultipath_device_paths_failed", MetricType::gauge, "", "Paths that do not.", "/sys/block/PATH/device/state", "dmmultipath", 10000},
    {"node_dmmultipath_path_state", MetricType::gauge, "", "The path's state; always 1.", "/sys/block/PATH/device/state", "dmmultipath", 10000},
    // bcache
    {"node_bcache_average_key_size_sectors", MetricType::gauge, "sectors", "Data a key of the index stands for, on average.", "/sys/fs/bcache/UUID/average_key_size", "bcache", 10000},
    {"node_bcache_btree_cache_size_bytes", MetricType::gauge, "bytes", "Memory the index takes.", "/sys/fs/bcache/UUID/btree_cache_size", "bcache", 10000},
    {"node_bcache_cache_available_percent", MetricType::gauge, "percent", "How much of the cache has nothing to be written back.", "/sys/fs/bcache/UUID/cache_available_percent", "bcache", 10000},
    {"node_bcache_congested", MetricType::gauge, "", "How congested the cache is, when requests go around it; 0 if it is not.", "/sys/fs/bcache/UUID/congested", "bcache", 10000},
    {"node_bcache_root_usage_percent", MetricType::gauge, "percent", "How full the index's root is.", "/sys/fs/bcache/UUID/root_usage_percent", "bcache", 10000},
    {"node_bcache_tree_depth", MetricType::gauge, "", "Levels the index has.", "/sys/fs/bcache/UUID/tree_depth", "bcache", 10000},
    {"node_bcache_active_journal_entries", MetricType::gauge, "", "Journal entries that are newer than the index.", "/sys/fs/bcache/UUID/internal/active_journal_entries", "bcache", 10000},
    {"node_bcache_btree_nodes", MetricType::gauge, "", "Nodes the index has.", "/sys/fs/bcache/UUID/internal/btree_nodes", "bcache", 10000},
    {"node_bcache_btree_read_average_duration_seconds", MetricType::gauge, "seconds", "How long reading a node of the index takes, on average.", "/sys/fs/bcache/UUID/internal/btree_read_average_duration_us", "bcache", 10000},
    {"node_bcache_cache_read_races_total", MetricType::counter, "", "Reads of the cache whose data was thrown out meanwhile.", "/sys/fs/bcache/UUID/internal/cache_read_races", "bcache", 10000},
    {"node_bcache_dirty_data_bytes", MetricType::gauge, "bytes", "Data in the cache that the disk does not have yet.", "/sys/fs/bcache/UUID/bdevN/dirty_data", "bcache", 10000},
    {"node_bcache_dirty_target_bytes", MetricType::gauge, "bytes", "How much of it there is to be.", "/sys/fs/bcache/UUID/bdevN/writeback_rate_debug", "bcache", 10000},
    {"node_bcache_writeback_rate", MetricType::gauge, "", "Bytes a second written back to the disk.", "/sys/fs/bcache/UUID/bdevN/writeback_rate_debug", "bcache", 10000},
    {"node_bcache_writeback_rate_proportional_term", MetricType::gauge, "", "What of the rate is for the distance to the target.", "/sys/fs/bcache/UUID/bdevN/writeback_rate_debug", "bcache", 10000},
    {"node_bcache_writeback_rate_integral_term", MetricType::gauge, "", "What of the rate is for how long it lasts.", "/sys/fs/bcache/UUID/bdevN/writeback_rate_debug", "bcache", 10000},
    {"node_bcache_writeback_change", MetricType::gauge, "", "The latest change of the rate.", "/sys/fs/bcache/UUID/bdevN/writeback_rate_debug", "bcache", 10000},
    {"node_bcache_bypassed_bytes_total", MetricType::counter, "bytes", "Bytes that went around the cache.", "/sys/fs/bcache/UUID/bdevN/stats_total/bypassed", "bcache", 10000},
    {"node_bcache_cache_hits_total", MetricType::counter, "", "Requests the cache could answer.", "/sys/fs/bcache/UUID/bdevN/stats_total/cache_hits", "bcache", 10000},
    {"node_bcache_cache_misses_total", MetricType::counter, "", "Requests the cache could not answer.", "/sys/fs/bcache/UUID/bdevN/stats_total/cache_misses", "bcache", 10000},
    {"node_bcache_cache_bypass_hits_total", MetricType::counter, "", "Requests that were to go around the cache, and found their data in it.", "/sys/fs/bcache/UUID/bdevN/stats_total/cache_bypass_hits", "bcache", 10000},
    {"node_bcache_cache_bypass_misses_total", MetricType::counter, "", "Requests that were to go around the cache, and did.", "/sys/fs/bcache/UUID/bdevN/stats_total/cache_bypass_misses", "bcache", 10000},
    {"node_bcache_cache_miss_collisions_total", MetricType::counter, "", "Data that was to be put into the cache, and had been written meanwhile.", "/sys/fs/bcache/UUID/bdevN/stats_total/cache_miss_collisions", "bcache", 10000},
    {"node_bcache_cache_readaheads_total", MetricType::counter, "", "Times data was read ahead into the cache.", "/sys/fs/bcache/UUID/bdevN/stats_total/cache_readaheads", "bcache", 10000},
    {"node_bcache_io_errors", MetricType::gauge, "", "Errors of the cache's device; old ones count less.", "/sys/fs/bcache/UUID/cacheN/io_errors", "bcache", 10000},
    {"node_bcache_metadata_written_bytes_total", MetricType::counter, "bytes", "Bytes of index and journal written to the cache.", "/sys/fs/bcache/UUID/cacheN/metadata_written", "bcache", 10000},
    {"node_bcache_written_bytes_total", MetricType::counter, "bytes", "Bytes of data written to the cache.", "/sys/fs/bcache/UUID/cacheN/written", "bcache", 10000},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> storage_metrics() { return kRows; }

}  // namespace tacho::sampler
