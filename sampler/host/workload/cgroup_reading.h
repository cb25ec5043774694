// What one reading of a cgroup's files gives, and the forms of text that the files have.
//
// Units    as cAdvisor has them: seconds, bytes, counts. "No limit" is 0, also as it has it.
// Odd text what is no number, or was cut, has no value.
// Cost     one pass over the text; no allocation once the reading's list of devices has grown.
// Threads  one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tacho::sampler {

enum class CgroupField : std::uint8_t {
  cpu_usage,
  cpu_user,
  cpu_system,
  cfs_periods,
  cfs_throttled_periods,
  cfs_throttled_seconds,
  cpu_quota,
  cpu_period,
  memory_usage,
  memory_working_set,
  memory_rss,
  memory_cache,
  memory_mapped_file,
  memory_shmem,
  memory_kernel,
  memory_swap,
  memory_dirty,
  memory_writeback,
  memory_max_usage,
  memory_limit,
  memory_pgfault,
  memory_pgfault_all,
  memory_pgmajfault,
  memory_pgmajfault_all,
  memory_events_high,
  memory_events_max,
  oom_events,
  threads,
  threads_max,
  cpu_waiting,
  cpu_stalled,
  memory_waiting,
  memory_stalled,
  io_waiting,
  io_stalled,
  // Not shown: a part of the working set.
  inactive_file,
  count,
};
inline constexpr auto kCgroupFieldCount = static_cast<std::size_t>(CgroupField::count);

// What a cgroup has read and written of one block device: bytes read, bytes written, reads, writes.
struct CgroupIo {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::array<std::optional<std::uint64_t>, 4> counts{};
};

struct CgroupReading {
  std::array<std::optional<double>, kCgroupFieldCount> values{};
  std::vector<CgroupIo> io;  // kept for its memory
  bool io_whole = false;     // io has all devices that there are: their file was read to its end
  unsigned errors = 0;       // files that are there and could not be read

  std::optional<double>& operator[](CgroupField field) { return values[static_cast<std::size_t>(field)]; }
  void clear();
};

// A line's key, and what its number is.
struct CgroupKey {
  std::string_view key;
  CgroupField field;
  double divisor = 1.0;
};

enum class CgroupFormat : std::uint8_t {
  number,       // one number: field
  limit,        // one number, or "max", which is 0: field
  cpu_max,      // "max 100000", "50000 100000": quota, if there is one, and its period
  quota,        // version 1: a number, or -1 for none
  keyed,        // lines of a key and a number: keys
  pressure,     // field is "some", second "full"
  io,           // "259:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0"
  blkio_bytes,  // version 1: "8:0 Read 1", "8:0 Write 2"
  blkio_count,
};

struct CgroupForm {
  CgroupFormat format;
  CgroupField field = CgroupField::count;
  CgroupField second = CgroupField::count;
  double divisor = 1.0;
  std::span<const CgroupKey> keys = {};  // mostly in the order of the lines
};

void read_cgroup_text(const CgroupForm& form, std::string_view text, CgroupReading& out);

}  // namespace tacho::sampler
