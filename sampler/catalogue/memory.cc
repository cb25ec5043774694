// Memory: rows of the catalogue (sampler/catalogue.h).

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

using store::Rollup;

// clang-format off
constexpr MetricInfo kRows[] = {
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
    // meminfo_numa: in bytes where the field is a size, though the names do not say so; those are node_exporter's
    {"node_memory_numa_MemTotal", MetricType::gauge, "", "Memory of this node that the kernel can use, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_MemFree", MetricType::gauge, "", "Memory of this node that nobody uses, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_MemUsed", MetricType::gauge, "", "Memory of this node that is not free, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_FilePages", MetricType::gauge, "", "Page cache and shared memory on this node, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_AnonPages", MetricType::gauge, "", "Mapped pages on this node without a file behind them, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_Mlocked", MetricType::gauge, "", "Pages on this node locked by mlock, in bytes; RDMA registers memory this way.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_Shmem", MetricType::gauge, "", "Shared memory and tmpfs on this node, in bytes, as data loaders use it.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_Slab", MetricType::gauge, "", "The kernel's own caches of objects on this node, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_Unevictable", MetricType::gauge, "", "Pages on this node that cannot be reclaimed, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_Dirty", MetricType::gauge, "", "Page cache on this node that waits to be written, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_Mapped", MetricType::gauge, "", "Files on this node mapped into processes, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_AnonHugePages", MetricType::gauge, "", "Transparent huge pages on this node without a file behind them, in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_HugePages_Total", MetricType::gauge, "", "Huge pages of this node's pool.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_HugePages_Free", MetricType::gauge, "", "Huge pages of this node's pool not allocated.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_HugePages_Surp", MetricType::gauge, "", "Huge pages of this node above its pool's set size.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_*", MetricType::gauge, "", "Another field of the node's meminfo, under the kernel's own name; sizes are in bytes.", "/sys/devices/system/node/nodeN/meminfo", "meminfo_numa", 10000},
    {"node_memory_numa_numa_hit_total", MetricType::counter, "", "Pages allocated on this node, as was wanted.", "/sys/devices/system/node/nodeN/numastat", "meminfo_numa", 10000},
    {"node_memory_numa_numa_miss_total", MetricType::counter, "", "Pages allocated on this node though another was wanted, which had none.", "/sys/devices/system/node/nodeN/numastat", "meminfo_numa", 10000},
    {"node_memory_numa_numa_foreign_total", MetricType::counter, "", "Pages wanted of this node and allocated on another: it had none.", "/sys/devices/system/node/nodeN/numastat", "meminfo_numa", 10000},
    {"node_memory_numa_interleave_hit_total", MetricType::counter, "", "Pages allocated on this node because it was its turn.", "/sys/devices/system/node/nodeN/numastat", "meminfo_numa", 10000},
    {"node_memory_numa_local_node_total", MetricType::counter, "", "Pages allocated on this node by programs that ran on it.", "/sys/devices/system/node/nodeN/numastat", "meminfo_numa", 10000},
    {"node_memory_numa_other_node_total", MetricType::counter, "", "Pages allocated on this node by programs that ran on another.", "/sys/devices/system/node/nodeN/numastat", "meminfo_numa", 10000},
    // vmstat: untyped, as node_exporter has them, though all of them count up
    {"node_vmstat_oom_kill", MetricType::unknown, "", "Processes the OOM killer has killed.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pgpgin", MetricType::unknown, "", "KiB read from block devices.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pgpgout", MetricType::unknown, "", "KiB written to block devices.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pswpin", MetricType::unknown, "", "Pages read from swap.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pswpout", MetricType::unknown, "", "Pages written to swap.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pgfault", MetricType::unknown, "", "Page faults of any kind.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_pgmajfault", MetricType::unknown, "", "Page faults that had to read from storage.", "/proc/vmstat", "vmstat"},
    {"node_vmstat_*", MetricType::unknown, "", "A counter of the kernel's memory management, under the kernel's own name.", "/proc/vmstat", "vmstat"},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> memory_metrics() { return kRows; }

}  // namespace tacho::sampler
