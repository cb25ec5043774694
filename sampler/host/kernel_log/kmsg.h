// What the kernel's log tells of: node_kmsg_events_total by kind of event, with the time of each kind's last.
//
// Source   ROOTFS/dev/kmsg. The kinds and their patterns are in kmsg_events.h. What programs write to the log counts like what the
//          kernel writes: that is how faults are rehearsed.
// Names    ours. node-problem-detector counts the same lines as problem_counter{reason}, without "_total", and often runs on the same
//          node: with its name every event would count twice in a sum over both.
// Start    counters are there from the start, at 0, and count what comes from then on, so that no event counts twice, whoever restarts. Of
//          what was in the log before only the times are shown: the OOM kill that took the agent, too, is to be seen afterwards.
// Times    Unix time, from the record's time since boot and both clocks of now. printk's clock is not slewed by NTP as
//          CLOCK_MONOTONIC is, and drifts from it by seconds in months; a record that was not there at the tick before cannot be older
//          than that tick, so the error is less than an interval. Of records from before the start it is the whole drift.
// Details  XIDs and SXIDs by the device's PCI address and number; OOM kills by the cgroup of the task that was chosen, with the labels of
//          the source cgroup, for a container that is killed is often gone before its cgroup's own count is read. Both bounded, the
//          longest silent end first (bounded_counters.h). No label has a process's name or a part of a line.
// Lost     where the kernel overwrote records before they were read: node_kmsg_lost_records_total. At most `records_per_tick` are read a
//          tick; the others wait in the kernel.
// Cost     a system call a tick, one and some two microseconds a record.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proto/base/clock.h"
#include "sampler/host/bounded_counters.h"
#include "sampler/host/kernel_log/kmsg_events.h"
#include "sampler/host/kernel_log/kmsg_reader.h"
#include "sampler/source.h"

namespace tacho::sampler {

struct KmsgOptions {
  unsigned records_per_tick = 1000;
  unsigned records_before_start = 100'000;  // more than these are not looked at
  std::size_t xids_max = 64;
  std::size_t cgroups_max = 32;
};

class KmsgSource : public Source {
 public:
  explicit KmsgSource(const Roots& roots, const Clock& clock = system_clock(), KmsgOptions options = {});

  std::string_view name() const override { return "kmsg"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kLevels = 8;

  struct Kind {
    std::uint64_t count = 0;
    std::optional<double> last_s;  // Unix time
    std::size_t count_column = kNoColumn;
    std::size_t last_column = kNoColumn;
  };

  void look_back();
  void read_new();
  void count_record(const KmsgRecord& record);
  void set_time(Kind& kind, std::int64_t time_us, std::int64_t age_max_ns);
  bool layout_changed() const;

  std::string path_;
  const Clock& clock_;
  KmsgOptions options_;
  std::unique_ptr<KmsgReader> reader_;
  bool fresh_ = false;            // described, not yet sampled
  std::int64_t now_wall_ns_ = 0;  // of this tick
  MonoNs now_mono_{};
  MonoNs empty_mono_{};            // when there was last nothing more to read
  std::uint64_t lost_before_ = 0;  // records, before the start
  std::array<Kind, kKmsgKindCount> kinds_{};
  std::array<std::uint64_t, kLevels> levels_{};
  std::array<std::size_t, kLevels> level_columns_{};
  std::size_t lost_column_ = kNoColumn;
  BoundedCounters xids_;
  BoundedCounters sxids_;
  BoundedCounters oom_cgroups_;
};

}  // namespace tacho::sampler
