// The clock: node_time_seconds, the time zone, the kernel's clock source.
//
// Source   the wall clock; localtime; SYSFS/devices/system/clocksource/clocksourceN/{available,current}_clocksource.
//          The kernel may leave a clock source that turned out bad: the current one is read each tick, and a change is a new series.
#pragma once

#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class TimeSource : public Source {
 public:
  explicit TimeSource(const Roots& roots, const Clock& clock = system_clock()) : sysfs_(roots.sysfs), clock_(clock) {}

  std::string_view name() const override { return "time"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Device {
    KernelFile current_file;
    std::string current;
  };

  std::string sysfs_;
  const Clock& clock_;
  std::string zone_;
  std::vector<Device> devices_;
  std::size_t info_count_ = 0;  // series behind the first two, all of them 1
};

}  // namespace tacho::sampler
