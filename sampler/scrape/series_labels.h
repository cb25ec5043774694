// From a series on a page to the labels it is kept under, as Prometheus does it: the target's labels are added, what clashes is
// exported_*, or stays with honor_labels; then the metric_relabel_configs.
//
// Threads  one.   Cost  for a series that is seen for the first time: tens of label operations and the rules.
// Errors   a series that is none, a result that has no metric name, a limit; the series is named.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "proto/base/labels.h"
#include "sampler/scrape/account.h"
#include "sampler/scrape/target.h"

namespace tacho::sampler {

// Nothing: the rules drop the series.
std::expected<std::optional<Labels>, ScrapeFailure> labels_of_series(std::string_view series, const ScrapeTarget& target);

}  // namespace tacho::sampler
