// The metric catalogue as the store's and the API's metadata.
#pragma once

#include <vector>

#include "store/queryable.h"

namespace tacho::tools {

std::vector<store::MetricMetadata> catalogue_metadata();

}  // namespace tacho::tools
