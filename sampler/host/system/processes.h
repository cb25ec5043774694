// How many processes and threads there are, by state, and how many there may be: node_processes_*.
//
// Source   PROCFS/PID/stat of every process, for its state and its number of threads; PROCFS/PID/task/TID/stat of those that have
//          several; PROCFS/sys/kernel/{threads-max,pid_max}.
// States   the kernel's letters: R runs or could, S sleeps, D waits and cannot be killed, I idles (the kernel's own), T and t are
//          stopped, Z is a zombie, X ends, P is parked. One that nothing is in is 0, where node_exporter has no series: else there would be a
//          new series for every moment that something waits for a disk. A letter not named here is a series once it was seen.
// Gone     what ends while it is looked at is not counted, as in node_exporter. One that may not be read is an error: the sum would be wrong.
// Cost     three system calls a process and a thread, some 10 us for all three: this source has its own thread, and by default 10 s
//          between ticks. No allocation.
// Off      by default, as in node_exporter.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/file.h"
#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class ProcessesSource : public Source {
 public:
  explicit ProcessesSource(const Roots& roots) : procfs_(roots.procfs) {}

  std::string_view name() const override { return "processes"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  bool on_by_default() const override { return false; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  // By letter.
  using States = std::array<std::uint64_t, 128>;
  using Columns = std::array<std::size_t, 128>;
  struct Counts {
    std::uint64_t processes = 0;
    std::uint64_t threads = 0;
    States process_states{};
    States thread_states{};
  };

  Result<void> count();
  Result<void> count_process(const Fd& folder, std::string_view pid);
  int count_other_threads(const Fd& folder, std::string_view pid);
  static Columns describe_states(SchemaBuilder& builder, std::string_view metric, std::string_view label, const States& seen);
  static Sampled put_states(Row& row, const Columns& columns, const States& states);

  std::string procfs_;
  NumberFiles limits_{1};
  Counts counts_;
  std::size_t processes_column_ = 0;
  std::size_t threads_column_ = 0;
  Columns process_columns_{};
  Columns thread_columns_{};
};

}  // namespace tacho::sampler
