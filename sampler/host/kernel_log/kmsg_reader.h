// Reads the kernel's log, record by record, and never waits.
//
// Shape    next() until it gives nothing; what comes later is given by later calls. A record is valid until the next call.
// Lost     where the kernel has overwritten records before they were read, their sequence numbers are missing: lost() counts them.
// Files    /dev/kmsg gives a record a read. For tests and recorded trees a pipe, a terminal or a file does as well: whole lines are
//          taken, and a file's end is where more may come. Lines that are no record are left out.
// Cost     a system call a record of /dev/kmsg, and one to see that there is no more; no allocation.
// Errors   open(): the path cannot be opened, which needs CAP_SYSLOG where kernel.dmesg_restrict is 1. next(): none; what reading
//          fails with is kept in error() until a read succeeds.
// Threads  one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "proto/base/error.h"
#include "proto/base/file.h"
#include "sampler/host/kernel_log/kmsg_record.h"

namespace tacho::sampler {

class KmsgReader {
 public:
  // At the oldest record that the kernel still has.
  static Result<KmsgReader> open(const std::string& path);

  std::optional<KmsgRecord> next();
  // Leaves out what there is; of what is left out nothing is lost. False where that is not possible (a pipe).
  bool skip_to_end();
  std::uint64_t lost() const { return lost_; }
  // errno of the last read that failed for another reason than that there is nothing to read; 0 if there is none.
  int error() const { return error_; }

 private:
  // More than a record can have (the kernel's limit is 8 KiB with the lines of its device).
  static constexpr std::size_t kBufferBytes = 16384;

  explicit KmsgReader(Fd fd) : fd_(std::move(fd)) {}
  bool fill();
  std::optional<std::string_view> next_line();

  Fd fd_;
  std::array<char, kBufferBytes> buffer_{};
  std::size_t begin_ = 0;  // what has been read and not yet given: [begin_, end_)
  std::size_t end_ = 0;
  bool skip_line_ = false;  // the rest of a line that did not fit
  std::optional<std::uint64_t> last_sequence_;
  std::uint64_t lost_ = 0;
  int error_ = 0;
};

}  // namespace tacho::sampler
