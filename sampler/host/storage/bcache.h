// Disks with a faster one as their cache (bcache): node_bcache_*.
//
// Source   SYSFS/fs/bcache/UUID/*, of each disk bdevN/ (dirty_data, writeback_rate_debug, stats_total/), of each cache cacheN/.
// Units    sizes are written for people (human_number.h), with three digits at most; times are microseconds, which node_exporter
//          takes for nanoseconds.
// Not read priority_stats, for which the kernel sorts all buckets; node_exporter does not by default either.
// Blocking the kernel answers only while no disk is being registered.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "sampler/host/number_files.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class BcacheSource : public Source {
 public:
  explicit BcacheSource(const Roots& roots) : folder_(roots.sysfs + "/fs/bcache") {}

  std::string_view name() const override { return "bcache"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kRateCount = 5;

  // A disk's writeback_rate_debug: lines "target:\t\t20.4G".
  struct Rates {
    KernelFile file;
    std::array<std::size_t, kRateCount> columns{};
  };

  void describe_disk(SchemaBuilder& builder, const std::string& folder, const std::vector<Label>& labels);

  std::string folder_;
  NumberFiles files_{1};
  std::vector<Rates> rates_;
};

}  // namespace tacho::sampler
