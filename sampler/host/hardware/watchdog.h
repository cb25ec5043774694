// Watchdogs, which reboot a machine that no longer feeds them: node_watchdog_*.
//
// Source   SYSFS/class/watchdog/watchdogN/{bootstatus,fw_version,nowayout,timeleft,timeout,pretimeout,access_cs0}, and what is
//          text there as labels of node_watchdog_info.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class WatchdogSource : public Source {
 public:
  explicit WatchdogSource(const Roots& roots) : folder_(roots.sysfs + "/class/watchdog") {}

  std::string_view name() const override { return "watchdog"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  std::string folder_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
