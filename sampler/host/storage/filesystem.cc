#include "sampler/host/storage/filesystem.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

// As node_exporter's errors read: the system's text with a small first letter.
std::string reason(const StatfsPool::Answer& answer) {
  if (answer.outcome == StatfsPool::Outcome::hangs) return "mountpoint timeout";
  if (answer.outcome == StatfsPool::Outcome::not_asked) return "not asked, too many mounts hang";
  if (answer.error == 0) return "";
  std::string text = ::strerror(answer.error);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

FilesystemSource::FilesystemSource(const Roots& roots, StatfsCall call, Exclude mounts, Exclude types)
    : file_(roots), pool_(call), mounts_(std::move(mounts)), types_(std::move(types)) {}

// Twice in a tick it may have to be waited for: a new layout is described, then sampled.
void FilesystemSource::set_interval(std::int64_t ms) {
  patience_ = std::chrono::milliseconds(std::min<std::int64_t>(5000, std::max<std::int64_t>(ms / 3, 1)));
}

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
  std::vector<Mount> mounts = parse(text_);
  if (mounts.empty()) return failure("{} has no mount that is not excluded", file_.path());
  places_.clear();
  for (const Mount& m : mounts) places_.push_back(pool_.place(m.path));
  answers_.assign(places_.size(), {});
  pool_.ask(places_, patience_, answers_);

  SchemaBuilder builder(schema);
  shown_.clear();
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    Shown one{.mount = std::move(mounts[i]), .outcome = answers_[i].outcome, .error = answers_[i].error};
    const Mount& m = one.mount;
    const std::string why = reason(answers_[i]);
    const std::vector<Label> labels{
        {"device", m.device}, {"mountpoint", m.mountpoint}, {"fstype", m.fstype}, {"device_error", why}};
    one.columns.fill(kNoColumn);
    one.columns[kDeviceError] = builder.add("node_filesystem_device_error", labels);
    one.columns[kReadonly] = builder.add("node_filesystem_readonly", labels);
    if (answers_[i].has_values()) {
      one.columns[kSize] = builder.add("node_filesystem_size_bytes", labels);
      one.columns[kFree] = builder.add("node_filesystem_free_bytes", labels);
      one.columns[kAvail] = builder.add("node_filesystem_avail_bytes", labels);
      one.columns[kFiles] = builder.add("node_filesystem_files", labels);
      one.columns[kFilesFree] = builder.add("node_filesystem_files_free", labels);
      one.columns[kMountInfo] =
          builder.add("node_filesystem_mount_info",
                      {{"device", m.device}, {"mountpoint", m.mountpoint}, {"major", m.major}, {"minor", m.minor}});
    }
    shown_.push_back(std::move(one));
  }
  hanging_column_ = builder.add("tacho_filesystem_hanging_calls");
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
  pool_.ask(places_, patience_, answers_);
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const Shown& shown = shown_[i];
    const StatfsPool::Answer& answer = answers_[i];
    if (answer.outcome != shown.outcome || answer.error != shown.error) return Sampled::layout_changed;
    const struct statfs& stat = answer.stat;
    const double block = static_cast<double>(stat.f_bsize);
    put(row, shown.columns[kDeviceError], answer.has_values() ? 0.0 : 1.0);
    put(row, shown.columns[kReadonly], shown.mount.readonly ? 1.0 : 0.0);
    put(row, shown.columns[kSize], static_cast<double>(stat.f_blocks) * block);
    put(row, shown.columns[kFree], static_cast<double>(stat.f_bfree) * block);
    put(row, shown.columns[kAvail], static_cast<double>(stat.f_bavail) * block);
    put(row, shown.columns[kFiles], static_cast<double>(stat.f_files));
    put(row, shown.columns[kFilesFree], static_cast<double>(stat.f_ffree));
    put(row, shown.columns[kMountInfo], 1.0);
  }
  put(row, hanging_column_, static_cast<double>(pool_.hanging()));
  return Sampled::ok;
}

}  // namespace tacho::sampler
