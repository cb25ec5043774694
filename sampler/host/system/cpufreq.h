// Clock rates of the CPUs and who sets them: node_cpu_frequency_*, node_cpu_scaling_*.
//
// Source   SYSFS/devices/system/cpu/cpuN/cpufreq/*, in kHz. CPUs that SYSFS/devices/system/cpu/offline lists are not shown.
// Rights   cpuinfo_cur_freq is for root alone: without that right its metric, node_cpu_frequency_hertz, is not there.
// Governor one series for each that the kernel offers, 1 for the one in charge; so a change of governor is no change of layout.
// Odd      "<unknown>" and reads that fail (EBUSY of a policy at rest, EAGAIN of firmware) leave their cell absent;
//          node_exporter then has no metric of any CPU.
// Blocks   a read may ask a sleeping core or the firmware, and some firmware never answers: a thread of its own, 10 s.
// Cost     an open and a read for each of up to nine files a CPU, 1700 on a node of 192. Not kept open, for that would be
//          more descriptors than a process is given by default (1024), at one tick in 10 s.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/source.h"

namespace tacho::sampler {

class CpufreqSource : public Source {
 public:
  explicit CpufreqSource(const Roots& roots)
      : folder_(roots.sysfs + "/devices/system/cpu"), offline_path_(folder_ + "/offline") {}

  std::string_view name() const override { return "cpufreq"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Rate {
    std::string path;
    std::size_t column;
  };
  struct Cpu {
    std::vector<Rate> rates;
    std::string governor_path;  // "" where no governor can be read
    std::string offered_path;
    std::string offered;                                         // the governors' names, as the file has them
    std::vector<std::pair<std::string, std::size_t>> governors;  // a name, its column
  };

  static Cpu look(const std::string& folder, const std::string& number, SchemaBuilder& builder);
  static bool sample_governor(const Cpu& cpu, Row& row);

  std::string folder_;
  std::string offline_path_;
  std::string offline_;               // that file's line as last described
  std::vector<std::string> without_;  // folders that were not there, though their CPUs are online
  std::vector<Cpu> cpus_;
};

}  // namespace tacho::sampler
