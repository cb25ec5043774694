#include "query/engine/step_samples.h"

#include <algorithm>

namespace tacho::query {

void StepSamples::add(std::size_t step, std::size_t sample) {
  if (!runs_.empty()) {
    Run& last = runs_.back();
    if (last.count == 1) last.stride = sample - last.sample;
    if (last.step + last.count == step && last.sample + last.count * last.stride == sample) {
      ++last.count;
      return;
    }
  }
  runs_.push_back({step, sample, 1, 1});
}

bool StepSamples::find(std::span<const TimeMs> times) {
  const bool known = times.size() == times_.size() && (times.data() == times_.data() || std::ranges::equal(times, times_));
  if (known && !times.empty()) return !runs_.empty();
  times_ = times;
  runs_.clear();
  const std::size_t n = times.size();
  std::size_t next = static_cast<std::size_t>(std::ranges::upper_bound(times, shift_.apply(grid_.start)) - times.begin());
  for (std::size_t i = 0; i < grid_.count; ++i) {
    const TimeMs at = shift_.apply(grid_.at(i));
    while (next < n && times[next] <= at) ++next;
    if (next > 0 && times[next - 1] > at - lookback_ms_) add(i, next - 1);
  }
  return !runs_.empty();
}

bool StepSamples::copy(const SelectedSeries& s, bool give_times, std::span<double> values,
                       std::span<std::uint8_t> present) const {
  std::uint8_t any = 0;
  for (const Run& r : runs_) {
    const double* from = s.values.data() + r.sample;
    const TimeMs* times = s.times.data() + r.sample;
    double* const v = values.data() + r.step;
    std::uint8_t* const p = present.data() + r.step;
    for (std::size_t i = 0; i < r.count; ++i) {
      const double shown = from[i * r.stride];
      v[i] = give_times ? static_cast<double>(times[i * r.stride]) / 1000 : shown;
      p[i] = is_stale(shown) ? 0 : 1;
      any |= p[i];
    }
  }
  return any != 0;
}

}  // namespace tacho::query
