// What file systems count of their work, NFS among them: rows of the catalogue (sampler/catalogue.h).

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

// clang-format off
constexpr MetricInfo kRows[] = {
    // xfs: 32 bits in the kernel, where they wrap
    {"node_xfs_extent_allocation_extents_allocated_total", MetricType::counter, "", "Extents given to files.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_extent_allocation_blocks_allocated_total", MetricType::counter, "", "Blocks given to files.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_extent_allocation_extents_freed_total", MetricType::counter, "", "Extents given back.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_extent_allocation_blocks_freed_total", MetricType::counter, "", "Blocks given back.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_allocation_btree_lookups_total", MetricType::counter, "", "Look-ups in the trees of free space.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_allocation_btree_compares_total", MetricType::counter, "", "Comparisons those look-ups took.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_allocation_btree_records_inserted_total", MetricType::counter, "", "Records put into the trees of free space.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_allocation_btree_records_deleted_total", MetricType::counter, "", "Records taken out of the trees of free space.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_mapping_reads_total", MetricType::counter, "", "Times a file's blocks were looked up to read.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_mapping_writes_total", MetricType::counter, "", "Times a file's blocks were looked up to write.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_mapping_unmaps_total", MetricType::counter, "", "Times blocks were taken from a file.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_mapping_extent_list_insertions_total", MetricType::counter, "", "Extents put into files' lists.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_mapping_extent_list_deletions_total", MetricType::counter, "", "Extents taken out of files' lists.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_mapping_extent_list_lookups_total", MetricType::counter, "", "Look-ups in files' lists of extents.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_mapping_extent_list_compares_total", MetricType::counter, "", "Comparisons those look-ups took.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_map_btree_lookups_total", MetricType::counter, "", "Look-ups in the trees of files with many extents.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_map_btree_compares_total", MetricType::counter, "", "Comparisons those look-ups took.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_map_btree_records_inserted_total", MetricType::counter, "", "Records put into the trees of files with many extents.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_block_map_btree_records_deleted_total", MetricType::counter, "", "Records taken out of the trees of files with many extents.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_directory_operation_lookup_total", MetricType::counter, "", "Names looked up in folders on the disk, the cache of names having missed.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_directory_operation_create_total", MetricType::counter, "", "Names put into folders.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_directory_operation_remove_total", MetricType::counter, "", "Names taken out of folders.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_directory_operation_getdents_total", MetricType::counter, "", "Calls that listed a folder.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_inode_operation_attempts_total", MetricType::counter, "", "Inodes looked for in the cache.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_inode_operation_found_total", MetricType::counter, "", "Inodes found in the cache.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_inode_operation_recycled_total", MetricType::counter, "", "Inodes found in the cache while they were being thrown out.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_inode_operation_missed_total", MetricType::counter, "", "Inodes that were not in the cache.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_inode_operation_duplicates_total", MetricType::counter, "", "Inodes that somebody else had put into the cache in the meantime.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_inode_operation_reclaims_total", MetricType::counter, "", "Inodes thrown out of the cache.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_inode_operation_attribute_changes_total", MetricType::counter, "", "Times an inode's attributes were set.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_read_calls_total", MetricType::counter, "", "Calls that read files.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_write_calls_total", MetricType::counter, "", "Calls that wrote files.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_vnode_active_total", MetricType::counter, "", "Inodes in use; goes down too, though node_exporter calls it a counter.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_vnode_allocate_total", MetricType::counter, "", "Inodes allocated; current kernels do not count it.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_vnode_get_total", MetricType::counter, "", "Inodes got; current kernels do not count it.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_vnode_hold_total", MetricType::counter, "", "Inodes held; current kernels do not count it.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_vnode_release_total", MetricType::counter, "", "Inodes let go.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_vnode_reclaim_total", MetricType::counter, "", "Inodes thrown out of memory.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    {"node_xfs_vnode_remove_total", MetricType::counter, "", "Inodes removed from memory.", "/sys/fs/xfs/DEVICE/stats/stats", "xfs", 10000},
    // zfs: named as the kernel names them, and of no type, as in node_exporter
    {"node_zfs_abd_*", MetricType::unknown, "", "A counter or size of the buffers data moves through.", "/proc/spl/kstat/zfs/abdstats", "zfs", 10000},
    {"node_zfs_arc_*", MetricType::unknown, "", "A counter or size of the cache of data and metadata.", "/proc/spl/kstat/zfs/arcstats", "zfs", 10000},
    {"node_zfs_arc_hits", MetricType::unknown, "", "Reads the cache could answer.", "/proc/spl/kstat/zfs/arcstats", "zfs", 10000},
    {"node_zfs_arc_misses", MetricType::unknown, "", "Reads the cache could not answer.", "/proc/spl/kstat/zfs/arcstats", "zfs", 10000},
    {"node_zfs_arc_size", MetricType::unknown, "", "Bytes the cache takes now.", "/proc/spl/kstat/zfs/arcstats", "zfs", 10000},
    {"node_zfs_arc_c", MetricType::unknown, "", "Bytes the cache may take now.", "/proc/spl/kstat/zfs/arcstats", "zfs", 10000},
    {"node_zfs_arc_c_max", MetricType::unknown, "", "Bytes the cache may take at most.", "/proc/spl/kstat/zfs/arcstats", "zfs", 10000},
    {"node_zfs_dbuf_*", MetricType::unknown, "", "A counter or size of the cache of open buffers.", "/proc/spl/kstat/zfs/dbufstats", "zfs", 10000},
    {"node_zfs_dmu_tx_*", MetricType::unknown, "", "A counter of transactions, and of what they had to wait for.", "/proc/spl/kstat/zfs/dmu_tx", "zfs", 10000},
    {"node_zfs_dnode_*", MetricType::unknown, "", "A counter of the objects in use.", "/proc/spl/kstat/zfs/dnodestats", "zfs", 10000},
    {"node_zfs_fm_*", MetricType::unknown, "", "A counter of fault reports.", "/proc/spl/kstat/zfs/fm", "zfs", 10000},
    {"node_zfs_vdev_cache_*", MetricType::unknown, "", "A counter of the devices' cache, which OpenZFS 2.2 has no more.", "/proc/spl/kstat/zfs/vdev_cache_stats", "zfs", 10000},
    {"node_zfs_vdev_mirror_*", MetricType::unknown, "", "A counter of how reads were spread over mirrors.", "/proc/spl/kstat/zfs/vdev_mirror_stats", "zfs", 10000},
    {"node_zfs_xuio_*", MetricType::unknown, "", "A counter of lent buffers.", "/proc/spl/kstat/zfs/xuio_stats", "zfs", 10000},
    {"node_zfs_zfetch_*", MetricType::unknown, "", "A counter of reading ahead.", "/proc/spl/kstat/zfs/zfetchstats", "zfs", 10000},
    {"node_zfs_zil_*", MetricType::unknown, "", "A counter of the intent log, which synchronous writes go through.", "/proc/spl/kstat/zfs/zil", "zfs", 10000},
    {"node_zfs_zpool_*", MetricType::unknown, "", "A counter or time of the pool's reads and writes, before OpenZFS 2.0.", "/proc/spl/kstat/zfs/POOL/io", "zfs", 10000},
    {"node_zfs_zpool_state", MetricType::gauge, "", "1 for the state the pool is in, 0 for the others.", "/proc/spl/kstat/zfs/POOL/state", "zfs", 10000},
    {"node_zfs_zpool_dataset_*", MetricType::unknown, "", "A counter of a mounted dataset: reads, writes, bytes, files taken away.", "/proc/spl/kstat/zfs/POOL/objset-ID", "zfs", 10000},
    // btrfs
    {"node_btrfs_info", MetricType::gauge, "", "The file system's label; always 1.", "/sys/fs/btrfs/UUID/label", "btrfs", 10000},
    {"node_btrfs_global_rsv_size_bytes", MetricType::gauge, "bytes", "Space kept for what must succeed when there is no other left.", "/sys/fs/btrfs/UUID/allocation/global_rsv_size", "btrfs", 10000},
    {"node_btrfs_reserved_bytes", MetricType::gauge, "bytes", "Space promised to writes that are under way, by what it is for.", "/sys/fs/btrfs/UUID/allocation/TYPE/bytes_reserved", "btrfs", 10000},
    {"node_btrfs_used_bytes", MetricType::gauge, "bytes", "Space in use, by what it is for and the profile it has.", "/sys/fs/btrfs/UUID/allocation/TYPE/MODE/used_bytes", "btrfs", 10000},
    {"node_btrfs_size_bytes", MetricType::gauge, "bytes", "Space set aside, by what it is for and the profile it has.", "/sys/fs/btrfs/UUID/allocation/TYPE/MODE/total_bytes", "btrfs", 10000},
    {"node_btrfs_allocation_ratio", MetricType::gauge, "", "Bytes of disks that a byte takes in this profile.", "/sys/fs/btrfs/UUID/allocation/TYPE/MODE", "btrfs", 10000},
    {"node_btrfs_commits_total", MetricType::counter, "", "Transactions written to the disks.", "/sys/fs/btrfs/UUID/commit_stats", "btrfs", 10000},
    {"node_btrfs_commit_seconds_total", MetricType::counter, "seconds", "Time it took to write them.", "/sys/fs/btrfs/UUID/commit_stats", "btrfs", 10000},
    {"node_btrfs_last_commit_seconds", MetricType::gauge, "seconds", "Time the latest of them took.", "/sys/fs/btrfs/UUID/commit_stats", "btrfs", 10000},
    {"node_btrfs_max_commit_seconds", MetricType::gauge, "seconds", "Time the slowest of them took.", "/sys/fs/btrfs/UUID/commit_stats", "btrfs", 10000},
    {"node_btrfs_device_size_bytes", MetricType::gauge, "bytes", "Size of the device.", "BTRFS_IOC_DEV_INFO, /sys/fs/btrfs/UUID/devices/DEVICE/size", "btrfs", 10000},
    {"node_btrfs_device_unused_bytes", MetricType::gauge, "bytes", "Space of the device that is not set aside for anything.", "BTRFS_IOC_DEV_INFO", "btrfs", 10000},
    {"node_btrfs_device_errors_total", MetricType::counter, "", "Errors of the device since the file system was made, by kind; corruption and generation are data that was not what was written.", "BTRFS_IOC_GET_DEV_STATS", "btrfs", 10000},
    // nfs
    {"node_nfs_packets_total", MetricType::counter, "", "Packets of NFS sent and received, by protocol.", "/proc/net/rpc/nfs", "nfs"},
    {"node_nfs_connections_total", MetricType::counter, "", "TCP connections made to NFS servers.", "/proc/net/rpc/nfs", "nfs"},
    {"node_nfs_rpcs_total", MetricType::counter, "", "Calls sent to NFS servers.", "/proc/net/rpc/nfs", "nfs"},
    {"node_nfs_rpc_retransmissions_total", MetricType::counter, "", "Calls that had to be sent again: the server or the network did not answer in time.", "/proc/net/rpc/nfs", "nfs"},
    {"node_nfs_rpc_authentication_refreshes_total", MetricType::counter, "", "Times credentials were renewed.", "/proc/net/rpc/nfs", "nfs"},
    {"node_nfs_requests_total", MetricType::counter, "", "Requests to NFS servers, by version and procedure.", "/proc/net/rpc/nfs", "nfs"},
    // nfsd
    {"node_nfsd_reply_cache_hits_total", MetricType::counter, "", "Requests that came a second time and were answered from the cache.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_reply_cache_misses_total", MetricType::counter, "", "Requests whose answer was put into the cache.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_reply_cache_nocache_total", MetricType::counter, "", "Requests whose answer need not be kept.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_file_handles_stale_total", MetricType::counter, "", "Requests for files that are gone.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_disk_bytes_read_total", MetricType::counter, "bytes", "Bytes read for clients.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_disk_bytes_written_total", MetricType::counter, "bytes", "Bytes written for clients.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_server_threads", MetricType::gauge, "", "Threads of the server.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_read_ahead_cache_size_blocks", MetricType::gauge, "", "Size of the read-ahead cache, on kernels before 5.4.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_read_ahead_cache_not_found_total", MetricType::counter, "", "Reads the read-ahead cache did not know, on kernels before 5.4.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_packets_total", MetricType::counter, "", "Packets of NFS sent and received, by protocol.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_connections_total", MetricType::counter, "", "TCP connections clients have made.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_rpc_errors_total", MetricType::counter, "", "Calls that were refused: bad format (fmt), bad credentials (auth), unknown client (cInt).", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_server_rpcs_total", MetricType::counter, "", "Calls received.", "/proc/net/rpc/nfsd", "nfsd"},
    {"node_nfsd_requests_total", MetricType::counter, "", "Requests of clients, by version and procedure.", "/proc/net/rpc/nfsd", "nfsd"},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> file_system_metrics() { return kRows; }

}  // namespace tacho::sampler
