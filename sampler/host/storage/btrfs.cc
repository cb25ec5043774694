#include "sampler/host/storage/btrfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sampler/cells.h"
#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

constexpr NumberForm kSectors{.factor = 512};
constexpr std::string_view kErrors[] = {"write", "read", "flush", "corruption", "generation"};
static_assert(std::size(kErrors) == kBtrfsErrorCount);

// How many bytes of disks one byte takes in a profile; 0 for one that is not known.
double disk_ratio(std::string_view profile, std::size_t devices) {
  const auto n = static_cast<double>(devices);
  if (profile == "single" || profile == "raid0") return 1;
  if (profile == "dup" || profile == "raid1" || profile == "raid10") return 2;
  if (profile == "raid1c3") return 3;
  if (profile == "raid1c4") return 4;
  if (profile == "raid5" && devices > 1) return n / (n - 1);
  if (profile == "raid6" && devices > 2) return n / (n - 2);
  return 0;
}

struct Commit {
  std::string_view key;
  std::string_view metric;
  double divisor;
};
constexpr double kMsPerSecond = 1000;
constexpr Commit kCommits[] = {
    {"commits", "node_btrfs_commits_total", 1},
    {"last_commit_ms", "node_btrfs_last_commit_seconds", kMsPerSecond},
    {"max_commit_ms", "node_btrfs_max_commit_seconds", kMsPerSecond},
    {"total_commit_ms", "node_btrfs_commit_seconds_total", kMsPerSecond},
};

// "/dev/sda" is sda.
std::string device_name(const BtrfsDevice& device) {
  const std::string_view path(device.path.data());
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

void BtrfsSource::describe_allocation(SchemaBuilder& builder, const std::string& folder, const std::string& uuid,
                                      std::size_t devices) {
  files_.add(builder, folder + "/global_rsv_size", "node_btrfs_global_rsv_size_bytes", {{"uuid", uuid}});
  for (const std::string kind : {"data", "metadata", "system"}) {
    const std::string kind_folder = fmt::format("{}/{}", folder, kind);
    const std::vector<Label> labels{{"uuid", uuid}, {"block_group_type", kind}};
    files_.watch(kind_folder);  // a file system that is balanced to another profile has both
    files_.add(builder, kind_folder + "/bytes_reserved", "node_btrfs_reserved_bytes", labels);
    for (const std::string& profile : list_folder(kind_folder).value_or(std::vector<std::string>{})) {
      const std::string profile_folder = fmt::format("{}/{}", kind_folder, profile);
      std::error_code error;
      if (!std::filesystem::is_directory(profile_folder, error)) continue;
      std::vector<Label> with_mode = labels;
      with_mode.push_back({"mode", profile});
      files_.add(builder, profile_folder + "/used_bytes", "node_btrfs_used_bytes", with_mode);
      files_.add(builder, profile_folder + "/total_bytes", "node_btrfs_size_bytes", with_mode);
      files_.constant(builder, "node_btrfs_allocation_ratio", with_mode, disk_ratio(profile, devices));
    }
  }
}

void BtrfsSource::describe_commits(SchemaBuilder& builder, const std::string& path, const std::string& uuid) {
  Commits commits{.file = KernelFile(path), .lines = KeyedLines()};
  const Result<std::string_view> text = commits.file.read();
  if (!text) return;
  commits.lines.learn(*text, [&](std::string_view key) -> KeyedLines::Column {
    const auto* known = std::ranges::find(kCommits, key, &Commit::key);
    if (known == std::end(kCommits)) return {};
    return {.index = builder.add(known->metric, {{"uuid", uuid}}), .divisor = known->divisor};
  });
  commits_.push_back(std::move(commits));
}

// False: no mount point of the file system answers.
bool BtrfsSource::ask(SchemaBuilder& builder, const std::vector<Mount>& mounts, const std::string& fsid,
                      const std::string& uuid) {
  for (const Mount& mount : mounts) {
    if (mount.fstype != "btrfs" || call_(mount.path.c_str(), answer_) != 0 || uuid_text(answer_.fsid) != fsid) continue;
    Asked asked{.fsid = answer_.fsid, .path = mount.path, .devices = {}};
    for (const BtrfsDevice& one : answer_.devices) {
      std::vector<Label> labels{{"uuid", uuid}, {"device", device_name(one)}, {"btrfs_dev_uuid", uuid_text(one.uuid)}};
      Device device{.id = one.id, .uuid = one.uuid};
      device.size_column = builder.add("node_btrfs_device_size_bytes", labels);
      device.unused_column = builder.add("node_btrfs_device_unused_bytes", labels);
      labels.push_back({"type", ""});
      for (std::size_t i = 0; i < kBtrfsErrorCount; ++i) {
        labels.back().value = kErrors[i];
        device.error_columns[i] = builder.add("node_btrfs_device_errors_total", labels);
      }
      asked.devices.push_back(device);
    }
    asked_.push_back(std::move(asked));
    return true;
  }
  return false;
}

Result<void> BtrfsSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  commits_.clear();
  asked_.clear();
  Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return std::unexpected(names.error());
  std::erase_if(*names, [](const std::string& name) { return name.find('-') == std::string::npos; });  // "features"
  if (names->empty()) return failure("{} has no file system", folder_);
  mounts_text_ = mounts_.read().value_or(std::string_view{});
  const std::vector<Mount> mounts = mounts_.parse(mounts_text_);
  all_asked_ = true;
  SchemaBuilder builder(schema);
  for (const std::string& fsid : *names) {
    const std::string folder = folder_ + "/" + fsid;
    const std::string metadata_uuid = label_text(folder + "/metadata_uuid");
    const std::string& uuid = metadata_uuid.empty() ? fsid : metadata_uuid;
    const std::vector<std::string> devices = list_folder(folder + "/devices").value_or(std::vector<std::string>{});
    files_.watch(folder + "/devices");
    files_.watch_text(folder + "/label");
    files_.constant(builder, "node_btrfs_info", {{"uuid", uuid}, {"label", label_text(folder + "/label")}});
    describe_allocation(builder, folder + "/allocation", uuid, devices.size());
    describe_commits(builder, folder + "/commit_stats", uuid);
    if (ask(builder, mounts, fsid, uuid)) continue;
    all_asked_ = false;
    for (const std::string& device : devices) {
      files_.add(builder, fmt::format("{}/devices/{}/size", folder, device), "node_btrfs_device_size_bytes",
                 {{"uuid", uuid}, {"device", device}}, kSectors);
    }
  }
  return {};
}

Sampled BtrfsSource::sample_devices(const Asked& asked, Row& row) {
  if (call_(asked.path.c_str(), answer_) != 0 || answer_.fsid != asked.fsid) return Sampled::layout_changed;
  if (!std::ranges::equal(answer_.devices, asked.devices,
                          [](const BtrfsDevice& a, const Device& b) { return a.id == b.id && a.uuid == b.uuid; })) {
    return Sampled::layout_changed;
  }
  for (std::size_t d = 0; d < asked.devices.size(); ++d) {
    const BtrfsDevice& now = answer_.devices[d];
    put(row, asked.devices[d].size_column, static_cast<double>(now.total_bytes));
    put(row, asked.devices[d].unused_column, static_cast<double>(now.total_bytes - std::min(now.used_bytes, now.total_bytes)));
    for (std::size_t i = 0; i < kBtrfsErrorCount; ++i) {
      put(row, asked.devices[d].error_columns[i], static_cast<double>(now.errors[i]));
    }
  }
  return Sampled::ok;
}

Result<Sampled> BtrfsSource::sample(Row& row) {
  if (!all_asked_ && mounts_.read().value_or(std::string_view{}) != mounts_text_) return Sampled::layout_changed;
  for (const Asked& asked : asked_) {
    if (sample_devices(asked, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  for (Commits& commits : commits_) {
    const Result<std::string_view> text = commits.file.read();
    if (!text) return Sampled::layout_changed;
    if (commits.lines.read(*text, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  return files_.sample(row);
}

}  // namespace tacho::sampler
