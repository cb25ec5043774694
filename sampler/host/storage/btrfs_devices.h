// What Btrfs answers through a mount point of its devices: sizes, and errors since the file system was made.
//
// Source   ioctl(2) BTRFS_IOC_FS_INFO, BTRFS_IOC_DEV_INFO and BTRFS_IOC_GET_DEV_STATS of linux/btrfs.h; no right is needed but to
//          open the mount point.
// Cost     the mount point is opened and closed each time: one kept open could not be unmounted. Two calls a device.
// Threads  any.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tacho::sampler {

using BtrfsUuid = std::array<std::uint8_t, 16>;

enum class BtrfsError { write, read, flush, corruption, generation };
inline constexpr std::size_t kBtrfsErrorCount = 5;

struct BtrfsDevice {
  std::uint64_t id = 0;
  BtrfsUuid uuid{};
  std::array<char, 1024> path{};  // ends with a zero; empty for a device that is missing
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::array<std::uint64_t, kBtrfsErrorCount> errors{};
};

struct BtrfsDevices {
  BtrfsUuid fsid{};
  std::vector<BtrfsDevice> devices;  // by their ids; its memory is kept
};

// 0 or an errno; tests bring their own.
using BtrfsCall = int (*)(const char* mount_point, BtrfsDevices& out);
int system_btrfs(const char* mount_point, BtrfsDevices& out);

// "624d61f7-4cf0-4d4d-95ee-2272956469b4"
std::string uuid_text(const BtrfsUuid& uuid);

}  // namespace tacho::sampler
