#include "query/functions/rate_windows.h"

namespace tacho::query {

std::span<const RateWindow> RateWindows::of(const RangeSeries& series) {
  const bool known =
      series.times.data() == times_.data() ? series.times.size() == times_.size() : std::ranges::equal(series.times, times_);
  if (known) return windows_;
  times_ = series.times;
  windows_.clear();
  for_each_window(series, grid_, [&](std::size_t step, std::size_t lo, std::size_t hi) {
    if (hi - lo >= 2) windows_.push_back(make(step, lo, hi));
  });
  return windows_;
}

RateWindow RateWindows::make(std::size_t step, std::size_t lo, std::size_t hi) const {
  const TimeMs end = grid_.end(step), first = times_[lo], last = times_[hi - 1];
  RateWindow w{step, lo, hi, 0, 0, 0, 0};
  w.to_start = static_cast<double>(first - (end - grid_.range)) / 1000;
  w.to_end = static_cast<double>(end - last) / 1000;
  w.sampled = static_cast<double>(last - first) / 1000;
  const double average = w.sampled / static_cast<double>(hi - lo - 1);
  const double threshold = average * 1.1;
  if (w.to_start >= threshold) w.to_start = average / 2;
  if (w.to_end >= threshold) w.to_end = average / 2;
  w.factor = factor(w, w.to_start);
  return w;
}

double RateWindows::factor(const RateWindow& w, double to_start) const {
  const double factor = (w.sampled + to_start + w.to_end) / w.sampled;
  return per_second_ ? factor / (static_cast<double>(grid_.range) / 1000) : factor;
}

}  // namespace tacho::query
