// The kernel's log: records, what they tell of, and the source that counts them.

#include "sampler/host/kernel_log/kmsg.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

TEST_CASE("a record's prefix is split, and its text ends at the line's end") {
  const auto record = parse_kmsg_record("30,339,5140900,-,caller=T1;systemd[1]: a;b\\x0a\n SUBSYSTEM=net\n");
  REQUIRE(record);
  CHECK(record->level == 6);
  CHECK(record->facility == 3);
  CHECK(record->sequence == 339);
  CHECK(record->time_us == 5140900);
  CHECK(record->text == "systemd[1]: a;b\\x0a");
  CHECK(parse_kmsg_record("4,18446744073709551615,0,-;")->sequence == 18446744073709551615U);
  for (const char* text : {"", ";", "4;a", "4,5;a", "a,5,6,-;a", "4,b,6,-;a", "4,5,c,-;a", "4,5,-6,-;a", "4,5,6,-",
                           " DEVICE=+pci:0000:3b:00.0", "4,,6,-;a", "-4,5,6,-;a", "99999999999,5,6,-;a", "4, 5,6,-;a"}) {
    INFO(text);
    CHECK_FALSE(parse_kmsg_record(text));
  }
}

struct Line {
  KmsgKind kind;
  std::string text;
};
using Kind = KmsgKind;

// As kernels and drivers of several years write them.
const std::vector<Line>& lines() {
  static const std::vector<Line> all = {
      {Kind::oom_kill,
       "Out of memory: Killed process 1813 (python3) total-vm:8412kB, anon-rss:76kB, file-rss:4kB, shmem-rss:0kB, UID:0 "
       "pgtables:56kB oom_score_adj:0"},
      {Kind::oom_kill, "Out of memory: Kill process 1813 (python) score 899 or sacrifice child"},
      {Kind::oom_kill, "Out of memory (oom_kill_allocating_task): Killed process 1813 (a) total-vm:1kB"},
      {Kind::cgroup_oom_kill, "Memory cgroup out of memory: Killed process 51807 (oxide) total-vm:1kB, anon-rss:62936kB"},
      {Kind::cgroup_oom_kill, "Memory cgroup out of memory: Kill process 7 (sh) score 1974 or sacrifice child"},
      {Kind::page_allocation_failure,
       "kworker/u96:3: page allocation failure: order:5, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null)"},
      {Kind::page_allocation_failure, "python: page allocation stalls for 10012ms, order:0, mode:0x14201ca"},
      {Kind::hung_task, "INFO: task python3:26050 blocked for more than 120 seconds."},
      {Kind::hung_task, "INFO: task jbd2/nvme0n1p2-8:742 blocked for more than 241 seconds."},
      {Kind::hung_task, "INFO: task dd:77 blocked in I/O wait for more than 120 seconds."},
      {Kind::soft_lockup, "watchdog: BUG: soft lockup - CPU#17 stuck for 22s! [python3:4711]"},
      {Kind::soft_lockup, "NMI watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [kworker/3:1:99]"},
      {Kind::hard_lockup, "NMI watchdog: Watchdog detected hard LOCKUP on cpu 5"},
      {Kind::hard_lockup, "watchdog: Watchdog detected hard LOCKUP on cpu 12"},
      {Kind::rcu_stall, "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:"},
      {Kind::rcu_stall, "rcu: INFO: rcu_preempt self-detected stall on CPU"},
      {Kind::rcu_stall, "INFO: rcu_sched detected stalls on CPUs/tasks: { 4} (detected by 0, t=60002 jiffies, g=1, c=2, q=3)"},
      {Kind::rcu_stall,
       "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-.... } 21 jiffies s: 277 root: 0x2/."},
      {Kind::kernel_oops, "Oops: 0002 [#1] SMP NOPTI"},
      {Kind::kernel_oops,
       "Oops: general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] PREEMPT SMP NOPTI"},
      {Kind::kernel_oops, "invalid opcode: 0000 [#2] SMP PTI"},
      {Kind::kernel_oops, "general protection fault: 0000 [#1] SMP"},
      {Kind::kernel_oops, "divide error: 0000 [#1] SMP"},
      {Kind::kernel_oops, "Internal error: Oops: 0000000096000004 [#1] SMP"},
      {Kind::kernel_panic, "Kernel panic - not syncing: Fatal exception in interrupt"},
      {Kind::kernel_warning, "WARNING: CPU: 3 PID: 1234 at net/sched/sch_generic.c:467 dev_watchdog+0x258/0x260"},
      {Kind::kernel_warning, "WARNING: kernel/workqueue.c:2345 at process_one_work+0x12/0x30, CPU#3: kworker/3:1/99"},
      {Kind::segfault,
       "python3[4711]: segfault at 0 ip 00007f3c4e1b2c3d sp 00007ffd1a2b3c4d error 4 in libtorch.so[7f3c40000000+f00000]"},
      {Kind::segfault, "traps: python3[4711] general protection fault ip:7f01 sp:7f02 error:0 in libc.so.6[7f00+1000]"},
      {Kind::segfault, "traps: a.out[1] trap invalid opcode ip:401136 sp:7ffe error:0 in a.out[401000+1000]"},
      {Kind::segfault, "python[99]: unhandled level 2 translation fault (11) at 0x00000000, esr 0x92000006"},
      {Kind::segfault, "python[99]: unhandled exception: DABT (lower EL), ESR 0x0000000092000006"},
      {Kind::machine_check, "mce: [Hardware Error]: Machine check events logged"},
      {Kind::machine_check, "mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 1: be00000000800400"},
      {Kind::hardware_error_corrected, "{1}[Hardware Error]: event severity: corrected"},
      {Kind::hardware_error_corrected, "[Hardware Error]: Corrected error, no action required."},
      {Kind::hardware_error_uncorrected, "{7}[Hardware Error]: event severity: recoverable"},
      {Kind::hardware_error_uncorrected, "{2}[Hardware Error]: event severity: fatal"},
      {Kind::hardware_error_uncorrected, "[Hardware Error]: Uncorrected, software restartable error."},
      {Kind::hardware_error_uncorrected, "[Hardware Error]: Deferred error, no action required."},
      {Kind::memory_error_corrected,
       "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x1a2b offset:0x40 grain:32 "
       "syndrome:0x0)"},
      {Kind::memory_error_corrected, "EDAC MC1: CE page 0x283, offset 0xce0, grain 8, syndrome 0x6ec3, row 0, channel 1"},
      {Kind::memory_error_uncorrected,
       "EDAC MC0: 1 UE memory scrubbing error on unknown memory (channel:0 page:0x0 offset:0x0 grain:32)"},
      {Kind::memory_failure, "Memory failure: 0x1a2b3c: recovery action for dirty LRU page: Recovered"},
      {Kind::pcie_error_corrected, "pcieport 0000:16:02.0: AER: Corrected error received: 0000:18:00.0"},
      {Kind::pcie_error_corrected, "pcieport 0000:16:02.0: AER: Multiple Corrected error received: 0000:18:00.0"},
      {Kind::pcie_error_corrected, "pcieport 0000:16:02.0: AER: Correctable error message received from 0000:18:00.0"},
      {Kind::pcie_error_uncorrected, "pcieport 0000:16:02.0: AER: Uncorrected (Non-Fatal) error received: 0000:18:00.0"},
      {Kind::pcie_error_uncorrected,
       "pcieport 0000:16:02.0: AER: Uncorrectable (Fatal) error message received from 0000:18:00.0"},
      {Kind::pcie_link_down, "pcieport 0000:16:02.0: pciehp: Slot(9): Link Down"},
      {Kind::iommu_fault,
       "DMAR: [DMA Read NO_PASID] Request device [3b:00.0] fault addr 0xfffff000 [fault reason 0x06] PTE Read access is not set"},
      {Kind::iommu_fault,
       "nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0012 address=0xffffffc0 flags=0x0020]"},
      {Kind::cpu_throttled, "CPU3: Core temperature above threshold, cpu clock throttled (total events = 1)"},
      {Kind::cpu_throttled, "mce: CPU12: Package temperature is above threshold, cpu clock is throttled (total events = 77)"},
      {Kind::clocksource_unstable,
       "clocksource: timekeeping watchdog on CPU5: Marking clocksource 'tsc' as unstable because the skew is too large:"},
      {Kind::clocksource_unstable, "Clocksource tsc unstable (delta = 62500005 ns)"},
      {Kind::link_down, "mlx5_core 0000:3b:00.0 ens1f0np0: Link down"},
      {Kind::link_down, "ixgbe 0000:01:00.0 eth0: NIC Link is Down"},
      {Kind::link_down, "tg3 0000:01:00.0 eth0: Link is down"},
      {Kind::link_down, "mlx4_en: eth0: Link Down"},
      {Kind::link_down, "hns3 0000:35:00.0 eth0: link down"},
      {Kind::link_down, "gvnic 0000:00:04.0: Device link is down."},
      {Kind::link_down, "mlx5_core 0000:ab:00.0 mlx5_5: Port: 1 Link DOWN"},
      {Kind::link_up, "mlx5_core 0000:3b:00.0 ens1f0np0: Link up"},
      {Kind::link_up, "ice 0000:4b:00.0 eth1: NIC Link is up 100 Gbps Full Duplex, Requested FEC: RS-FEC"},
      {Kind::link_up, "igb 0000:01:00.0 eth0: igb: eth0 NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX/TX"},
      {Kind::link_up, "mlx5_core 0000:ab:00.0 mlx5_5: Port: 1 Link ACTIVE"},
      {Kind::nic_tx_timeout, "NETDEV WATCHDOG: eth0 (ixgbe): transmit queue 3 timed out"},
      {Kind::nic_tx_timeout, "mlx5_core 0000:3b:00.0 eth0: NETDEV WATCHDOG: CPU: 5: transmit queue 11 timed out 5320 ms"},
      {Kind::nic_health, "mlx5_core 0000:d2:00.0: poll_health:174: device's health compromised - reached miss count"},
      {Kind::nic_health, "mlx5_core 0000:03:00.0: poll_health:720:(pid 0): Fatal error 1 detected"},
      {Kind::nic_health,
       "mlx5_core 0000:12:00.0: mlx5_pcie_event:299:(pid 268269): Detected insufficient power on the PCIe slot (27W)."},
      {Kind::nic_module_error, "mlx5_core 0000:5c:00.0: Port module event[error]: module 0, Cable error, High Temperature"},
      {Kind::xid, "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."},
      // As an H200 with driver 580 wrote it.
      {Kind::xid,
       "NVRM: Xid (PCI:0000:00:06): 31, pid=551, name=gpu_load, channel 0x0000000a, intr 00000000. MMU Fault: ENGINE GRAPHICS "
       "GPC1 "
       "GPCCLIENT_T1_8 faulted @ 0x0_00001000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE"},
      {Kind::xid, "NVRM: Xid (0000:03:00): 14, Channel 00000001"},
      {Kind::sxid, "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore MCTO (First)"},
      {Kind::sxid, "nvidia-nvswitch0: SXid (PCI:0000:c3:00.0): 24007, Fatal, Link 28 sourcetrack timeout error (First)"},
      {Kind::gpu_lost,
       "NVRM: The NVIDIA GPU 0000:b3:00.0\\x0a               NVRM: (PCI ID: 10de:26b5) installed in this system has\\x0a         "
       "      NVRM: fallen off the bus and is not responding to commands."},
      {Kind::gpu_init_failed, "NVRM: GPU 0000:3b:00.0: RmInitAdapter failed! (0x22:0x56:884)"},
      {Kind::gpu_reset, "amdgpu 0000:c3:00.0: amdgpu: GPU reset begin!"},
      {Kind::gpu_reset, "amdgpu 0000:c5:00.0: amdgpu: GPU reset begin!. Source:  3"},
      {Kind::gpu_hang, "[drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring gfx timeout, signaled seq=610763, emitted seq=610766"},
      {Kind::gpu_hang, "amdgpu 0000:03:00.0: amdgpu: ring gfx_0.0.0 timeout, signaled seq=613206, emitted seq=613208"},
      {Kind::gpu_hang, "i915 0000:00:02.0: [drm] GPU HANG: ecode 9:1:85dffffb, in chrome [1234]"},
      {Kind::gpu_error_corrected,
       "amdgpu 0000:05:00.0: amdgpu: socket: 0, die: 1 2 new correctable hardware errors detected in umc block, no user action "
       "is needed"},
      {Kind::gpu_error_uncorrected,
       "amdgpu 0000:05:00.0: amdgpu: socket: 0, die: 1 1 new uncorrectable hardware errors detected in umc block"},
      {Kind::gpu_error_uncorrected,
       "amdgpu 0000:e3:00.0: amdgpu: uncorrectable hardware error(ERREVENT_ATHUB_INTERRUPT) detected!"},
      {Kind::io_error, "blk_update_request: I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0"},
      {Kind::io_error, "I/O error, dev nvme0n1, sector 123456 op 0x1:(WRITE) flags 0x8800 phys_seg 4 prio class 2"},
      {Kind::io_error, "critical medium error, dev sdb, sector 77 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2"},
      {Kind::io_error, "end_request: I/O error, dev fd0, sector 0"},
      {Kind::io_timeout, "nvme nvme0: I/O 12 QID 3 timeout, aborting"},
      {Kind::io_timeout, "nvme nvme2: I/O tag 12 (300c) opcode 0x2 (I/O Cmd) QID 3 timeout, aborting req_op:READ(0) size:4096"},
      {Kind::nvme_reset, "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10"},
      {Kind::filesystem_error,
       "EXT4-fs error (device nvme0n1p2): ext4_lookup:1785: inode #2: comm ls: deleted inode referenced: 12"},
      {Kind::filesystem_error, "XFS (dm-0): Metadata corruption detected at xfs_agi_verify+0x12c/0x190 [xfs], xfs_agi block 0x2"},
      {Kind::filesystem_error, "XFS (sdb1): metadata I/O error in \"xfs_trans_read_buf_map\" at daddr 0x1 len 1 error 5"},
      {Kind::filesystem_error, "BTRFS error (device sda1): bdev /dev/sda1 errs: wr 0, rd 1, flush 0, corrupt 0, gen 0"},
      {Kind::filesystem_error, "BTRFS critical (device sda1): corrupt leaf: root=2 block=1 slot=0"},
      {Kind::filesystem_readonly, "EXT4-fs (nvme0n1p2): Remounting filesystem read-only"},
      {Kind::filesystem_readonly, "XFS (sda1): Corruption of in-memory data detected.  Shutting down filesystem"},
      {Kind::filesystem_readonly, "XFS (dm-1): Filesystem has been shut down due to log error (0x2)."},
      {Kind::filesystem_readonly, "BTRFS info (device sda1 state E): forced readonly"},
      {Kind::nfs_not_responding, "nfs: server 10.1.2.3 not responding, still trying"},
      {Kind::nfs_not_responding, "nfs: server filer.example not responding, timed out"},
      {Kind::lustre_connection_lost,
       "Lustre: lfs-MDT0000-mdc-ffff8a1: Connection to lfs-MDT0000 (at 10.0.0.1@o2ib) was lost; in progress operations using "
       "this service will wait for recovery to complete"},
      {Kind::lustre_evicted,
       "LustreError: 167-0: lfs-OST0003-osc-ffff8a1: This client was evicted by lfs-OST0003; in progress operations using this "
       "service will fail."},
      {Kind::ceph_session_lost, "libceph: mon0 (1)10.1.1.1:6789 session lost, hunting for new mon"},
      {Kind::conntrack_full, "nf_conntrack: nf_conntrack: table full, dropping packet"},
  };
  return all;
}

TEST_CASE("each line of the kernel's tells of its kind of event, and each kind has such a line") {
  std::set<KmsgKind> seen;
  for (const Line& line : lines()) {
    INFO(line.text);
    const auto kind = kmsg_kind(line.text);
    REQUIRE(kind);
    CHECK(kmsg_kind_name(*kind) == kmsg_kind_name(line.kind));
    seen.insert(line.kind);
  }
  CHECK(seen.size() == kKmsgKindCount);
}

TEST_CASE("the rest of an event's lines, and what only looks like one, is no event") {
  for (const char* text : {
           "",
           "Killed process 1813 (python) total-vm:8412kB, anon-rss:76kB, file-rss:4kB",  // after "Kill process", before 5.3
           "python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
           "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/a,task_memcg=/a,task=b,pid=1,uid=0",
           "oom_reaper: reaped process 1813 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
           "      Not tainted 6.8.0 #1",
           "\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.",
           "BUG: unable to handle page fault for address: 0000000000001000",
           "BUG: kernel NULL pointer dereference, address: 0000000000000000",
           "kernel BUG at mm/slub.c:4023!",
           "mce: [Hardware Error]: TSC 0 ADDR 1234 MISC 86",
           "mce: [Hardware Error]: PROCESSOR 0:50654 TIME 1600000000 SOCKET 0 APIC 0 microcode 2000065",
           "{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0",
           "{1}[Hardware Error]:  Error 0, type: corrected",
           "{1}[Hardware Error]: event severity: info",
           "EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0: DEV 0000:3a:0a.0 (INTERRUPT)",
           "EDAC skx MC0: HANDLING MCE MEMORY ERROR",
           "nvme 0000:18:00.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)",
           "pcieport 0000:16:02.0: AER: enabled with IRQ 34",
           "ata1: SATA link down (SStatus 0 SControl 300)",
           "ata1: SATA link up 6.0 Gbps (SStatus 133 SControl 300)",
           "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready",
           "bond0: (slave eth0): link status definitely down, disabling slave",
           "userif-5: sent link down event.",
           "mlx5_core 0000:ab:00.0 mlx5_5: Port: 1 Link INIT",
           "mlx5_core 0000:63:00.1: Port module event: module 1, Cable plugged",
           "mlx5_core 0000:3b:00.0: 252.048 Gb/s available PCIe bandwidth (16.0 GT/s PCIe x16 link)",
           "NVRM: GPU at PCI:0000:05:00: GPU-97363126-e553-8dd4-9ad8-56844b42694a",
           "NVRM: GPU 0000:05:00.0: GPU has fallen off the bus.",
           "NVRM: A GPU crash dump has been created. If possible, please run",
           "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Severity 0 Engine instance 46 Sub-engine instance 00",
           "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Data {0x00140004, 0x00100000, 0x00140004}",
           "amdgpu 0000:05:00.0: amdgpu: socket: 0, die: 1, 9 uncorrectable hardware errors detected in total in umc block",
           "amdgpu 0000:c3:00.0: amdgpu: GPU reset succeeded, trying to resume",
           "Buffer I/O error on dev sda1, logical block 0, async page read",
           "EXT4-fs (nvme0n1p2): mounted filesystem with ordered data mode. Quota mode: none.",
           "XFS (dm-1): Mounting V5 Filesystem",
           "BTRFS info (device sda1): using crc32c (crc32c-intel) checksum algorithm",
           "nfs: server 10.1.2.3 OK",
           "systemd[1]: Started Journal Service.",
       }) {
    INFO(text);
    const auto kind = kmsg_kind(text);
    CHECK_FALSE(kind);
  }
}

TEST_CASE("an Xid has the device's PCI address, in one form, and its number") {
  struct Case {
    std::string text;
    std::string device;
    std::uint32_t number;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.", "0000:3b:00.0", 79},
           {"NVRM: Xid (PCI:0000:3B:00): 31, Ch 00000010", "0000:3b:00.0", 31},
           {"NVRM: Xid (0000:03:00): 14, Channel 00000001", "0000:03:00.0", 14},
           {"NVRM: Xid (PCI:0000:3b:00 GPU-I:05): 13, pid=1, Graphics SM Warp Exception", "0000:3b:00.0", 13},
           {"NVRM: Xid (PCI:0001:00:00): 154, GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)",
            "0001:00:00.0", 154},
           {"NVRM: Xid (PCI:10000:e1:00): 8", "10000:e1:00.0", 8},
           {"nvidia-nvswitch3: SXid (PCI:0000:c1:00.1): 28006, Non-fatal, Link 46", "0000:c1:00.1", 28006},
       }) {
    INFO(c.text);
    const auto report = xid_report(c.text);
    REQUIRE(report);
    CHECK(report->device() == c.device);
    CHECK(report->number == c.number);
  }
  for (const char* text :
       {"NVRM: Xid", "NVRM: Xid (", "NVRM: Xid (PCI:0000:3b:00", "NVRM: Xid (PCI:0000:3b:00):", "NVRM: Xid (PCI:0000:3b:00): ",
        "NVRM: Xid (PCI:0000:3b:00): x", "NVRM: Xid (PCI:0000:3b:00): 79x", "NVRM: Xid (PCI:0000:3b:00): 99999999999",
        "NVRM: Xid (PCI:3b:00): 79", "NVRM: Xid (): 79", "NVRM: Xid (PCI:0000:3b:00:11111111111111111111): 1"}) {
    INFO(text);
    CHECK_FALSE(xid_report(text));
  }
}

TEST_CASE("an OOM kill's report has the cgroup of the task that was chosen") {
  CHECK(oom_cgroup("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/"
                   "b,task=python,pid=7,uid=0") == "/a/b");
  CHECK(oom_cgroup("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,global_oom,task_memcg=/"
                   "system.slice/x.service,task=x,pid=7,uid=0") == "/system.slice/x.service");
  CHECK(oom_cgroup("Task in /docker/1 killed as a result of limit of /docker") == "/docker/1");
  for (const char* text :
       {"", "oom-kill:", "oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/a/b", "oom-kill:task_memcg=/a,task=b",
        "Task in /docker/1", "oom-kill:a,task_memcg=a,task=b,pid=1", "a oom-kill:a,task_memcg=/a,task=b,pid=1"}) {
    INFO(text);
    CHECK(oom_cgroup(text) == "");
  }
}

std::string record(int sequence, std::int64_t time_us, const std::string& text, int priority = 3) {
  return fmt::format("{},{},{},-;{}\n", priority, sequence, time_us, text);
}

// A machine with a log, and the source that reads it. The clock stands at 1,000,000 s since the epoch, 1000 s since boot.
struct Log {
  explicit Log(KmsgOptions with = {}) : options(with) { machine.write("root/dev/kmsg", ""); }

  void append(const std::string& text) {
    std::ofstream file(machine.path("root/dev/kmsg"), std::ios::app | std::ios::binary);
    file << text;
  }
  // The kernel's next record.
  void log(const std::string& text, std::int64_t time_us = 1'000'000'000) { append(record(++sequence, time_us, text)); }
  int tick() {
    clock.advance_ms(1000);
    return watched.tick();
  }
  double events(const std::string& kind) const { return watched("node_kmsg_events_total{kind=\"" + kind + "\"}"); }
  static std::string last(const std::string& kind) { return "node_kmsg_last_event_timestamp_seconds{kind=\"" + kind + "\"}"; }

  KmsgOptions options;
  Machine machine;
  FixedClock clock{1'000'000'000'000'000, 1'000'000'000'000};
  KmsgSource source{machine.roots(), clock, options};
  Watched watched{source};
  int sequence = 0;
};

const std::string kHung = "INFO: task a:1 blocked for more than 120 seconds.";

TEST_CASE("each kind's counter is there at the start, at 0, and two equal errors in a row count two") {
  Log log;
  log.tick();
  for (std::size_t i = 0; i < kKmsgKindCount; ++i) CHECK(log.events(std::string(kmsg_kind_name(static_cast<KmsgKind>(i)))) == 0);
  log.log(kHung);
  log.log(kHung);
  log.tick();
  CHECK(log.events("hung_task") == 2);
  CHECK(log.tick() == 0);
  CHECK(log.events("hung_task") == 2);
  CHECK(log.watched("node_kmsg_records_total{level=\"err\"}") == 2);
}

TEST_CASE("an event between being described and the first row is counted after that row, which is all 0") {
  Log log;
  REQUIRE(log.watched.describe());
  log.log(kHung);
  log.tick();
  CHECK(log.events("hung_task") == 0);
  log.tick();
  CHECK(log.events("hung_task") == 1);
}

TEST_CASE("what was there before the start is not counted, but its time is shown") {
  Log log;
  log.log(kHung, 400'000'000);
  log.log("Kernel panic - not syncing: a", 700'500'000);
  log.log(kHung, 600'000'001);
  log.tick();
  CHECK(log.events("hung_task") == 0);
  CHECK(log.watched(Log::last("hung_task")) == 999'600.000001);
  CHECK(log.watched(Log::last("kernel_panic")) == 999'700.5);
  CHECK_FALSE(log.watched.has(Log::last("segfault")));
  // Another agent over the same log counts nothing twice.
  log.log(kHung);
  log.tick();
  CHECK(log.events("hung_task") == 1);
  KmsgSource next(log.machine.roots(), log.clock);
  Watched again(next);
  again.tick();
  CHECK(again("node_kmsg_events_total{kind=\"hung_task\"}") == 0);
}

TEST_CASE("an event's time is the record's, on the wall clock, and no earlier than the tick before") {
  Log log;
  log.tick();  // 1001 s since boot
  log.log(kHung, 1'001'250'000);
  CHECK(log.tick() == 1);
  CHECK(log.watched(Log::last("hung_task")) == 1'000'001.25);
  // printk's clock is behind by more than a tick: the event cannot have been before the last one, at which it was not there.
  log.log(kHung, 900'000'000);
  CHECK(log.tick() == 0);
  CHECK(log.watched(Log::last("hung_task")) == 1'000'002);
  // ... and ahead: it cannot be later than now.
  log.log(kHung, 2'000'000'000);
  log.tick();
  CHECK(log.watched(Log::last("hung_task")) == 1'000'004);
}

TEST_CASE("an Xid is counted by device and number, from a 0 on") {
  Log log;
  log.tick();
  const auto series = [](const std::string& device, int number) {
    return fmt::format("node_kmsg_xid_errors_total{{pci_bus_id=\"{}\",xid=\"{}\"}}", device, number);
  };
  log.log("NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus.");
  log.log("NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus.");
  CHECK(log.tick() == 1);
  CHECK(log.events("xid") == 2);
  CHECK(log.watched(series("0000:3b:00.0", 79)) == 0);
  CHECK(log.tick() == 0);
  CHECK(log.watched(series("0000:3b:00.0", 79)) == 2);
  log.log("NVRM: Xid (PCI:0000:3b:00): 31, pid=1");
  log.log("NVRM: Xid (PCI:0000:5e:00): 79, pid=1");
  log.log("NVRM: Xid (PCI:0000:3b:00): 79, pid=1");
  CHECK(log.tick() == 1);
  CHECK(log.watched(series("0000:3b:00.0", 79)) == 3);
  log.tick();
  CHECK(log.watched(series("0000:3b:00.0", 31)) == 1);
  CHECK(log.watched(series("0000:5e:00.0", 79)) == 1);
  // One that cannot be read whole is still an Xid.
  log.log("NVRM: Xid (PCI:0000");
  CHECK(log.tick() == 0);
  CHECK(log.events("xid") == 6);
  log.log("nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46");
  log.tick();
  log.tick();
  CHECK(log.watched("node_kmsg_sxid_errors_total{pci_bus_id=\"0000:c1:00.0\",sxid=\"28006\"}") == 1);
}

TEST_CASE("an OOM kill is counted by the cgroup of the task, with its pod and container") {
  Log log;
  log.tick();
  const std::string id(64, 'a');
  const std::string path = "/kubepods/pod5f1c2a3b-0d4e-4f5a-8b6c-7d8e9f0a1b2c/" + id;
  for (int i = 0; i < 2; ++i) {
    log.log("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=" + path + ",task_memcg=" + path +
            ",task=python,pid=1,uid=0");
    log.log("Memory cgroup out of memory: Killed process 1 (python) total-vm:1kB");
  }
  log.tick();
  log.tick();
  CHECK(log.events("cgroup_oom_kill") == 2);
  CHECK(log.watched("node_kmsg_oom_kills_total{container_id=\"" + id + "\",id=\"" + path +
                    "\",pod_uid=\"5f1c2a3b-0d4e-4f5a-8b6c-7d8e9f0a1b2c\"}") == 2);
}

TEST_CASE("there are never more cgroups than the bound: the longest silent ends") {
  Log log({.cgroups_max = 2});
  log.tick();
  const auto kill = [&](const std::string& cgroup) { log.log("Task in " + cgroup + " killed as a result of limit of /"); };
  const auto series = [](const std::string& cgroup) { return "node_kmsg_oom_kills_total{id=\"" + cgroup + "\"}"; };
  kill("/a");
  kill("/b");
  kill("/a");
  log.tick();
  kill("/c");
  CHECK(log.tick() == 1);
  CHECK(log.watched(series("/a")) == 2);
  CHECK_FALSE(log.watched.has(series("/b")));
  CHECK(log.watched(series("/c")) == 0);
}

TEST_CASE("records that were overwritten before they were read are counted as lost") {
  Log log;
  log.log("a");
  log.tick();
  log.sequence = 41;
  log.log("b");  // 42: 2 to 41 are missing
  log.tick();
  CHECK(log.watched("node_kmsg_lost_records_total") == 40);
  // Numbers that begin anew (another log in this one's place) are no loss.
  log.sequence = 0;
  log.log("c");
  log.log("d");
  log.tick();
  CHECK(log.watched("node_kmsg_lost_records_total") == 40);
}

TEST_CASE("a tick reads no more than its share, and the rest comes with the next") {
  Log log({.records_per_tick = 10});
  log.log(kHung);
  log.tick();
  for (int i = 0; i < 25; ++i) log.log(kHung, 1'001'500'000);
  CHECK(log.tick() == 0);
  CHECK(log.events("hung_task") == 10);
  log.tick();
  log.tick();
  CHECK(log.events("hung_task") == 25);
  // They were all there since the first of these ticks, so their time is believed.
  CHECK(log.watched(Log::last("hung_task")) == 1'000'001.5);
}

TEST_CASE("a log too long to be looked through at the start is begun at its end") {
  Log log({.records_before_start = 5});
  for (int i = 0; i < 9; ++i) log.log(i == 8 ? "Kernel panic - not syncing: a" : kHung, 500'000'000);
  log.tick();
  CHECK(log.watched.has(Log::last("hung_task")));
  CHECK_FALSE(log.watched.has(Log::last("kernel_panic")));
  log.log(kHung);
  log.tick();
  CHECK(log.events("hung_task") == 1);
  CHECK(log.events("kernel_panic") == 0);
  CHECK(log.watched("node_kmsg_lost_records_total") == 0);
}

TEST_CASE("without a log, or without the right to read it, the source says what it needs") {
  Log log;
  log.machine.remove("root/dev/kmsg");
  const auto missing = log.watched.describe();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "cannot open " + log.machine.path("root/dev/kmsg") + ": No such file or directory");
  log.machine.write("root/dev/kmsg", "");
  ::chmod(log.machine.path("root/dev/kmsg").c_str(), 0);
  ::chmod(log.machine.path("").c_str(), 0755);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(2);
    const auto refused = log.watched.describe();
    ::_exit(!refused && refused.error().message.find("needs CAP_SYSLOG (or kernel.dmesg_restrict=0)") != std::string::npos ? 0
                                                                                                                           : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

// A pipe in the log's place, and its reader.
struct Pipe {
  Pipe() {
    const std::string path = machine.path("kmsg");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    auto opened = KmsgReader::open(path);
    REQUIRE(opened);
    reader = std::make_unique<KmsgReader>(std::move(*opened));
    writer = Fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(writer);
  }
  void write(const std::string& text) {
    REQUIRE(::write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::string next() {
    const auto found = reader->next();
    return found ? std::string(found->text) : "nothing";
  }

  Machine machine;
  std::unique_ptr<KmsgReader> reader;
  Fd writer;
};

TEST_CASE("reading never waits, takes whole lines alone, and leaves out what is no record") {
  Pipe pipe;
  CHECK(pipe.next() == "nothing");
  pipe.write(record(1, 1, "one") + " DEVICE=c1:11\nnonsense\n" + record(2, 2, "two") + "3,3,3,-;thr");
  CHECK(pipe.next() == "one");
  CHECK(pipe.next() == "two");
  CHECK(pipe.next() == "nothing");
  CHECK(pipe.next() == "nothing");
  pipe.write("ee\n");
  CHECK(pipe.next() == "three");
  CHECK(pipe.next() == "nothing");
  CHECK(pipe.reader->error() == 0);
  CHECK_FALSE(pipe.reader->skip_to_end());
  pipe.writer = Fd{};
  CHECK(pipe.next() == "nothing");
}

TEST_CASE("a line that is too long for a record is left out, and those behind it are not") {
  Pipe pipe;
  for (const std::size_t length : {16000, 16384, 16385, 40000}) {
    const std::string text = record(1, 1, std::string(length, 'x')) + record(2, 2, "behind");
    pipe.write(text);
    std::string first = pipe.next();
    if (first.size() == length) first = pipe.next();
    CHECK(first == "behind");
    CHECK(pipe.next() == "nothing");
  }
}

TEST_CASE("the machine's own log, where it may be read, has records in order and a time that is past") {
  auto opened = KmsgReader::open("/dev/kmsg");
  if (!opened) return;
  std::uint64_t before = 0;
  std::size_t count = 0;
  while (const auto found = opened->next()) {
    CHECK((count == 0 || found->sequence > before));
    CHECK(found->time_us * 1000 <= static_cast<std::int64_t>(system_clock().mono()) + 60 * kNsPerSecond);
    before = found->sequence;
    ++count;
  }
  CHECK(count > 0);
  CHECK(opened->error() == 0);
}

}  // namespace
}  // namespace tacho::sampler
