// Errors of the memory as its controllers count them: node_edac_*.
//
// Source   SYSFS/devices/system/edac/mc/mcN/{ce_count,ue_count}, csrowM/{ce_count,ue_count} and csrowM/chK_{ce,ue}_count. What a
//          controller could not attribute (ce_noinfo_count) is the csrow "unknown".
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class EdacSource : public Source {
 public:
  explicit EdacSource(const Roots& roots) : folder_(roots.sysfs + "/devices/system/edac/mc") {}

  std::string_view name() const override { return "edac"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  void describe_csrow(SchemaBuilder& builder, const std::string& folder, const std::string& controller, const std::string& csrow);

  std::string folder_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
