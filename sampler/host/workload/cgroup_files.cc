#include "sampler/host/workload/cgroup_files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace tacho::sampler {
namespace {

using Field = CgroupField;
using Format = CgroupFormat;
using Key = CgroupKey;

constexpr double kUs = 1e6;  // a second is so many
constexpr double kNs = 1e9;
constexpr double kTicks = 100;  // USER_HZ

struct Kind {
  std::string CgroupMounts::* tree;
  std::string_view name;
  CgroupForm form;
};

// In the order in which the kernel writes them.
constexpr Key kCpuStat2[] = {
    {"usage_usec", Field::cpu_usage, kUs},          {"user_usec", Field::cpu_user, kUs},
    {"system_usec", Field::cpu_system, kUs},        {"nr_periods", Field::cfs_periods},
    {"nr_throttled", Field::cfs_throttled_periods}, {"throttled_usec", Field::cfs_throttled_seconds, kUs},
};
// All of a version 2 cgroup's numbers are of it and of those below it; cAdvisor shows them under both scopes of faults.
constexpr Key kMemoryStat2[] = {
    {"anon", Field::memory_rss},
    {"file", Field::memory_cache},
    {"kernel", Field::memory_kernel},
    {"shmem", Field::memory_shmem},
    {"file_mapped", Field::memory_mapped_file},
    {"file_dirty", Field::memory_dirty},
    {"file_writeback", Field::memory_writeback},
    {"inactive_file", Field::inactive_file},
    {"pgfault", Field::memory_pgfault_all},
    {"pgmajfault", Field::memory_pgmajfault_all},
};
constexpr Key kMemoryEvents2[] = {
    {"high", Field::memory_events_high},
    {"max", Field::memory_events_max},
    {"oom_kill", Field::oom_events},
};

constexpr Key kCpuacctStat1[] = {
    {"user", Field::cpu_user, kTicks},
    {"system", Field::cpu_system, kTicks},
};
constexpr Key kCpuStat1[] = {
    {"nr_periods", Field::cfs_periods},
    {"nr_throttled", Field::cfs_throttled_periods},
    {"throttled_time", Field::cfs_throttled_seconds, kNs},
};
constexpr Key kMemoryStat1[] = {
    {"pgfault", Field::memory_pgfault},
    {"pgmajfault", Field::memory_pgmajfault},
    {"total_cache", Field::memory_cache},
    {"total_rss", Field::memory_rss},
    {"total_shmem", Field::memory_shmem},
    {"total_mapped_file", Field::memory_mapped_file},
    {"total_dirty", Field::memory_dirty},
    {"total_writeback", Field::memory_writeback},
    {"total_swap", Field::memory_swap},
    {"total_pgfault", Field::memory_pgfault_all},
    {"total_pgmajfault", Field::memory_pgmajfault_all},
    {"total_inactive_file", Field::inactive_file},
};
constexpr Key kOomControl1[] = {{"oom_kill", Field::oom_events}};

constexpr auto kUnified = &CgroupMounts::unified;

constexpr Kind kKinds2[] = {
    {.tree = kUnified, .name = "cpu.stat", .form = {.format = Format::keyed, .keys = kCpuStat2}},
    {.tree = kUnified, .name = "cpu.max", .form = {.format = Format::cpu_max}},
    {.tree = kUnified, .name = "memory.current", .form = {.format = Format::number, .field = Field::memory_usage}},
    {.tree = kUnified, .name = "memory.peak", .form = {.format = Format::number, .field = Field::memory_max_usage}},
    {.tree = kUnified, .name = "memory.max", .form = {.format = Format::limit, .field = Field::memory_limit}},
    {.tree = kUnified, .name = "memory.swap.current", .form = {.format = Format::number, .field = Field::memory_swap}},
    {.tree = kUnified, .name = "memory.stat", .form = {.format = Format::keyed, .keys = kMemoryStat2}},
    {.tree = kUnified, .name = "memory.events", .form = {.format = Format::keyed, .keys = kMemoryEvents2}},
    {.tree = kUnified, .name = "io.stat", .form = {.format = Format::io}},
    {.tree = kUnified, .name = "pids.current", .form = {.format = Format::number, .field = Field::threads}},
    {.tree = kUnified, .name = "pids.max", .form = {.format = Format::limit, .field = Field::threads_max}},
};
constexpr Kind kPressureKinds[] = {
    {.tree = kUnified,
     .name = "cpu.pressure",
     .form = {.format = Format::pressure, .field = Field::cpu_waiting, .second = Field::cpu_stalled}},
    {.tree = kUnified,
     .name = "memory.pressure",
     .form = {.format = Format::pressure, .field = Field::memory_waiting, .second = Field::memory_stalled}},
    {.tree = kUnified,
     .name = "io.pressure",
     .form = {.format = Format::pressure, .field = Field::io_waiting, .second = Field::io_stalled}},
};
constexpr auto kCpu = &CgroupMounts::cpu;
constexpr auto kCpuacct = &CgroupMounts::cpuacct;
constexpr auto kMemory = &CgroupMounts::memory;
constexpr auto kBlkio = &CgroupMounts::blkio;
constexpr auto kPids = &CgroupMounts::pids;

constexpr Kind kKinds1[] = {
    {.tree = kCpuacct, .name = "cpuacct.usage", .form = {.format = Format::number, .field = Field::cpu_usage, .divisor = kNs}},
    {.tree = kCpuacct, .name = "cpuacct.stat", .form = {.format = Format::keyed, .keys = kCpuacctStat1}},
    {.tree = kCpu, .name = "cpu.stat", .form = {.format = Format::keyed, .keys = kCpuStat1}},
    {.tree = kCpu, .name = "cpu.cfs_quota_us", .form = {.format = Format::quota}},
    {.tree = kCpu, .name = "cpu.cfs_period_us", .form = {.format = Format::number, .field = Field::cpu_period}},
    {.tree = kMemory, .name = "memory.usage_in_bytes", .form = {.format = Format::number, .field = Field::memory_usage}},
    {.tree = kMemory, .name = "memory.max_usage_in_bytes", .form = {.format = Format::number, .field = Field::memory_max_usage}},
    {.tree = kMemory, .name = "memory.limit_in_bytes", .form = {.format = Format::limit, .field = Field::memory_limit}},
    {.tree = kMemory, .name = "memory.kmem.usage_in_bytes", .form = {.format = Format::number, .field = Field::memory_kernel}},
    {.tree = kMemory, .name = "memory.stat", .form = {.format = Format::keyed, .keys = kMemoryStat1}},
    {.tree = kMemory, .name = "memory.oom_control", .form = {.format = Format::keyed, .keys = kOomControl1}},
    {.tree = kBlkio, .name = "blkio.throttle.io_service_bytes", .form = {.format = Format::blkio_bytes}},
    {.tree = kBlkio, .name = "blkio.throttle.io_serviced", .form = {.format = Format::blkio_count}},
    {.tree = kPids, .name = "pids.current", .form = {.format = Format::number, .field = Field::threads}},
    {.tree = kPids, .name = "pids.max", .form = {.format = Format::limit, .field = Field::threads_max}},
};
static_assert(std::max(std::size(kKinds1), std::size(kKinds2)) + std::size(kPressureKinds) == CgroupFiles::kFilesMax);

const Kind& kind_at(bool v2, std::size_t i) {
  const std::span<const Kind> own = v2 ? std::span<const Kind>(kKinds2) : std::span<const Kind>(kKinds1);
  return i < own.size() ? own[i] : kPressureKinds[i - own.size()];
}

std::size_t kind_count(bool v2) { return (v2 ? std::size(kKinds2) : std::size(kKinds1)) + std::size(kPressureKinds); }

void derive(bool v2, CgroupReading& out) {
  if (out[Field::memory_usage] && out[Field::inactive_file])
    out[Field::memory_working_set] = std::max(0.0, *out[Field::memory_usage] - *out[Field::inactive_file]);
  if (v2) {
    out[Field::memory_pgfault] = out[Field::memory_pgfault_all];
    out[Field::memory_pgmajfault] = out[Field::memory_pgmajfault_all];
  }
  if (!out[Field::cpu_quota]) {
    for (const Field field : {Field::cpu_period, Field::cfs_periods, Field::cfs_throttled_periods, Field::cfs_throttled_seconds})
      out[field].reset();
  }
}

// Of a file that has no value now and is no fault: a controller that is off, a pressure file of a kernel without PSI.
bool is_absence(int error) { return error == ENOENT || error == ENOTDIR || error == ENODEV || error == EOPNOTSUPP; }

}  // namespace

CgroupFiles::CgroupFiles(const CgroupMounts& mounts, std::string_view path) : v2_(mounts.v2) {
  for (std::size_t i = 0; i < kind_count(v2_); ++i) {
    const Kind& kind = kind_at(v2_, i);
    const std::string& tree = mounts.*kind.tree;
    if (tree.empty()) continue;
    std::string file = tree + std::string(path) + "/" + std::string(kind.name);
    // With what those below have done, where the kernel has that too.
    const bool blkio = kind.form.format == Format::blkio_bytes || kind.form.format == Format::blkio_count;
    if (blkio && ::access((file + "_recursive").c_str(), F_OK) == 0) file += "_recursive";
    files_.push_back({.file = KernelFile(std::move(file)), .kind = i});
  }
}

bool CgroupFiles::read(CgroupReading& out, std::span<char> buffer, bool look_again) {
  out.clear();
  bool any = false;
  for (File& file : files_) {
    if (!file.there && !look_again) continue;
    std::string_view text;
    const int error = file.file.read_short(buffer, text);
    file.there = !is_absence(error);
    if (error != 0 && file.there) ++out.errors;
    any = any || file.there;
    if (error == 0) read_cgroup_text(kind_at(v2_, file.kind).form, text, out);
  }
  derive(v2_, out);
  return any;
}

}  // namespace tacho::sampler
