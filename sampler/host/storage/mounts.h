// The mounts of the host, for the sources that ask file systems by their mount points.
//
// Source   PROCFS/1/mountinfo, or PROCFS/self/mountinfo where process 1 is hidden.
// Roots    a mount point is asked at ROOTFS + mount point, and a mount point that begins with ROOTFS is named without it: an
//          agent in a container sees the host's mounts below --rootfs and names them as the host does.
// Threads  one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

struct Mount {
  std::string device, mountpoint, fstype, major, minor;
  bool readonly = false;
  std::string path;  // where it is to be asked
  bool operator==(const Mount&) const = default;
};

class MountsFile {
 public:
  explicit MountsFile(const Roots& roots);

  // The text stays valid until the next read().
  Result<std::string_view> read();
  // All mounts of such a text, in its order. Lines that were cut are left out.
  std::vector<Mount> parse(std::string_view text) const;
  // Requires: read() has succeeded.
  const std::string& path() const { return file_->path(); }

 private:
  std::vector<std::string> candidates_;
  std::optional<KernelFile> file_;
  std::string rootfs_;
};

}  // namespace tacho::sampler
