#include "query/engine/points.h"

namespace tacho::query {

void Points::push_back(const Sample& s) {
  const std::size_t n = size();
  if (n == 0) start_ = s.t;
  if (n == 1) step_ = s.t - start_;
  if (n > 1 && even() && s.t != start_ + static_cast<std::int64_t>(n) * step_) {
    times_.reserve(values_.capacity());
    for (std::size_t i = 0; i < n; ++i) times_.push_back(start_ + static_cast<std::int64_t>(i) * step_);
  }
  if (!times_.empty()) times_.push_back(s.t);
  values_.push_back(s.v);
}

}  // namespace tacho::query
