#include "query/functions/best_of_steps.h"

#include <algorithm>

namespace tacho::query {
namespace {

constexpr std::size_t kListMax = 16;

std::size_t list_size(double k) { return k < 1 ? 0 : static_cast<std::size_t>(std::min(k, 1e9)); }

}  // namespace

bool BestOfSteps::suits(const Matrix& in, std::size_t group_count, std::span<const double> k) {
  const std::size_t longest = list_size(*std::ranges::max_element(k));
  return longest <= kListMax && longest * group_count * 2 <= in.rows();
}

BestOfSteps::BestOfSteps(const Matrix& in, std::size_t group_count, std::span<const double> k, bool largest)
    : in_(in), largest_(largest) {
  for (const double each : k) k_.push_back(list_size(each));
  room_ = *std::ranges::max_element(k_);
  lists_.resize(group_count * in.steps() * room_);
  sizes_.resize(group_count * in.steps());
}

void BestOfSteps::mark(std::span<const std::size_t> groups, Matrix& out) {
  const std::size_t steps = in_.steps();
  for (std::size_t r = 0; r < in_.rows(); ++r) {
    const auto values = in_.values(r);
    const auto present = in_.present(r);
    for (std::size_t i = 0; i < steps; ++i) {
      if (!present[i] || k_[i] == 0) continue;
      const std::size_t list = groups[r] * steps + i;
      // Most are no better than the worst of a full list.
      if (sizes_[list] < k_[i] || is_better(values[i], lists_[list * room_ + k_[i] - 1].value, largest_))
        put(list, k_[i], {values[i], r});
    }
  }
  for (std::size_t list = 0; list < sizes_.size(); ++list) {
    for (std::size_t n = 0; n < sizes_[list]; ++n) out.present(lists_[list * room_ + n].row)[list % steps] = 1;
  }
}

// Rows come in their order, so of equal values the one that is in the list stays before the new one.
void BestOfSteps::put(std::size_t list, std::size_t k, Candidate fresh) {
  Candidate* const best = lists_.data() + list * room_;
  std::size_t& size = sizes_[list];
  std::size_t at = size == k ? k - 1 : size++;
  for (; at > 0 && is_better(fresh.value, best[at - 1].value, largest_); --at) best[at] = best[at - 1];
  best[at] = fresh;
}

}  // namespace tacho::query
