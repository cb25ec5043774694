#include "query/functions/window_quantiles.h"

#include <algorithm>
#include <bit>

#include "query/engine/numeric.h"

namespace tacho::query {
namespace {

// The samples of a window, sorted; NaN first.
class SortedWindow {
 public:
  explicit SortedWindow(std::span<const double> v) : v_(v) {}

  // Requires: neither end goes back.
  const std::vector<double>& move_to(std::size_t lo, std::size_t hi) {
    if (lo >= hi_) {
      sorted_.assign(v_.begin() + static_cast<std::ptrdiff_t>(lo), v_.begin() + static_cast<std::ptrdiff_t>(hi));
      std::sort(sorted_.begin(), sorted_.end(), value_less);
    } else {
      for (; lo_ < lo; ++lo_) take_out(v_[lo_]);
      for (; hi_ < hi; ++hi_) sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), v_[hi_], value_less), v_[hi_]);
    }
    lo_ = lo, hi_ = hi;
    return sorted_;
  }

 private:
  // Of equal ones (0 and -0, NaNs) the very same, which is there.
  void take_out(double v) {
    auto at = std::lower_bound(sorted_.begin(), sorted_.end(), v, value_less);
    while (std::bit_cast<std::uint64_t>(*at) != std::bit_cast<std::uint64_t>(v)) ++at;
    sorted_.erase(at);
  }

  std::span<const double> v_;
  std::vector<double> sorted_;
  std::size_t lo_ = 0, hi_ = 0;
};

}  // namespace

void window_quantiles(const RangeCall& call) {
  const WindowGrid& g = call.input.windows;
  const auto v = call.series.values;
  if (g.count < 3 || g.step * 16 > g.range) {
    std::vector<double> scratch;
    return for_each_window(call.series, g, [&](std::size_t step, std::size_t lo, std::size_t hi) {
      if (!call.env.keep_going(hi - lo)) return;
      scratch.assign(v.begin() + static_cast<std::ptrdiff_t>(lo), v.begin() + static_cast<std::ptrdiff_t>(hi));
      call.set(step, quantile(call.first[step], scratch));
    });
  }
  SortedWindow window(v);
  for_each_window(call.series, g, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    if (call.env.keep_going((hi - lo) / 16)) call.set(step, quantile_of_sorted(call.first[step], window.move_to(lo, hi)));
  });
}

}  // namespace tacho::query
