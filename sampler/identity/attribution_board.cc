#include "sampler/identity/attribution_board.h"

namespace tacho::sampler {

void AttributionBoard::publish(Rows rows) {
  {
    const std::lock_guard lock(mutex_);
    if (*rows_ == rows) return;
    rows_ = std::make_shared<const Rows>(std::move(rows));
  }
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const AttributionBoard::Rows> AttributionBoard::rows() const {
  const std::lock_guard lock(mutex_);
  return rows_;
}

}  // namespace tacho::sampler
