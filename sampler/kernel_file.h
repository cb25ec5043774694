// A file of /proc, /sys or a cgroup, kept open and read anew each tick.
//
// Shape    read() is pread from offset 0 on, until the kernel says 0: some files hand out one page a call, whatever is asked.
//          The text stays valid until the next read().
//          read_short() is one pread into the caller's own bytes, for files of one short line, of which a machine has hundreds.
// Cost     two system calls for a short file; no allocation once the buffer has grown to the file's size.
//          Outside of those (recorded trees) one stat more, to see that the path still names the open file.
// Errors   what failed, with the path and the system's reason; read_short() gives errno alone. A handle that went stale (device or process gone and come
//          back, file replaced) is reopened once before that.
// Threads  one.
#pragma once

#include <cstddef>
#include <span>
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
  // 0, and `text` points into `buffer`; or errno. What does not fit the buffer is left out. Allocates nothing.
  int read_short(std::span<char> buffer, std::string_view& text);
  // How often the file was opened: more than before means that something else may be behind the path.
  std::size_t opened() const { return opened_; }
  const std::string& path() const { return path_; }
  // Closes this file; from now on it is that one, with the buffer this one has grown. For many files of which none is kept open.
  void turn_to(std::string_view path);

 private:
  int open();
  Result<void> open_or_say();
  bool was_replaced() const;
  Result<std::string_view> read_open_file();

  std::string path_;
  Fd fd_;
  std::size_t opened_ = 0;
  bool in_kernel_fs_ = false;  // /proc, /sys, cgroups: the path cannot be renamed away under us
  std::vector<char> buffer_;
};

// A file of one short line (sysfs attributes), without its newline; for describe(), not for every tick.
Result<std::string> read_attribute(const std::string& path);

}  // namespace tacho::sampler
