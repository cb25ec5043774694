#include "store/queryable.h"

namespace tacho::store {

std::unexpected<Error> too_many_samples(const SelectLimits& limits) {
  return failure(
      "query processing would load too many samples into memory in query execution: more than {} ({}); ask for a shorter "
      "range or fewer series, or raise the limit",
      limits.samples_max, limits.name);
}

}  // namespace tacho::store
