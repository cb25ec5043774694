#include "sampler/identity/pod_cgroups.h"

#include <unistd.h>

#include <algorithm>

#include "proto/base/file.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

// Of a pod that went; its devices have been let go of long before.
constexpr std::int64_t kForgetMs = 600'000;

// The number behind a name in "populated 0\nfrozen 0\n".
std::optional<std::uint64_t> keyed(std::string_view text, std::string_view name) {
  for (Lines lines(text); lines.next();) {
    std::string_view line = lines.line();
    if (take_word(line) == name) return take_u64(line);
  }
  return std::nullopt;
}

}  // namespace

bool PodCgroups::mount() {
  if (mounted_) return true;
  auto found = find_cgroup_mounts(folder_);
  if (!found) return false;
  mounts_ = std::move(*found);
  tree_ = CgroupTree(mounts_, 0);
  return mounted_ = true;
}

// In doubt somebody is in it: what cannot be read is no sign of an end.
bool PodCgroups::is_populated(const PodState& pod) const {
  if (mounts_.v2) {
    const std::string folder = mounts_.unified + pod.paths.front();
    if (::access(folder.c_str(), F_OK) != 0) return false;
    const auto events = read_file(folder + "/cgroup.events");
    return !events || keyed(*events, "populated").value_or(1) != 0;
  }
  bool there = false;
  for (const std::string& root : {mounts_.memory, mounts_.cpuacct}) {
    if (root.empty()) continue;
    for (const std::string& path : pod.paths) {
      const auto processes = read_file(fmt::format("{}{}/cgroup.procs", root, path));
      if (processes ? !processes->empty() : ::access((root + path).c_str(), F_OK) == 0) return true;
      there = there || processes.has_value();
    }
  }
  return false;
}

bool PodCgroups::walk(TimeMs now) {
  if (!tree_.walk()) return false;
  std::vector<Job> jobs;
  std::map<std::string, std::vector<std::string>, std::less<>> paths;
  for (const std::string_view path : tree_.paths()) {
    CgroupIdentity identity = cgroup_identity(path);
    if (!identity.pod_uid.empty()) paths[std::move(identity.pod_uid)].emplace_back(path);
    if (identity.kind != CgroupKind::job) continue;
    const auto known = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& j) { return j.path == path; });
    const TimeMs since = known != jobs_.end() ? known->since : last_walk_ > 0 ? last_walk_ : now;
    jobs.push_back({std::string(path), std::move(identity.job_id), since});
  }
  jobs_ = std::move(jobs);
  last_walk_ = now;
  bool changed = false;
  for (auto& [uid, pod] : pods_) {
    const auto found = paths.find(uid);
    std::vector<std::string> there = found == paths.end() ? std::vector<std::string>() : std::move(found->second);
    changed = changed || there != pod.paths;
    pod.paths = std::move(there);
    if (found != paths.end()) paths.erase(found);
  }
  changed = changed || !paths.empty();
  for (auto& [uid, there] : paths) pods_[uid].paths = std::move(there);
  return changed;
}

// The clock has stepped back: nothing that was seen is later than now.
void PodCgroups::step_back(TimeMs now) {
  last_walk_ = std::min(last_walk_, now);
  for (auto& [uid, pod] : pods_) {
    if (pod.gone) pod.gone = std::min(*pod.gone, now);
  }
  for (Job& job : jobs_) job.since = std::min(job.since, now);
}

bool PodCgroups::look(TimeMs now) {
  if (!mount()) return false;
  if (now < looked_) step_back(now);
  looked_ = now;
  // The count is looked at in any case: it is what the next look compares with.
  const bool count_changed = tree_.count_changed();
  bool changed = (!mounts_.v2 || count_changed || looks_ % kLooksPerWalk == 0) && walk(now);
  ++looks_;
  for (auto it = pods_.begin(); it != pods_.end();) {
    PodState& pod = it->second;
    const bool lives = !pod.paths.empty() && is_populated(pod);
    // A pod's cgroup is made before anybody is in it.
    if (lives == pod.gone.has_value()) {
      pod.gone = lives ? std::nullopt : std::optional(now);
      changed = true;
    }
    it = pod.gone && now - *pod.gone > kForgetMs ? pods_.erase(it) : std::next(it);
  }
  return changed;
}

std::optional<TimeMs> PodCgroups::gone(std::string_view uid) const {
  const auto it = pods_.find(uid);
  return it == pods_.end() ? std::nullopt : it->second.gone;
}

bool PodCgroups::alive(std::string_view uid) const {
  const auto it = pods_.find(uid);
  return it != pods_.end() && !it->second.gone;
}

std::optional<CgroupIdentity> process_cgroup(const std::string& procfs, std::uint32_t pid) {
  const auto text = read_file(fmt::format("{}/{}/cgroup", procfs, pid));
  if (!text) return std::nullopt;
  // A line a hierarchy: number, controllers, path. In version 1 a process may be in a pod by some of them only.
  for (Lines lines(*text); lines.next();) {
    std::string_view line = lines.line();
    take_until(line, ':');
    take_until(line, ':');
    CgroupIdentity identity = cgroup_identity(line);
    if (!identity.pod_uid.empty() || !identity.job_id.empty() || !identity.container_id.empty()) return identity;
  }
  return std::nullopt;
}

std::optional<TimeMs> process_start(const std::string& procfs, std::uint32_t pid, TimeMs now) {
  const auto stat = read_file(fmt::format("{}/{}/stat", procfs, pid));
  const auto uptime = read_file(procfs + "/uptime");
  if (!stat || !uptime) return std::nullopt;
  // The name in parentheses may have anything in it; the state is the first word behind it, the start the twentieth.
  const std::size_t end = stat->rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(*stat).substr(end + 1);
  for (int word = 0; word < 19; ++word) take_word(rest);
  const auto ticks = take_u64(rest);
  std::string_view up = *uptime;
  const auto seconds = take_double(up);
  if (!ticks || !seconds) return std::nullopt;
  const double age_ms = (*seconds - static_cast<double>(*ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK))) * 1000;
  return now - static_cast<TimeMs>(age_ms);
}

}  // namespace tacho::sampler
