#include "sampler/process_use.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

namespace tacho::sampler {

std::uint64_t process_cpu_ns() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  const auto of = [](const timeval& t) {
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_usec) * 1000;
  };
  return of(u.ru_utime) + of(u.ru_stime);
}

ProcessMemory::ProcessMemory() : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

// The second field of statm, in pages.
std::optional<std::uint64_t> ProcessMemory::resident_bytes() const {
  char text[128];
  const ssize_t n = ::pread(statm_.get(), text, sizeof text, 0);
  if (n <= 0) return std::nullopt;
  const std::string_view line(text, static_cast<std::size_t>(n));
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  std::uint64_t pages = 0;
  if (std::from_chars(line.data() + space + 1, line.data() + line.size(), pages).ec != std::errc()) return std::nullopt;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace tacho::sampler
