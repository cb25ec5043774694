#include "store/header_scanner.h"

#include <cstring>

namespace tacho::store {
namespace {

// Requires: offset + sizeof(RecordHeader) <= file_bytes.
bool is_header(const RecordHeader& h, std::uint64_t offset, std::uint64_t file_bytes) {
  return h.magic == kRecordMagic && h.checksum == header_checksum(h) && h.payload_bytes < file_bytes &&
         offset + record_bytes(h.payload_bytes) <= file_bytes;
}

}  // namespace

Result<bool> HeaderScanner::header_at(std::uint64_t offset, RecordHeader& out) {
  if (offset + sizeof(RecordHeader) > file_bytes_) return false;
  if (offset < start_ || offset + sizeof(RecordHeader) > start_ + size_) {
    const bool probing = offset <= start_ + size_ && offset > start_;
    start_ = offset;
    const auto n = read_at(fd_, std::span(buffer_).first(probing ? buffer_.size() : 4096), offset, path_);
    if (!n) return std::unexpected(n.error());
    size_ = *n;
    if (size_ < sizeof(RecordHeader)) return false;
  }
  std::memcpy(&out, buffer_.data() + (offset - start_), sizeof out);
  return is_header(out, offset, file_bytes_);
}

Result<bool> read_header(const Fd& fd, std::uint64_t file_bytes, const std::string& path, std::uint64_t offset,
                         RecordHeader& out) {
  if (offset + sizeof(RecordHeader) > file_bytes) return false;
  const auto n = read_at(fd, std::as_writable_bytes(std::span(&out, 1)), offset, path);
  if (!n) return std::unexpected(n.error());
  return *n == sizeof out && is_header(out, offset, file_bytes);
}

}  // namespace tacho::store
