#include "sampler/host/workload/cgroup_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>

#include "proto/base/check.h"
#include "proto/base/utf8.h"
#include "sampler/host/workload/cgroup_path.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string first_folder(const std::string& folder, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::string path = folder + "/" + name;
    if (exists(path)) return path;
  }
  return {};
}

// A folder without folders in it has two links, its name and its "."; file systems that do not count have another number.
constexpr nlink_t kLinksOfALeaf = 2;

// Names go into labels, and a listing's path ends at a newline. systemd and the runtimes make no name that is not UTF-8.
bool is_listable(std::string_view name) { return is_utf8(name) && name.find('\n') == std::string_view::npos; }

bool is_folder(int parent, const dirent64& entry) {
  if (entry.d_type == DT_DIR) return true;
  if (entry.d_type != DT_UNKNOWN) return false;
  struct stat info{};
  return ::fstatat(parent, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

// The names of the folders in a folder, each with its ending zero.
bool append_folders(const Fd& folder, std::string& names) {
  alignas(dirent64) std::array<char, 8192> entries;
  while (true) {
    const ssize_t length = ::getdents64(folder.get(), entries.data(), entries.size());
    if (length <= 0) return length == 0;
    for (ssize_t at = 0; at < length;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      at += entry->d_reclen;
      if (entry->d_name[0] == '.' || !is_listable(entry->d_name) || !is_folder(folder.get(), *entry)) continue;
      names.append(entry->d_name).push_back('\0');
    }
  }
}

}  // namespace

Result<CgroupMounts> find_cgroup_mounts(const std::string& folder) {
  constexpr const char* kSignOfV2 = "/cgroup.controllers";
  CgroupMounts mounts;
  if (exists(folder + kSignOfV2)) {
    mounts.unified = folder;
    mounts.v2 = true;
    return mounts;
  }
  if (exists(folder + "/unified" + kSignOfV2)) mounts.unified = folder + "/unified";
  mounts.cpu = first_folder(folder, {"cpu", "cpu,cpuacct", "cpuacct,cpu"});
  mounts.cpuacct = first_folder(folder, {"cpuacct", "cpu,cpuacct", "cpuacct,cpu"});
  mounts.memory = first_folder(folder, {"memory"});
  mounts.blkio = first_folder(folder, {"blkio"});
  mounts.pids = first_folder(folder, {"pids"});
  if (mounts.memory.empty() && mounts.cpuacct.empty())
    return failure("{} has no cgroups: neither cgroup.controllers (version 2) nor memory or cpuacct (version 1) is there",
                   folder);
  return mounts;
}

CgroupTree::CgroupTree(const CgroupMounts& mounts, std::size_t other_depth) : other_depth_(other_depth) {
  if (mounts.v2) {
    roots_ = {mounts.unified};
    count_file_ = KernelFile(mounts.unified + "/cgroup.stat");
    return;
  }
  for (const std::string& root : {mounts.memory, mounts.cpuacct}) {
    if (!root.empty()) roots_.push_back(root);
  }
}

bool CgroupTree::count_changed() {
  if (count_file_.path().empty()) return false;
  std::array<char, 512> buffer;
  std::string_view text;
  if (count_file_.read_short(buffer, text) != 0) return false;
  // nr_descendants is the first line; the others count what is dying, which changes without any folder's doing.
  const std::string_view count = take_until(text, '\n');
  if (count == count_) return false;
  count_.assign(count);
  return true;
}

Result<void> CgroupTree::walk() {
  listing_.clear();
  folders_ = 0;
  left_out_ = 0;
  for (const std::string& root : roots_) {
    const Fd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || !walk_inside(fd, 1)) return sys_failure(errno, "cannot list {}", root);
  }
  return {};
}

// The folders in `folder`, each with all below it. Their names are put behind those that are still to be walked further up, and are
// gone again afterwards. False: it cannot be listed.
bool CgroupTree::walk_inside(const Fd& folder, std::size_t depth) {
  const std::size_t begin = names_.size();
  const bool listed = append_folders(folder, names_);
  const std::size_t end = names_.size();
  for (std::size_t at = begin; listed && at < end; at += std::strlen(names_.c_str() + at) + 1) {
    walk_folder(folder, names_.c_str() + at, depth);
    tacho_dcheck(names_.size() == end);
  }
  names_.resize(begin);
  return listed;
}

// `name` lies in names_: it is not touched after names_ has grown.
void CgroupTree::walk_folder(const Fd& parent, const char* name, std::size_t depth) {
  if (depth > kDepthMax || ++folders_ > kFoldersMax) {
    ++left_out_;
    return;
  }
  struct stat info{};
  if (::fstatat(parent.get(), name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;  // gone since it was listed
  const std::size_t length = path_.size();
  path_.append("/").append(name);
  if (depth <= other_depth_ || cgroup_kind(path_) != CgroupKind::other) listing_.append(path_).append("\n");
  if (info.st_nlink != kLinksOfALeaf) {
    const Fd fd(::openat(parent.get(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (fd) walk_inside(fd, depth + 1);
  }
  path_.resize(length);
}

std::vector<std::string_view> CgroupTree::paths() const {
  std::vector<std::string_view> paths;
  for (std::string_view rest = listing_; !rest.empty();) paths.push_back(take_until(rest, '\n'));
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

}  // namespace tacho::sampler
