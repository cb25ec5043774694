#include "proto/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace tacho {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Fd> Fd::open(const std::string& path, int flags, unsigned mode) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0) return Fd(fd);
    if (errno != EINTR) return sys_failure(errno, "cannot open {}", path);
  }
}

Result<Fd> Fd::open_file(const std::string& path, int flags, unsigned mode) {
  auto fd = open(path, flags | O_NONBLOCK, mode);  // a pipe would wait for its other end
  struct stat st{};
  if (fd && ::fstat(fd->get(), &st) != 0) return sys_failure(errno, "cannot look at {}", path);
  const bool folder = fd ? S_ISDIR(st.st_mode) : fd.error().sys_errno == EISDIR;
  if (!folder && (!fd || S_ISREG(st.st_mode))) return fd;
  return failure("{} is {} where a file should be; move it away", path, folder ? "a folder" : "a pipe or a device");
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Result<Mapping> Mapping::map(const Fd& fd, std::size_t size, bool writable, const std::string& path) {
  void* p = ::mmap(nullptr, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd.get(), 0);
  if (p == MAP_FAILED) return sys_failure(errno, "cannot map {} bytes of {}", size, path);
  return Mapping(std::span(static_cast<std::byte*>(p), size));
}

Result<std::string> read_file(const std::string& path) {
  auto fd = Fd::open(path, O_RDONLY);
  if (!fd) return std::unexpected(fd.error());
  std::string out;
  std::size_t used = 0;
  // A regular file's size saves growing; files of /proc and pipes say 0 and are read until they end.
  struct stat st{};
  if (::fstat(fd->get(), &st) == 0 && st.st_size > 0) out.resize(static_cast<std::size_t>(st.st_size) + 4096);
  for (;;) {
    if (out.size() - used < 4096) out.resize(out.size() < 4096 ? 8192 : out.size() * 2);
    const ssize_t n = ::read(fd->get(), out.data() + used, out.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_failure(errno, "cannot read {}", path);
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  out.resize(used);
  return out;
}

Result<void> replace_file(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".new";
  const auto written = [&]() -> Result<void> {
    auto fd = Fd::open(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!fd) return std::unexpected(fd.error());
    if (auto w = write_at(*fd, std::as_bytes(std::span(content)), 0, temporary); !w) return w;
    if (::fsync(fd->get()) != 0) return sys_failure(errno, "cannot sync {}", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return sys_failure(errno, "cannot rename {} to {}", temporary, path);
    return {};
  }();
  if (!written) ::unlink(temporary.c_str());  // on a full disk what is half written takes room from others
  return written;
}

Result<void> sync_folder(const std::string& folder) {
  auto fd = Fd::open(folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return std::unexpected(fd.error());
  if (::fsync(fd->get()) != 0) return sys_failure(errno, "cannot sync {}", folder);
  return {};
}

Result<void> write_at(const Fd& fd, std::span<const std::byte> bytes, std::uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_failure(errno, "cannot write {} bytes at {} of {}", bytes.size(), offset, path);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<std::size_t> read_at(const Fd& fd, std::span<std::byte> bytes, std::uint64_t offset, const std::string& path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::pread(fd.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_failure(errno, "cannot read {}", path);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace tacho
