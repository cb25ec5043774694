// node_uname_info: the kernel and the host's name, as labels of a constant 1.
//
// Source   uname(2). A new host name is a new series.
#pragma once

#include <sys/utsname.h>

#include "sampler/source.h"

namespace tacho::sampler {

class UnameSource : public Source {
 public:
  std::string_view name() const override { return "uname"; }
  std::int64_t default_interval_ms() const override { return 60'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  utsname described_{};
};

}  // namespace tacho::sampler
