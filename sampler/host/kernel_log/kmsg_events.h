// What a line of the kernel's log tells of: out of memory, hung tasks, hardware errors, links, GPUs, file systems.
//
// Shape    a table of patterns, tried in order; the first that fits says the kind. Where one event makes the kernel write several
//          lines, the pattern is of the one line that is written once for each, so that two equal errors in a row count two, and one
//          counts one. (An error can still be told twice by different parts of the kernel, under two kinds.)
// Lines    of kernels since 3.10 and of the drivers as far as they are public; a text that no pattern knows is no event.
// Details  of some kinds: an NVIDIA Xid or SXid has the device's PCI address (normalised: dddd:bb:dd.f, lower case) and its number; an
//          OOM kill's report has the cgroup of the task that was chosen.
// Cost     a microsecond a line; no allocation.   Threads  any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tacho::sampler {

enum class KmsgKind : std::uint8_t {
  oom_kill,
  cgroup_oom_kill,
  page_allocation_failure,
  hung_task,
  soft_lockup,
  hard_lockup,
  rcu_stall,
  kernel_oops,
  kernel_panic,
  kernel_warning,
  segfault,
  machine_check,
  hardware_error_corrected,
  hardware_error_uncorrected,
  memory_error_corrected,
  memory_error_uncorrected,
  memory_failure,
  pcie_error_corrected,
  pcie_error_uncorrected,
  pcie_link_down,
  iommu_fault,
  cpu_throttled,
  clocksource_unstable,
  link_down,
  link_up,
  nic_tx_timeout,
  nic_health,
  nic_module_error,
  xid,
  sxid,
  gpu_lost,
  gpu_init_failed,
  gpu_reset,
  gpu_hang,
  gpu_error_corrected,
  gpu_error_uncorrected,
  io_error,
  io_timeout,
  nvme_reset,
  filesystem_error,
  filesystem_readonly,
  nfs_not_responding,
  lustre_connection_lost,
  lustre_evicted,
  ceph_session_lost,
  conntrack_full,
  count,
};
inline constexpr auto kKmsgKindCount = static_cast<std::size_t>(KmsgKind::count);

// The kind as a label's value: its name above.
std::string_view kmsg_kind_name(KmsgKind kind);

std::optional<KmsgKind> kmsg_kind(std::string_view text);

struct XidReport {
  // "0000:3b:00.0"; a domain may have more digits.
  std::string_view device() const { return {text.data(), size}; }

  std::array<char, 20> text{};
  std::size_t size = 0;
  std::uint32_t number = 0;
};
// Of a text whose kind is xid or sxid.
std::optional<XidReport> xid_report(std::string_view text);

// The cgroup of the task that the OOM killer chose, of the line that says so (which is no event itself: the kill is); "" if it is
// another line. Points into the text.
std::string_view oom_cgroup(std::string_view text);

}  // namespace tacho::sampler
