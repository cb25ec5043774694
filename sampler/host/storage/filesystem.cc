#include "sampler/host/storage/filesystem.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

// As node_exporter's errors read: the system's text with a small first letter.
std::string reason(int error) {
  std::string text = ::strerror(error);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

int system_statfs(const char* path, struct statfs& out) {
  while (::statfs(path, &out) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

FilesystemSource::FilesystemSource(const Roots& roots, StatfsCall call, Exclude mounts, Exclude types)
    : file_(roots), statfs_(call), mounts_(std::move(mounts)), types_(std::move(types)) {}

std::vector<Mount> FilesystemSource::parse(std::string_view text) const {
  std::vector<Mount> mounts;
  for (Mount& mount : file_.parse(text)) {
    if (mounts_(mount.mountpoint) || types_(mount.fstype)) continue;
    bool again = std::any_of(mounts.begin(), mounts.end(), [&](const Mount& m) {
      return m.device == mount.device && m.mountpoint == mount.mountpoint && m.fstype == mount.fstype;
    });
    if (!again) mounts.push_back(std::move(mount));
  }
  return mounts;
}

Result<void> FilesystemSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  text_ = *text;
  SchemaBuilder builder(schema);
  std::vector<Shown> shown;
  for (Mount& mount : parse(text_)) {
    Shown one{.mount = std::move(mount)};
    const Mount& m = one.mount;
    struct statfs unused{};
    one.error = statfs_(m.path.c_str(), unused);
    const std::vector<Label> labels{{"device", m.device},
                                    {"mountpoint", m.mountpoint},
                                    {"fstype", m.fstype},
                                    {"device_error", one.error ? reason(one.error) : ""}};
    one.columns.fill(kNoColumn);
    one.columns[kDeviceError] = builder.add("node_filesystem_device_error", labels);
    one.columns[kReadonly] = builder.add("node_filesystem_readonly", labels);
    if (!one.error) {
      one.columns[kSize] = builder.add("node_filesystem_size_bytes", labels);
      one.columns[kFree] = builder.add("node_filesystem_free_bytes", labels);
      one.columns[kAvail] = builder.add("node_filesystem_avail_bytes", labels);
      one.columns[kFiles] = builder.add("node_filesystem_files", labels);
      one.columns[kFilesFree] = builder.add("node_filesystem_files_free", labels);
      one.columns[kMountInfo] =
          builder.add("node_filesystem_mount_info",
                      {{"device", m.device}, {"mountpoint", m.mountpoint}, {"major", m.major}, {"minor", m.minor}});
    }
    shown.push_back(std::move(one));
  }
  if (shown.empty()) return failure("{} has no mount that is not excluded", file_.path());
  shown_ = std::move(shown);
  return {};
}

// Containers mount and unmount overlays all the time: what is excluded anyway must not change the group's series.
bool FilesystemSource::same_mounts(std::string_view text) {
  if (text == text_) return true;
  const std::vector<Mount> mounts = parse(text);
  if (mounts.size() != shown_.size()) return false;
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    if (!(mounts[i] == shown_[i].mount)) return false;
  }
  text_ = text;
  return true;
}

Result<Sampled> FilesystemSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  if (!same_mounts(*text)) return Sampled::layout_changed;
  for (const Shown& shown : shown_) {
    struct statfs stat{};
    const int error = statfs_(shown.mount.path.c_str(), stat);
    if (error != shown.error) return Sampled::layout_changed;
    const double block = static_cast<double>(stat.f_bsize);
    put(row, shown.columns[kDeviceError], error ? 1.0 : 0.0);
    put(row, shown.columns[kReadonly], shown.mount.readonly ? 1.0 : 0.0);
    put(row, shown.columns[kSize], static_cast<double>(stat.f_blocks) * block);
    put(row, shown.columns[kFree], static_cast<double>(stat.f_bfree) * block);
    put(row, shown.columns[kAvail], static_cast<double>(stat.f_bavail) * block);
    put(row, shown.columns[kFiles], static_cast<double>(stat.f_files));
    put(row, shown.columns[kFilesFree], static_cast<double>(stat.f_ffree));
    put(row, shown.columns[kMountInfo], 1.0);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
