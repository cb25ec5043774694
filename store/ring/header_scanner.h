// Finds record headers in a ring's file.
//
// Shape    looks at the file through a window that moves along. From record to record it reads a page; where it has to probe every
//          8 bytes for the next header it reads on in large pieces.
// Threads  one.
// Errors   the system's, when reading; that there is no header is an answer, and that the disk cannot give a page.
#pragma once

#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"
#include "store/ring/ring_format.h"

namespace tacho::store {

class HeaderScanner {
 public:
  // The three outlive this.
  HeaderScanner(const Fd& fd, std::uint64_t file_bytes, const std::string& path)
      : fd_(fd), file_bytes_(file_bytes), path_(path) {}

  // True where a whole, checksummed header lies at `offset` whose record would fit in the file.
  Result<bool> header_at(std::uint64_t offset, RecordHeader& out);

 private:
  static constexpr std::size_t kPage = 4096;

  Result<void> fill(std::uint64_t offset, std::size_t bytes);

  const Fd& fd_;
  std::uint64_t file_bytes_;
  const std::string& path_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 10);
  std::uint64_t start_ = 0;
  std::size_t size_ = 0;
};

// The same for one place, read now.
Result<bool> read_header(const Fd& fd, std::uint64_t file_bytes, const std::string& path, std::uint64_t offset,
                         RecordHeader& out);

}  // namespace tacho::store
