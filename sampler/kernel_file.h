// A file of /proc or /sys, kept open and read anew each tick.
//
// Shape    read() is pread from offset 0 on, until the kernel says 0: some files hand out one page a call, whatever is asked.
//          The text stays valid until the next read().
// Cost     two system calls for a short file; no allocation once the buffer has grown to the file's size.
//          Outside /proc and /sys (recorded trees) one stat more, to see that the path still names the open file.
// Errors   what failed, with the path and the system's reason. A handle that went stale (device or process gone and come
//          back, file replaced) is reopened once before that.
// Threads  one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"

namespace tacho::sampler {

class KernelFile {
 public:
  explicit KernelFile(std::string path) : path_(std::move(path)) {}

  Result<std::string_view> read();
  const std::string& path() const { return path_; }

 private:
  Result<void> open();
  bool was_replaced() const;
  Result<std::string_view> read_open_file();

  std::string path_;
  Fd fd_;
  bool in_kernel_fs_ = false;  // /proc or /sys: the path cannot be renamed away under us
  std::vector<char> buffer_;
};

// A file of one short line (sysfs attributes), without its newline; for describe(), not for every tick.
Result<std::string> read_attribute(const std::string& path);

}  // namespace tacho::sampler
