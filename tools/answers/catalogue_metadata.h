// The metric catalogue as the store's and the API's metadata.
#pragma once

#include <vector>

#include "store/queryable.h"

namespace tacho::tools {

std::vector<store::MetricMetadata> catalogue_metadata();
// And what scraped pages say of the metrics that the catalogue does not have.
std::vector<store::MetricMetadata> with_scraped(std::vector<store::MetricMetadata> catalogue,
                                                std::vector<store::MetricMetadata> scraped);

}  // namespace tacho::tools
