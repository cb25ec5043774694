#include "sampler/host/kernel_log/kmsg_events.h"

#include <charconv>
#include <iterator>

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

using Kind = KmsgKind;

constexpr std::string_view kNames[] = {
    "oom_kill",
    "cgroup_oom_kill",
    "page_allocation_failure",
    "hung_task",
    "soft_lockup",
    "hard_lockup",
    "rcu_stall",
    "kernel_oops",
    "kernel_panic",
    "kernel_warning",
    "segfault",
    "machine_check",
    "hardware_error_corrected",
    "hardware_error_uncorrected",
    "memory_error_corrected",
    "memory_error_uncorrected",
    "memory_failure",
    "pcie_error_corrected",
    "pcie_error_uncorrected",
    "pcie_link_down",
    "iommu_fault",
    "cpu_throttled",
    "clocksource_unstable",
    "link_down",
    "link_up",
    "nic_tx_timeout",
    "nic_health",
    "nic_module_error",
    "xid",
    "sxid",
    "gpu_lost",
    "gpu_init_failed",
    "gpu_reset",
    "gpu_hang",
    "gpu_error_corrected",
    "gpu_error_uncorrected",
    "io_error",
    "io_timeout",
    "nvme_reset",
    "filesystem_error",
    "filesystem_readonly",
    "nfs_not_responding",
    "lustre_connection_lost",
    "lustre_evicted",
    "ceph_session_lost",
    "conntrack_full",
};
static_assert(std::size(kNames) == kKmsgKindCount);

constexpr Kind kNoEvent = Kind::count;

// '*' stands for any text. A pattern begins where the text begins, unless it begins with '*'; it ends anywhere.
struct Pattern {
  std::string_view text;
  Kind kind;
};

constexpr Pattern kPatterns[] = {
    // What looks like an event and is the rest of one, or not what it looks like.
    {"*SXid (*): *, Severity ", kNoEvent},
    {"*SXid (*): *, Data ", kNoEvent},
    {"* hardware errors detected in total in ", kNoEvent},

    // "Killed process" alone follows "Kill process" in kernels before 5.3.
    {"Memory cgroup out of memory*: Kill*process ", Kind::cgroup_oom_kill},
    {"Out of memory*: Kill*process ", Kind::oom_kill},
    {"*: page allocation failure: order:", Kind::page_allocation_failure},
    {"*: page allocation stalls for ", Kind::page_allocation_failure},

    {"INFO: task * blocked *for more than * seconds", Kind::hung_task},
    {"*BUG: soft lockup - CPU#", Kind::soft_lockup},
    {"*atchdog detected hard LOCKUP on cpu", Kind::hard_lockup},
    {"*INFO: rcu* detected stalls on ", Kind::rcu_stall},
    {"*INFO: rcu* detected expedited stalls on ", Kind::rcu_stall},
    {"*INFO: rcu* self-detected stall on ", Kind::rcu_stall},
    {"*Kernel panic - not syncing", Kind::kernel_panic},
    // The line that ends in the number of oopses so far: one for each, whatever led to it.
    {"*Oops: * [#", Kind::kernel_oops},
    {"*: 0000 [#", Kind::kernel_oops},
    {"Internal error: * [#", Kind::kernel_oops},
    {"WARNING: CPU: * at ", Kind::kernel_warning},
    {"WARNING: *:* at *, CPU#", Kind::kernel_warning},  // newer kernels
    {"*]: segfault at ", Kind::segfault},
    {"traps: *] * ip:", Kind::segfault},
    {"*]: unhandled * fault (", Kind::segfault},  // arm64
    {"*]: unhandled exception: ", Kind::segfault},

    {"*mce: [Hardware Error]: Machine check events logged", Kind::machine_check},
    {"*[Hardware Error]: CPU *: Machine Check Exception: ", Kind::machine_check},
    {"*[Hardware Error]: event severity: corrected", Kind::hardware_error_corrected},  // firmware's report (APEI)
    {"*[Hardware Error]: event severity: info", kNoEvent},
    {"*[Hardware Error]: event severity: ", Kind::hardware_error_uncorrected},
    {"*[Hardware Error]: Corrected error, ", Kind::hardware_error_corrected},  // AMD's decoder
    {"*[Hardware Error]: Deferred error, ", Kind::hardware_error_uncorrected},
    {"*[Hardware Error]: Uncorrected", Kind::hardware_error_uncorrected},
    {"EDAC MC*: * CE ", Kind::memory_error_corrected},
    {"EDAC MC*: CE ", Kind::memory_error_corrected},
    {"EDAC MC*: * UE ", Kind::memory_error_uncorrected},
    {"EDAC MC*: UE ", Kind::memory_error_uncorrected},
    {"Memory failure: *: recovery action for ", Kind::memory_failure},
    {"*AER: Corrected error received", Kind::pcie_error_corrected},
    {"*AER: Multiple Corrected error received", Kind::pcie_error_corrected},
    {"*AER: Correctable error message received", Kind::pcie_error_corrected},
    {"*AER: Multiple Correctable error message received", Kind::pcie_error_corrected},
    {"*AER: Uncorrect* error* received", Kind::pcie_error_uncorrected},
    {"*AER: Multiple Uncorrect* error* received", Kind::pcie_error_uncorrected},
    {"*pciehp: *Link Down", Kind::pcie_link_down},
    {"DMAR: *fault addr", Kind::iommu_fault},
    {"*AMD-Vi: Event logged [IO_PAGE_FAULT", Kind::iommu_fault},
    {"*emperature *above threshold, cpu clock *throttled", Kind::cpu_throttled},
    {"*locksource: *Marking clocksource * as unstable", Kind::clocksource_unstable},
    {"Clocksource * unstable", Kind::clocksource_unstable},

    {"*NETDEV WATCHDOG: *transmit queue * timed out", Kind::nic_tx_timeout},
    {"mlx5_core *health*compromised", Kind::nic_health},
    {"mlx5_core *atal error * detected", Kind::nic_health},
    {"mlx5_core *Detected insufficient power on the PCIe slot", Kind::nic_health},
    {"*Port module event[error]: ", Kind::nic_module_error},
    {"*Link is Down", Kind::link_down},
    {"*ink is down", Kind::link_down},
    {"*: Link down", Kind::link_down},
    {"*: Link Down", Kind::link_down},
    {"*: link down", Kind::link_down},
    {"*: Port: * Link DOWN", Kind::link_down},
    {"*Link is Up", Kind::link_up},
    {"*ink is up", Kind::link_up},
    {"*: Link up", Kind::link_up},
    {"*: Link Up", Kind::link_up},
    {"*: link up", Kind::link_up},
    {"*: Port: * Link ACTIVE", Kind::link_up},

    {"NVRM: Xid (", Kind::xid},
    {"*SXid (", Kind::sxid},
    {"NVRM: *fallen off the bus and is not responding", Kind::gpu_lost},
    {"NVRM: *RmInitAdapter failed", Kind::gpu_init_failed},
    {"*amdgpu: GPU reset begin", Kind::gpu_reset},
    {"*amdgpu*ring * timeout, ", Kind::gpu_hang},
    {"*[drm] GPU HANG: ", Kind::gpu_hang},
    {"*amdgpu: *uncorrectable hardware error", Kind::gpu_error_uncorrected},
    {"*amdgpu: *correctable hardware errors detected", Kind::gpu_error_corrected},

    {"*error, dev *, sector ", Kind::io_error},
    {"nvme nvme*: I/O * timeout, ", Kind::io_timeout},
    {"nvme nvme*: controller is down; will reset", Kind::nvme_reset},
    {"EXT4-fs error (device ", Kind::filesystem_error},
    {"*Remounting filesystem read-only", Kind::filesystem_readonly},
    {"XFS (*: *Shutting down filesystem", Kind::filesystem_readonly},
    {"XFS (*: Filesystem has been shut down", Kind::filesystem_readonly},
    {"XFS (*: *orruption", Kind::filesystem_error},
    {"XFS (*: Internal error", Kind::filesystem_error},
    {"XFS (*: *I/O error", Kind::filesystem_error},
    {"BTRFS *forced readonly", Kind::filesystem_readonly},
    {"BTRFS error", Kind::filesystem_error},
    {"BTRFS critical", Kind::filesystem_error},
    {"nfs: server * not responding", Kind::nfs_not_responding},
    {"Lustre*: Connection to * was lost", Kind::lustre_connection_lost},
    {"LustreError: *This client was evicted by ", Kind::lustre_evicted},
    {"libceph: * session lost", Kind::ceph_session_lost},
    {"*nf_conntrack: table full, dropping packet", Kind::conntrack_full},
};

bool fits(std::string_view pattern, std::string_view text) {
  bool anywhere = false;
  while (!pattern.empty()) {
    if (pattern[0] == '*') {
      anywhere = true;
      pattern.remove_prefix(1);
      continue;
    }
    const std::string_view part = pattern.substr(0, pattern.find('*'));
    const std::size_t at = anywhere ? text.find(part) : text.starts_with(part) ? 0 : std::string_view::npos;
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part.size());
    pattern.remove_prefix(part.size());
  }
  return true;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// "0000:3b:00", with a function or without, shortened from the front; nothing when it is not one.
std::string_view take_address(std::string_view& rest) {
  constexpr std::size_t kShortest = sizeof("0000:3b:00") - 1;
  std::size_t size = 0;
  std::size_t colons = 0;
  while (size < rest.size() && (is_hex(rest[size]) || rest[size] == ':' || rest[size] == '.')) colons += rest[size++] == ':';
  const std::string_view address = rest.substr(0, size);
  rest.remove_prefix(size);
  return colons == 2 && size >= kShortest ? address : std::string_view{};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view kmsg_kind_name(KmsgKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<KmsgKind> kmsg_kind(std::string_view text) {
  for (const Pattern& pattern : kPatterns) {
    if (!fits(pattern.text, text)) continue;
    return pattern.kind == kNoEvent ? std::nullopt : std::optional(pattern.kind);
  }
  return std::nullopt;
}

// NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.
// NVRM: Xid (0000:03:00): 14, Channel 00000001                 of old drivers
// NVRM: Xid (PCI:0000:3b:00 GPU-I:05): 13, pid=...             of a part of a GPU
// nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore MCTO (First)
std::optional<XidReport> xid_report(std::string_view text) {
  constexpr std::string_view kXid = "Xid (";
  constexpr std::string_view kPci = "PCI:";
  const std::size_t at = text.find(kXid);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + kXid.size());
  if (text.starts_with(kPci)) text.remove_prefix(kPci.size());
  const std::string_view address = take_address(text);
  XidReport report;
  constexpr std::string_view kFunction = ".0";
  const bool has_function = address.find('.') != std::string_view::npos;
  if (address.empty() || address.size() + kFunction.size() > report.text.size()) return std::nullopt;
  for (const char c : address) report.text[report.size++] = lower(c);
  for (const char c : has_function ? std::string_view{} : kFunction) report.text[report.size++] = c;

  take_until(text, ')');
  constexpr std::string_view kColon = ": ";
  if (!text.starts_with(kColon)) return std::nullopt;
  text.remove_prefix(kColon.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), report.number);
  if (error != std::errc{} || (end != text.data() + text.size() && *end != ',')) return std::nullopt;
  return report;
}

std::string_view oom_cgroup(std::string_view text) {
  // oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=python,pid=7,uid=0
  constexpr std::string_view kReport = "oom-kill:";
  constexpr std::string_view kTaskCgroup = ",task_memcg=";
  constexpr std::string_view kTask = ",task=";
  // Task in /a/b killed as a result of limit of /a               before Linux 4.20
  constexpr std::string_view kOldReport = "Task in ";
  constexpr std::string_view kKilled = " killed as a result of limit of ";
  std::string_view begin = kTaskCgroup;
  std::string_view end = kTask;
  if (text.starts_with(kOldReport)) {
    begin = kOldReport;
    end = kKilled;
  } else if (!text.starts_with(kReport)) {
    return {};
  }
  const std::size_t at = text.find(begin);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + begin.size());
  const std::size_t size = text.find(end);
  // A path that the kernel cut, for its line was too long, is no path.
  if (size == std::string_view::npos || !text.starts_with('/')) return {};
  return text.substr(0, size);
}

}  // namespace tacho::sampler
