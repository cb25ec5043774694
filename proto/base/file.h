// Files: a descriptor that closes itself, whole-file reads, and a mapped file.
//
// Threads  Fd, Mapping: one owner; pread of one Fd and use of mapped bytes from any thread.
// Errors   every failure names the path and the system's reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "proto/base/error.h"

namespace tacho {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  ~Fd();

  static Result<Fd> open(const std::string& path, int flags, unsigned mode = 0644);
  // The same for what must be a regular file: a folder, a pipe or a device in its place is an error that says so, and nothing waits.
  static Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0644);
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Bytes of a file in memory, shared with every process that maps it. Unmapped when destroyed.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Mapping(const Mapping&) = delete;
  ~Mapping();

  static Result<Mapping> map(const Fd& fd, std::size_t size, bool writable, const std::string& path);
  std::byte* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }

 private:
  explicit Mapping(std::span<std::byte> bytes) : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

Result<std::string> read_file(const std::string& path);
// Writes to a temporary name beside it, syncs, renames: afterwards the file is the old or the new one, never a part.
Result<void> replace_file(const std::string& path, std::string_view content);
// What was made, renamed or removed in it is so after a power cut.
Result<void> sync_folder(const std::string& folder);
// All of `bytes` at `offset`, however many calls it takes.
Result<void> write_at(const Fd& fd, std::span<const std::byte> bytes, std::uint64_t offset, const std::string& path);
// The bytes read; fewer than asked only at the file's end.
Result<std::size_t> read_at(const Fd& fd, std::span<std::byte> bytes, std::uint64_t offset, const std::string& path);

}  // namespace tacho
