// How well the kernel's clock is disciplined: node_timex_*.
//
// Source   adjtimex(2) with no mode set, which reads and needs no right; a seccomp filter may forbid it all the same: not here.
// Units    offset and pps jitter are nanoseconds while the status has STA_NANO, microseconds otherwise; the two errors and
//          the tick are always microseconds; frequencies are parts per million times 65536. The frequency adjustment is a
//          ratio around 1. sync_status is 0 while the kernel says TIME_ERROR, 1 otherwise.
// Pulse    the pps_* are all 0 on a machine without a pulse-per-second signal, as node_exporter shows them.
// Cost     one system call, no file.
#pragma once

#include <sys/timex.h>

#include "sampler/source.h"

namespace tacho::sampler {

// The clock's state (TIME_OK, TIME_ERROR, ...), or an errno, negative; tests bring their own.
using AdjtimexCall = int (*)(timex& out);
int system_adjtimex(timex& out);

class TimexSource : public Source {
 public:
  explicit TimexSource(AdjtimexCall call = system_adjtimex) : adjtimex_(call) {}

  std::string_view name() const override { return "timex"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  AdjtimexCall adjtimex_;
};

}  // namespace tacho::sampler
