#include "sampler/host/workload/cgroup_path.h"

#include <algorithm>

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kJob = "job_";
constexpr std::size_t kContainerIdChars = 64;
constexpr std::size_t kUuidChars = 36;
constexpr std::size_t kConfigHashChars = 32;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_hex(std::string_view text) { return std::all_of(text.begin(), text.end(), is_hex); }

// 8-4-4-4-12 digits; systemd's names have '_' where the uid has '-'.
bool is_uuid(std::string_view text) {
  if (text.size() != kUuidChars) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool mark = i == 8 || i == 13 || i == 18 || i == 23;
    if (mark ? text[i] != '-' && text[i] != '_' : !is_hex(text[i])) return false;
  }
  return true;
}

// The uid in "pod<uid>", "kubepods-burstable-pod<uid>.slice" and the like; "" if there is none.
std::string_view pod_in(std::string_view name) {
  constexpr std::string_view kPod = "pod";
  for (std::size_t at = name.find(kPod); at != std::string_view::npos; at = name.find(kPod, at + 1)) {
    if (at > 0 && name[at - 1] != '-') continue;
    const std::string_view rest = name.substr(at + kPod.size());
    for (const std::size_t chars : {kUuidChars, kConfigHashChars}) {
      if (rest.size() < chars) continue;
      const std::string_view uid = rest.substr(0, chars);
      const bool ends = rest.size() == chars || rest[chars] == '.' || rest[chars] == ':';
      if (ends && (chars == kUuidChars ? is_uuid(uid) : all_hex(uid))) return uid;
    }
  }
  return {};
}

// The id in "<id>", "cri-containerd-<id>.scope", "...slice:cri-containerd:<id>"; "" if there is none.
std::string_view container_in(std::string_view name) {
  constexpr std::string_view kScope = ".scope";
  if (name.ends_with(kScope)) name.remove_suffix(kScope.size());
  if (name.size() < kContainerIdChars || name.find("conmon") != std::string_view::npos) return {};
  const std::string_view id = name.substr(name.size() - kContainerIdChars);
  if (!all_hex(id)) return {};
  if (name.size() == kContainerIdChars) return id;
  const char before = name[name.size() - kContainerIdChars - 1];
  return before == '-' || before == ':' ? id : std::string_view{};
}

bool is_job(std::string_view name) {
  return name.size() > kJob.size() && name.starts_with(kJob) && std::all_of(name.begin() + kJob.size(), name.end(), is_digit);
}

struct Found {
  CgroupKind kind = CgroupKind::other;
  std::string_view pod_uid;
  std::string_view container_id;
  std::string_view job_id;
};

Found find_in(std::string_view path) {
  Found found;
  bool slurm = false;
  while (!path.empty()) {
    const std::string_view name = take_until(path, '/');
    if (name.empty()) continue;
    found.kind = CgroupKind::other;
    if (const std::string_view uid = pod_in(name); !uid.empty()) {
      found.kind = CgroupKind::pod;
      found.pod_uid = uid;
      found.container_id = {};
    }
    if (const std::string_view id = container_in(name); !id.empty()) {
      found.kind = CgroupKind::container;
      found.container_id = id;
    }
    if (slurm && is_job(name)) {
      found.kind = CgroupKind::job;
      found.job_id = name.substr(kJob.size());
    }
    slurm = slurm || name.find("slurm") != std::string_view::npos;
  }
  return found;
}

}  // namespace

CgroupIdentity cgroup_identity(std::string_view path) {
  const Found found = find_in(path);
  CgroupIdentity identity{found.kind, std::string(found.pod_uid), std::string(found.container_id), std::string(found.job_id)};
  std::replace(identity.pod_uid.begin(), identity.pod_uid.end(), '_', '-');
  return identity;
}

CgroupKind cgroup_kind(std::string_view path) { return find_in(path).kind; }

}  // namespace tacho::sampler
