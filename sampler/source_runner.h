// One source at work: ticks in, rows out, and an account of how that went.
//
// Threads  start(), tick(): the one thread that owns the source. watch(): one other. stats(): any.
// Cost     a tick: the source's own reading, a handful of relaxed stores, two clock reads.
// Gaps     A tick that gave no row is counted as missed. After kStaleAfter such ticks in a row the series get staleness markers
//          (Prometheus's meaning of "gone"), so that nobody is shown the last value again.
// Slow     a source that overran its deadline rests for 0, 1, 3, 7, ... ticks, at most a minute, until it gives a row in time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "proto/base/clock.h"
#include "sampler/row_buffer.h"
#include "sampler/source.h"
#include "sampler/tick_grid.h"
#include "store/store.h"

namespace tacho::sampler {

// Writer: the source's thread. Readers: the self source and the status pages; relaxed throughout: each number stands alone, and
// one that is a tick old is no harm.
struct SourceStats {
  std::atomic<bool> seen{false};               // it has given a row since the start
  std::atomic<bool> up{false};                 // its last tick gave a row in time
  std::atomic<std::int64_t> duration_ns{0};    // of its last sample() that gave a row
  std::atomic<std::int64_t> lateness_ns{0};    // from the tick to the beginning of that sample()
  std::atomic<std::int64_t> busy_since_ns{0};  // monotonic; 0 when it is not inside the source
  std::atomic<std::uint64_t> missed{0};
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> clock_steps{0};
};

class SourceRunner {
 public:
  SourceRunner(std::unique_ptr<Source> source, std::unique_ptr<store::Group> group, std::int64_t interval_ms, const Clock& clock);

  // Call once before the first tick; describes the source where it can be. A source whose ticks are far apart gives its first row at
  // the next whole second: what describes a node (uname, os, dmi) must not be missing for a minute.
  void start();
  // Nanoseconds until something is to be done.
  std::int64_t wait_ns() const;
  // Samples if a tick is due.
  void tick();
  // For another thread, always the same one, now and then: if the source has been hanging for kStaleAfter ticks, its series get their
  // staleness markers now, not when it returns.
  void watch();

  // For another thread: the agent ends, and a source that can is to come back from a call.
  void give_up() { source_->give_up(); }

  const Source& source() const { return *source_; }
  const SourceStats& stats() const { return stats_; }
  std::int64_t interval_ms() const { return grid_.interval_ns() / kNsPerMs; }
  // Since when it has been in sample() or describe() beyond its deadline, in nanoseconds; 0: it does not hang.
  std::int64_t stuck_ns(MonoNs now) const;
  bool stuck(MonoNs now) const { return stuck_ns(now) > 0; }
  // A source that has a thread of its own may take this long for a row; a row that took longer is not published.
  std::int64_t deadline_ns() const { return grid_.interval_ns(); }

 private:
  // Whose the group is at the moment. The thread lends it out while it is inside a source that can block.
  enum class Hand : std::uint8_t { thread, lent, watch };
  // Runs what may hang, with the group lent out.
  template <typename Call>
  auto in_source(Call call);

  static constexpr int kStaleAfter = 5;
  static constexpr std::int64_t kRestMaxMs = 60'000;
  // Between looks for a source that is not there.
  static constexpr std::int64_t kLookMs = 60'000;
  static constexpr int kLookTicksMax = 30;

  // What is due now; counted what was missed by a source that is there.
  TickGrid::Due wake(bool is_there);
  int ticks_between_looks() const;
  bool describe();
  void take_row(std::int64_t tick_ns);
  Result<void> describe_again();
  Result<void> sample_row();
  Result<Sampled> sample_in_place();
  Result<Sampled> sample_aside();
  void failed(const Error& error, TimeMs t);
  void overran();
  void rest(TimeMs tick);

  std::unique_ptr<Source> source_;
  std::unique_ptr<store::Group> group_;  // belongs to whom hand_ says
  // Release when it is given away, acquire when it is taken: the group, row_ and marked_stale_ are handed over with it.
  std::atomic<Hand> hand_{Hand::thread};
  bool marked_stale_ = false;  // by the watch, since the last row
  RowBuffer row_{0};           // of a source that can block: what it fills while it does not have the group
  MonoNs watched_{};           // the watch's own: the hang it has dealt with, by its beginning
  const Clock& clock_;
  TickGrid grid_;
  SourceStats stats_;
  bool described_as_source_ = true;  // what the group holds is the layout that the source fills
  bool in_step_ = false;             // it is the one that the source has described last
  int failures_ = 0;                 // ticks without a row, in a row
  int overruns_ = 0;                 // of the deadline, in a row
  int ticks_to_rest_ = 0;
  int ticks_to_describe_ = 0;
  bool complained_ = false;  // the failure that goes on now has been logged
};

}  // namespace tacho::sampler
