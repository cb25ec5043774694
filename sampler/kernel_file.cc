#include "sampler/kernel_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tacho::sampler {
namespace {

constexpr std::size_t kFirstBufferBytes = 4096;
// More than any file we read: a bound, should a path name an endless file.
constexpr std::size_t kFileBytesMax = 64 << 20;

// The handle points to something that is gone, but the path may be good again.
bool is_stale(int err) { return err == ESTALE || err == ENODEV || err == ENXIO || err == ESRCH || err == EBADF; }

}  // namespace

Result<void> KernelFile::open() {
  Result<Fd> fd = Fd::open(path_, O_RDONLY | O_CLOEXEC);
  if (!fd) return std::unexpected(fd.error());
  struct statfs fs{};
  in_kernel_fs_ = ::fstatfs(fd->get(), &fs) == 0 && (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
  fd_ = std::move(*fd);
  return {};
}

bool KernelFile::was_replaced() const {
  struct stat open_one{};
  struct stat named_one{};
  if (::fstat(fd_.get(), &open_one) != 0 || ::stat(path_.c_str(), &named_one) != 0) return true;
  return open_one.st_ino != named_one.st_ino || open_one.st_dev != named_one.st_dev;
}

Result<std::string_view> KernelFile::read_open_file() {
  std::size_t length = 0;
  while (true) {
    // Always room for a byte more: only a read of 0 says that the end is reached.
    if (length == buffer_.size()) {
      if (length >= kFileBytesMax) return failure("cannot read {}: it is longer than {} bytes", path_, kFileBytesMax);
      buffer_.resize(buffer_.empty() ? kFirstBufferBytes : 2 * buffer_.size());
    }
    ssize_t n = ::pread(fd_.get(), buffer_.data() + length, buffer_.size() - length, static_cast<off_t>(length));
    if (n == 0) return std::string_view{buffer_.data(), length};
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_failure(errno, "cannot read {}", path_);
    length += static_cast<std::size_t>(n);
  }
}

Result<std::string_view> KernelFile::read() {
  if (fd_ && !in_kernel_fs_ && was_replaced()) fd_ = Fd{};
  const bool was_open = static_cast<bool>(fd_);
  if (!was_open) {
    if (Result<void> opened = open(); !opened) return std::unexpected(opened.error());
  }
  Result<std::string_view> text = read_open_file();
  if (!text && was_open && is_stale(text.error().sys_errno)) {
    fd_ = Fd{};
    if (Result<void> opened = open(); !opened) return std::unexpected(opened.error());
    text = read_open_file();
  }
  if (!text) fd_ = Fd{};
  return text;
}

Result<std::string> read_attribute(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (text) text->resize(std::min(text->find('\n'), text->size()));
  return text;
}

}  // namespace tacho::sampler
