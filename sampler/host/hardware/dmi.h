// node_dmi_info: what board, chassis and BIOS this is, as labels of a constant 1.
//
// Source   SYSFS/class/dmi/id. Serial numbers and the UUID are for root alone: labels that cannot be read are left out.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/source.h"

namespace tacho::sampler {

class DmiSource : public Source {
 public:
  explicit DmiSource(const Roots& roots) : folder_(roots.sysfs + "/class/dmi/id") {}

  std::string_view name() const override { return "dmi"; }
  std::int64_t default_interval_ms() const override { return 60'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override { return files_.sample(row); }

 private:
  std::string folder_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
