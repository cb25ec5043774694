// Whether SELinux is on, and its cache of decisions (AVC): node_selinux_*.
//
// Source   SYSFS/fs/selinux, where it is mounted: enforce, avc/cache_stats (a line of names, a line of numbers for each CPU),
//          avc/hash_stats and avc/cache_threshold; ROOTFS/etc/selinux/config for the mode after the next boot.
// Modes    1 enforcing, 0 permissive, -1 off.
// Off      node_selinux_enabled is 0 where nothing is mounted there, and all there is; node_exporter looks at its own /sys,
//          whatever --path.sysfs says.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/host/number_files.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class SelinuxSource : public Source {
 public:
  explicit SelinuxSource(const Roots& roots)
      : sysfs_folder_(roots.sysfs + "/fs"),
        folder_(roots.sysfs + "/fs/selinux"),
        config_path_(roots.rootfs + "/etc/selinux/config"),
        cache_(folder_ + "/avc/cache_stats"),
        hash_(folder_ + "/avc/hash_stats") {}

  std::string_view name() const override { return "selinux"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kCacheCount = 6;
  static constexpr std::size_t kHashCount = 4;

  void describe_cache(SchemaBuilder& builder);
  void sample_cache(Row& row);
  void sample_hash(Row& row);

  std::string sysfs_folder_;
  std::string folder_;
  std::string config_path_;
  KernelFile cache_;
  KernelFile hash_;
  bool on_ = false;
  std::size_t enabled_column_ = kNoColumn;
  std::vector<std::size_t> cache_order_;  // of each column of the file which of the metrics it is, or kNoColumn
  std::array<std::size_t, kCacheCount> cache_columns_{};
  std::array<std::size_t, kHashCount> hash_columns_{};
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
