#include "store/ring/header_scanner.h"

#include <algorithm>
#include <cerrno>
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
    if (auto ok = fill(offset, probing ? buffer_.size() : kPage); !ok) return std::unexpected(ok.error());
    if (size_ < sizeof(RecordHeader)) return false;
  }
  std::memcpy(&out, buffer_.data() + (offset - start_), sizeof out);
  return is_header(out, offset, file_bytes_);
}

// The file's bytes from `offset` on. Of what the disk cannot give, each page counts as zeros: no header lies there.
Result<void> HeaderScanner::fill(std::uint64_t offset, std::size_t bytes) {
  start_ = offset;
  const auto all = read_at(fd_, std::span(buffer_).first(bytes), offset, path_);
  size_ = all ? *all : 0;
  if (all) return {};
  if (all.error().sys_errno != EIO) return std::unexpected(all.error());
  while (size_ < bytes) {
    const std::uint64_t at = offset + size_;
    const auto page = std::span(buffer_).subspan(size_, std::min<std::size_t>(kPage - at % kPage, bytes - size_));
    const auto n = read_at(fd_, page, at, path_);
    if (!n && n.error().sys_errno != EIO) return std::unexpected(n.error());
    if (!n) std::ranges::fill(page, std::byte{});
    size_ += n ? *n : page.size();
    if (n && *n < page.size()) break;
  }
  return {};
}

Result<bool> read_header(const Fd& fd, std::uint64_t file_bytes, const std::string& path, std::uint64_t offset,
                         RecordHeader& out) {
  if (offset + sizeof(RecordHeader) > file_bytes) return false;
  const auto n = read_at(fd, std::as_writable_bytes(std::span(&out, 1)), offset, path);
  if (!n && n.error().sys_errno == EIO) return false;
  if (!n) return std::unexpected(n.error());
  return *n == sizeof out && is_header(out, offset, file_bytes);
}

}  // namespace tacho::store
