#include "sampler/host/kernel_log/kmsg_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tacho::sampler {

Result<KmsgReader> KmsgReader::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (fd) return KmsgReader(std::move(fd));
  const int error = errno;
  if (error == EPERM || error == EACCES)
    return sys_failure(error, "cannot open {}, which needs CAP_SYSLOG (or kernel.dmesg_restrict=0) and the right to read it",
                       path);
  return sys_failure(error, "cannot open {}", path);
}

// More bytes behind those that are left. False: there are none now.
bool KmsgReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) {
    end_ = 0;
    skip_line_ = true;
  }
  while (true) {
    const ssize_t n = ::read(fd_.get(), buffer_.data() + end_, buffer_.size() - end_);
    if (n > 0) {
      end_ += static_cast<std::size_t>(n);
      error_ = 0;
      return true;
    }
    if (n == 0) return false;
    // EPIPE: the record that was next is gone; the next read gives the oldest there is, and its number says how many are missing.
    if (errno == EINTR || errno == EPIPE) continue;
    if (errno != EAGAIN) error_ = errno;
    return false;
  }
}

std::optional<std::string_view> KmsgReader::next_line() {
  while (true) {
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const std::size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) {
      if (!fill()) return std::nullopt;
      continue;
    }
    begin_ += newline + 1;
    if (!std::exchange(skip_line_, false)) return rest.substr(0, newline);
  }
}

std::optional<KmsgRecord> KmsgReader::next() {
  while (const auto line = next_line()) {
    const auto record = parse_kmsg_record(*line);
    if (!record) continue;  // of a record's device, or no record
    if (last_sequence_ && record->sequence > *last_sequence_ + 1) lost_ += record->sequence - *last_sequence_ - 1;
    last_sequence_ = record->sequence;
    return record;
  }
  return std::nullopt;
}

bool KmsgReader::skip_to_end() {
  if (::lseek(fd_.get(), 0, SEEK_END) < 0) return false;
  begin_ = end_ = 0;
  skip_line_ = false;
  last_sequence_.reset();
  return true;
}

}  // namespace tacho::sampler
