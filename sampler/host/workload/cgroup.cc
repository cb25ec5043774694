#include "sampler/host/workload/cgroup.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "sampler/cells.h"
#include "sampler/host/storage/diskstats.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct FieldInfo {
  CgroupField field;
  std::string_view metric;
  // Further labels, "" where there are none.
  std::string_view label = {};
  std::string_view value = {};
  std::string_view label2 = {};
  std::string_view value2 = {};
};

using Field = CgroupField;
constexpr std::string_view kFaults = "container_memory_failures_total";

// In the order of the fields.
constexpr FieldInfo kFields[] = {
    {Field::cpu_usage, "container_cpu_usage_seconds_total", "cpu", "total"},
    {Field::cpu_user, "container_cpu_user_seconds_total"},
    {Field::cpu_system, "container_cpu_system_seconds_total"},
    {Field::cfs_periods, "container_cpu_cfs_periods_total"},
    {Field::cfs_throttled_periods, "container_cpu_cfs_throttled_periods_total"},
    {Field::cfs_throttled_seconds, "container_cpu_cfs_throttled_seconds_total"},
    {Field::cpu_quota, "container_spec_cpu_quota"},
    {Field::cpu_period, "container_spec_cpu_period"},
    {Field::memory_usage, "container_memory_usage_bytes"},
    {Field::memory_working_set, "container_memory_working_set_bytes"},
    {Field::memory_rss, "container_memory_rss"},
    {Field::memory_cache, "container_memory_cache"},
    {Field::memory_mapped_file, "container_memory_mapped_file"},
    {Field::memory_shmem, "container_memory_shmem_bytes"},
    {Field::memory_kernel, "container_memory_kernel_usage"},
    {Field::memory_swap, "container_memory_swap"},
    {Field::memory_dirty, "container_memory_file_dirty_bytes"},
    {Field::memory_writeback, "container_memory_file_writeback_bytes"},
    {Field::memory_max_usage, "container_memory_max_usage_bytes"},
    {Field::memory_limit, "container_spec_memory_limit_bytes"},
    {Field::memory_pgfault, kFaults, "failure_type", "pgfault", "scope", "container"},
    {Field::memory_pgfault_all, kFaults, "failure_type", "pgfault", "scope", "hierarchy"},
    {Field::memory_pgmajfault, kFaults, "failure_type", "pgmajfault", "scope", "container"},
    {Field::memory_pgmajfault_all, kFaults, "failure_type", "pgmajfault", "scope", "hierarchy"},
    {Field::memory_events_high, "container_memory_events_high_total"},
    {Field::memory_events_max, "container_memory_events_max_total"},
    {Field::oom_events, "container_oom_events_total"},
    {Field::threads, "container_threads"},
    {Field::threads_max, "container_threads_max"},
    {Field::cpu_waiting, "container_pressure_cpu_waiting_seconds_total"},
    {Field::cpu_stalled, "container_pressure_cpu_stalled_seconds_total"},
    {Field::memory_waiting, "container_pressure_memory_waiting_seconds_total"},
    {Field::memory_stalled, "container_pressure_memory_stalled_seconds_total"},
    {Field::io_waiting, "container_pressure_io_waiting_seconds_total"},
    {Field::io_stalled, "container_pressure_io_stalled_seconds_total"},
};
constexpr std::size_t kShownFields = std::size(kFields);
static_assert(kShownFields == static_cast<std::size_t>(Field::inactive_file));
static_assert([] {
  for (std::size_t i = 0; i < kShownFields; ++i) {
    if (kFields[i].field != static_cast<Field>(i)) return false;
  }
  return true;
}());

constexpr std::string_view kIoMetrics[] = {"container_fs_reads_bytes_total", "container_fs_writes_bytes_total",
                                           "container_fs_reads_total", "container_fs_writes_total"};

constexpr std::size_t kQuota = static_cast<std::size_t>(Field::cpu_quota);
constexpr std::size_t kTopDepth = 1;
constexpr std::size_t kServiceDepth = 2;

std::size_t depth_of(std::string_view path) { return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')); }

// Cgroups whose files fit into half of what the process may have open.
std::size_t cgroups_that_fit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return static_cast<std::size_t>(-1);
  return limit.rlim_cur / 2 / CgroupFiles::kFilesMax;
}

}  // namespace

CgroupSource::CgroupSource(const Roots& roots, CgroupOptions options)
    : folder_(roots.sysfs + "/fs/cgroup"),
      device_folder_(roots.sysfs + "/dev/block/"),
      options_(options),
      device_exclude_(kDiskExclude),
      buffer_(CgroupFiles::kBufferBytes) {}

// Which of the walk's cgroups are shown, sorted.
std::vector<std::string> CgroupSource::choose() {
  struct Candidate {
    std::string_view path;
    int rank;
  };
  const std::vector<std::string_view> paths = tree_.paths();
  had_container_ = had_container_ || std::any_of(paths.begin(), paths.end(),
                                                 [](std::string_view path) { return cgroup_kind(path) != CgroupKind::other; });
  const bool services =
      options_.services == ShowServices::always || (options_.services == ShowServices::without_containers && !had_container_);
  std::vector<Candidate> candidates;
  for (const std::string_view path : paths) {
    const CgroupKind kind = cgroup_kind(path);
    if (kind == CgroupKind::other && depth_of(path) > kTopDepth && !services) continue;
    const bool shown_already = std::binary_search(chosen_.begin(), chosen_.end(), path);
    const int rank = shown_already                   ? 0
                     : kind == CgroupKind::container ? 1
                     : kind == CgroupKind::pod       ? 2
                     : kind == CgroupKind::job       ? 3
                                                     : 4;
    candidates.push_back({path, rank});
  }
  left_out_ = tree_.left_out();
  const std::size_t max = std::min(options_.cgroups_max, cgroups_that_fit());
  if (candidates.size() > max) {
    left_out_ += candidates.size() - max;
    std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.rank < b.rank; });
    candidates.resize(max);
  }
  std::vector<std::string> chosen;
  chosen.reserve(candidates.size());
  for (const Candidate& candidate : candidates) chosen.emplace_back(candidate.path);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// Walks; true if other cgroups are to be shown than now.
bool CgroupSource::choice_changed() {
  if (!tree_.walk() || tree_.listing() == listing_) return false;
  listing_ = tree_.listing();
  return choose() != chosen_;
}

// "/dev/nvme0n1"; "259:0" where sysfs does not name it; "" where it is excluded.
std::string CgroupSource::device_label(const CgroupIo& io) const {
  std::string number = fmt::format("{}:{}", io.major, io.minor);
  std::array<char, 1024> target;
  const ssize_t length = ::readlink((device_folder_ + number).c_str(), target.data(), target.size());
  if (length <= 0) return number;
  std::string_view name(target.data(), static_cast<std::size_t>(length));
  name.remove_prefix(name.rfind('/') + 1);
  const std::string device(name);
  return device_exclude_(device) ? "" : "/dev/" + device;
}

// Mostly they come in the order in which they were described: `hint` is looked at first.
std::vector<CgroupSource::Device>::const_iterator CgroupSource::find_device(const Cgroup& cgroup, std::size_t hint,
                                                                            const CgroupIo& io) {
  const auto& devices = cgroup.devices;
  const auto is_same = [&](const Device& device) { return device.major == io.major && device.minor == io.minor; };
  if (hint < devices.size() && is_same(devices[hint])) return devices.begin() + static_cast<std::ptrdiff_t>(hint);
  return std::find_if(devices.begin(), devices.end(), is_same);
}

void CgroupSource::describe_cgroup(Cgroup& cgroup, SchemaBuilder& builder) {
  const std::vector<Label> own = {
      {"id", cgroup.path}, {"pod_uid", cgroup.identity.pod_uid}, {"container_id", cgroup.identity.container_id}};
  cgroup.columns.fill(kNoColumn);
  for (std::size_t i = 0; i < kShownFields; ++i) {
    if (!reading_.values[i]) continue;
    std::vector<Label> labels = own;
    if (!kFields[i].label.empty()) labels.push_back({std::string(kFields[i].label), std::string(kFields[i].value)});
    if (!kFields[i].label2.empty()) labels.push_back({std::string(kFields[i].label2), std::string(kFields[i].value2)});
    cgroup.columns[i] = builder.add(kFields[i].metric, std::move(labels));
  }
  cgroup.devices.clear();
  for (const CgroupIo& io : reading_.io) {
    if (find_device(cgroup, 0, io) != cgroup.devices.end()) continue;
    Device device{.major = io.major, .minor = io.minor};
    device.columns.fill(kNoColumn);
    const std::string label = device_label(io);
    device.shown = !label.empty();
    for (std::size_t i = 0; i < std::size(kIoMetrics) && device.shown; ++i) {
      if (!io.counts[i]) continue;
      std::vector<Label> labels = own;
      labels.push_back({"device", label});
      device.columns[i] = builder.add(kIoMetrics[i], std::move(labels));
    }
    cgroup.devices.push_back(device);
  }
}

Result<void> CgroupSource::describe(store::Schema& schema) {
  if (!mounted_) {
    auto mounts = find_cgroup_mounts(folder_);
    if (!mounts) return std::unexpected(mounts.error());
    mounts_ = std::move(*mounts);
    tree_ = CgroupTree(mounts_, options_.services == ShowServices::never ? kTopDepth : kServiceDepth);
    mounted_ = true;
  }
  tree_.count_changed();
  if (Result<void> walked = tree_.walk(); !walked) return walked;
  listing_ = tree_.listing();
  chosen_ = choose();

  std::map<std::string, std::unique_ptr<Cgroup>, std::less<>> before;
  for (auto& cgroup : cgroups_) before.emplace(cgroup->path, std::move(cgroup));
  cgroups_.clear();
  SchemaBuilder builder(schema);
  for (const std::string& path : chosen_) {
    const auto known = before.find(path);
    auto cgroup = known != before.end()
                      ? std::move(known->second)
                      : std::make_unique<Cgroup>(
                            Cgroup{.path = path, .identity = cgroup_identity(path), .files = CgroupFiles(mounts_, path)});
    cgroup->there = cgroup->files.read(reading_, buffer_, true);
    if (!cgroup->there) continue;  // gone since the walk
    describe_cgroup(*cgroup, builder);
    cgroups_.push_back(std::move(cgroup));
  }
  shown_column_ = builder.add("tacho_cgroups");
  left_out_column_ = builder.add("tacho_cgroups_left_out");
  error_column_ = builder.add("container_scrape_error");
  fresh_ = true;
  return {};
}

// False: what was read does not fit the columns; those that it fits are filled.
bool CgroupSource::fill(const Cgroup& cgroup, bool walked, Row& row) const {
  bool fits = true;
  for (std::size_t i = 0; i < kShownFields; ++i) {
    const std::optional<double>& value = reading_.values[i];
    fits = fits && (!value || cgroup.columns[i] != kNoColumn);
    if (value) put(row, cgroup.columns[i], *value);
  }
  // A quota that was taken away ends its series, and those of throttling. Not at once: one failed reading may look the same.
  if (walked && cgroup.columns[kQuota] != kNoColumn && !reading_.values[kQuota]) fits = false;
  if (walked && reading_.io_whole && reading_.io.size() < cgroup.devices.size()) fits = false;
  for (std::size_t n = 0; n < reading_.io.size(); ++n) {
    const CgroupIo& io = reading_.io[n];
    const auto device = find_device(cgroup, n, io);
    if (device == cgroup.devices.end()) {
      fits = false;
      continue;
    }
    if (!device->shown) continue;
    for (std::size_t i = 0; i < io.counts.size(); ++i) {
      fits = fits && (!io.counts[i] || device->columns[i] != kNoColumn);
      put(row, device->columns[i], io.counts[i]);
    }
  }
  return fits;
}

Result<Sampled> CgroupSource::sample(Row& row) {
  // What changes right after the series were described has to wait for the next tick: where containers come and go all the time,
  // a tick would never end.
  const bool settled = !std::exchange(fresh_, false);
  const bool walk = settled && (tree_.count_changed() || ++ticks_ % options_.ticks_per_walk == 0);
  if (walk && choice_changed()) return Sampled::layout_changed;
  bool gone = false;
  bool errors = false;
  for (const auto& cgroup : cgroups_) {
    const bool there = cgroup->files.read(reading_, buffer_, walk);
    gone = gone || (cgroup->there && !there);
    cgroup->there = there;
    errors = errors || reading_.errors > 0;
    if (!fill(*cgroup, walk, row) && settled) return Sampled::layout_changed;
  }
  if (gone && settled && choice_changed()) return Sampled::layout_changed;
  put(row, shown_column_, static_cast<double>(cgroups_.size()));
  put(row, left_out_column_, static_cast<double>(left_out_));
  put(row, error_column_, errors ? 1.0 : 0.0);
  return Sampled::ok;
}

}  // namespace tacho::sampler
