#include "query/step_samples.h"

#include <algorithm>

namespace tacho::query {

void StepSamples::add(std::size_t step, std::size_t sample) {
  if (!runs_.empty()) {
    Run& last = runs_.back();
    const bool next_step = last.step + last.count == step;
    if (next_step && (last.count == 1 || last.same) && sample == last.sample) {
      last.same = true;
      ++last.count;
      return;
    }
    if (next_step && !last.same && sample == last.sample + last.count) {
      ++last.count;
      return;
    }
  }
  runs_.push_back({step, sample, 1, false});
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

void StepSamples::copy(const SelectedSeries& s, bool give_times, std::span<double> values, std::span<std::uint8_t> present) const {
  for (const Run& r : runs_) {
    const auto v = values.subspan(r.step, r.count);
    const auto p = present.subspan(r.step, r.count);
    if (r.same) {
      if (is_stale(s.values[r.sample])) continue;
      std::ranges::fill(v, give_times ? static_cast<double>(s.times[r.sample]) / 1000 : s.values[r.sample]);
      std::ranges::fill(p, std::uint8_t{1});
      continue;
    }
    const auto from = s.values.subspan(r.sample, r.count);
    std::ranges::copy(from, v.begin());
    std::ranges::fill(p, std::uint8_t{1});
    if (s.has_stale) {
      for (std::size_t i = 0; i < r.count; ++i) p[i] = is_stale(from[i]) ? 0 : 1;
    }
    if (give_times) {
      for (std::size_t i = 0; i < r.count; ++i) v[i] = static_cast<double>(s.times[r.sample + i]) / 1000;
    }
  }
}

}  // namespace tacho::query
