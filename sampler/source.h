// A source: one thing that is sampled. It parses and nothing else; when to sample, how long it may take, and where rows go
// is the scheduler's business (scheduler.h).
//
// Life     describe() says which series there are, in column order; sample() fills one row a tick. When what was read does
//          not fit the described series any more (a new disk, a CPU gone), sample() returns layout_changed; the scheduler then
//          calls describe() again, tells the group the new series, and samples anew.
// Threads  one thread at a time, always the same one.
// Cost     sample(): no allocation and no lock in the steady state; files stay open and are re-read with pread.
// Errors   sample(): what could not be read, with its path. The row is then dropped; the source is asked again next tick.
// Honesty  a cell that is not set stays absent. Never write a 0, or the last value again, for what was not read.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/check.h"
#include "proto/base/error.h"
#include "proto/base/sample.h"
#include "store/series.h"

namespace tacho::sampler {

// One tick's cells, written in place: they lie in shared memory (store/head/head.h). Column i is the i-th series described.
// Release order, so that readers in other threads and processes can tell a torn row (store/head/head.h, "Protocol").
class Row {
 public:
  explicit Row(std::span<std::atomic<std::uint64_t>> cells) : cells_(cells) {}
  // Requires: column < size(). A value with the very bits of `absent` is stored as the normal NaN.
  void set(std::size_t column, double value) {
    tacho_dcheck(column < cells_.size());
    const auto bits = std::bit_cast<std::uint64_t>(value);
    cells_[column].store(bits == kAbsentBits ? kNormalNanBits : bits, std::memory_order_release);
  }
  std::size_t size() const { return cells_.size(); }

 private:
  std::span<std::atomic<std::uint64_t>> cells_;
};

enum class Sampled { ok, layout_changed };

// Where the kernel's files are; --procfs, --sysfs, --rootfs. Without a trailing slash.
struct Roots {
  std::string procfs = "/proc";
  std::string sysfs = "/sys";
  std::string rootfs = "";  // "" is "/"
};

class Source {
 public:
  virtual ~Source() = default;

  // Also the group's name and the value of the label `source`: "cpu", "meminfo", "diskstats". [a-z0-9_]+, unique.
  virtual std::string_view name() const = 0;
  // The name under sampling.sources; sources of one kind, of which a machine has any number, share theirs.
  virtual std::string_view configured_as() const { return name(); }
  // Milliseconds between ticks unless configured otherwise; 0: the agent's --interval.
  virtual std::int64_t default_interval_ms() const { return 0; }
  // Told before anything else; for sources that wait for something and must be done before their deadline.
  virtual void set_interval(std::int64_t) {}
  // True for what can hang (statfs on a dead mount, a vendor library, a scrape): it gets a thread of its own.
  virtual bool may_block() const { return false; }
  // How long after describe() a row can be whole, for whoever wants one sample at once: some values lie between two readings.
  virtual std::int64_t settling_ms() const { return 0; }
  // False for what most nodes do not need, or what costs more than it tells: sampled only where the configuration says so
  // (sampling.sources.NAME.enabled), and by `tacho sample --once`, which shows every source.
  virtual bool on_by_default() const { return true; }

  // Appends the series that sample() will fill, as of now; reads what it needs. An error: not here (yet); asked again later.
  virtual Result<void> describe(store::Schema& schema) = 0;
  // The same after sample() has said layout_changed, by what differs from what was described last. False: describe() says it.
  virtual bool describe_change(store::SchemaChange&) { return false; }
  virtual Result<Sampled> sample(Row& row) = 0;
  // From another thread: the agent ends; describe() or sample() that waits for somebody returns soon, if it can. No row comes after it.
  virtual void give_up() {}
};

}  // namespace tacho::sampler
