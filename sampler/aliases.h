// Names of other exporters, as views of what is kept (store/aliases/view.h):
//
//   dcgm, npu  what dashboards for dcgm-exporter and npu-exporter ask for, made of accel_*.
//   accel      accel_* made of what a scraped exporter of any vendor calls it: the other direction.
//
// The rows lie in sampler/catalogue/aliases_*.cc. docs/metrics.md shows them all.
// Threads  any.   Cost  making the table: a millisecond, once.
#pragma once

#include <memory>
#include <string>

#include "store/aliases/table.h"

namespace tacho::sampler {

// `host`: the label Hostname of the aliases of dcgm; "": without.
std::shared_ptr<const store::AliasTable> make_alias_table(const std::string& host);

}  // namespace tacho::sampler
