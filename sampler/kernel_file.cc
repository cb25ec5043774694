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

// The kernel's own: nobody replaces a file there under a path that stays.
bool is_kernel_fs(const struct statfs& fs) {
  return fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC ||
         fs.f_type == CGROUP2_SUPER_MAGIC;
}

}  // namespace

int KernelFile::open() {
  Fd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno;
  struct statfs fs{};
  in_kernel_fs_ = ::fstatfs(fd.get(), &fs) == 0 && is_kernel_fs(fs);
  fd_ = std::move(fd);
  ++opened_;
  return 0;
}

Result<void> KernelFile::open_or_say() {
  if (const int error = open()) return sys_failure(error, "cannot open {}", path_);
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
    if (Result<void> opened = open_or_say(); !opened) return std::unexpected(opened.error());
  }
  Result<std::string_view> text = read_open_file();
  if (!text && was_open && is_stale(text.error().sys_errno)) {
    fd_ = Fd{};
    if (Result<void> opened = open_or_say(); !opened) return std::unexpected(opened.error());
    text = read_open_file();
  }
  if (!text) fd_ = Fd{};
  return text;
}

void KernelFile::turn_to(std::string_view path) {
  fd_ = Fd{};
  path_ = path;
}

int KernelFile::read_short(std::span<char> buffer, std::string_view& text) {
  if (fd_ && !in_kernel_fs_ && was_replaced()) fd_ = Fd{};
  bool may_be_stale = static_cast<bool>(fd_);
  while (true) {
    if (!fd_) {
      if (const int error = open()) return error;
    }
    ssize_t n = 0;
    do n = ::pread(fd_.get(), buffer.data(), buffer.size(), 0);
    while (n < 0 && errno == EINTR);
    if (n >= 0) {
      text = std::string_view{buffer.data(), static_cast<std::size_t>(n)};
      return 0;
    }
    const int error = errno;
    if (!is_stale(error)) return error;
    fd_ = Fd{};
    if (!may_be_stale) return error;
    may_be_stale = false;
  }
}

Result<std::string> read_attribute(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (text) text->resize(std::min(text->find('\n'), text->size()));
  return text;
}

}  // namespace tacho::sampler
