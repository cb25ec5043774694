#include "sampler/host/storage/btrfs_devices.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proto/base/file.h"

namespace tacho::sampler {
namespace {

static_assert(sizeof(BtrfsDevice::path) == BTRFS_DEVICE_PATH_NAME_MAX);
static_assert(sizeof(BtrfsUuid) == BTRFS_UUID_SIZE);
static_assert(sizeof(BtrfsUuid) == BTRFS_FSID_SIZE);
static_assert(kBtrfsErrorCount == BTRFS_DEV_STAT_VALUES_MAX);
static_assert(static_cast<int>(BtrfsError::generation) == BTRFS_DEV_STAT_GENERATION_ERRS);

int ask(const Fd& fd, unsigned long request, void* argument) {
  while (::ioctl(fd.get(), request, argument) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

// ENODEV: no device has this id.
int ask_device(const Fd& fd, std::uint64_t id, BtrfsDevice& device) {
  btrfs_ioctl_dev_info_args info{};
  info.devid = id;
  if (const int error = ask(fd, BTRFS_IOC_DEV_INFO, &info)) return error;
  btrfs_ioctl_get_dev_stats stats{};
  stats.devid = id;
  stats.nr_items = BTRFS_DEV_STAT_VALUES_MAX;
  if (const int error = ask(fd, BTRFS_IOC_GET_DEV_STATS, &stats)) return error;
  device.id = id;
  std::memcpy(device.uuid.data(), info.uuid, device.uuid.size());
  std::memcpy(device.path.data(), info.path, device.path.size() - 1);
  device.path.back() = '\0';
  device.total_bytes = info.total_bytes;
  device.used_bytes = info.bytes_used;
  std::copy_n(stats.values, device.errors.size(), device.errors.begin());
  return 0;
}

}  // namespace

int system_btrfs(const char* mount_point, BtrfsDevices& out) {
  const Fd fd(::open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno;
  btrfs_ioctl_fs_info_args info{};
  if (const int error = ask(fd, BTRFS_IOC_FS_INFO, &info)) return error;
  std::memcpy(out.fsid.data(), info.fsid, out.fsid.size());
  out.devices.clear();
  // Ids begin at 1, 0 is a device that replaces another; ids of devices that were taken out are missing.
  for (std::uint64_t id = 0; id <= info.max_id && out.devices.size() < info.num_devices; ++id) {
    BtrfsDevice& device = out.devices.emplace_back();
    const int error = ask_device(fd, id, device);
    if (error != 0) out.devices.pop_back();
    if (error != 0 && error != ENODEV) return error;
  }
  return 0;
}

std::string uuid_text(const BtrfsUuid& uuid) {
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", uuid[i]);
  }
  return text;
}

}  // namespace tacho::sampler
