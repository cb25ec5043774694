// Which sample of a series an instant selector shows at each step: the newest that is not after it, and not too old.
//
// Shape    runs of steps with a sample each; found once for all series with the same times, as those of a group have.
// Threads  one query, one thread.
// Cost     find(): a walk over steps and samples, or a comparison of times where they are the last series' again; copy(): a read and a
//          write a step.
#pragma once

#include <span>
#include <vector>

#include "query/engine/matrix.h"
#include "query/engine/selection.h"

namespace tacho::query {

class StepSamples {
 public:
  StepSamples(const Grid& grid, const Shift& shift, std::int64_t lookback_ms)
      : grid_(grid), shift_(shift), lookback_ms_(lookback_ms) {}

  // False: no step has a sample. `times` must stay valid until the next call.
  bool find(std::span<const TimeMs> times);
  // Of a series with the times that were found last; staleness markers are no values. `present` is all 0 before. False: it still is.
  bool copy(const SelectedSeries& s, bool give_times, std::span<double> values, std::span<std::uint8_t> present) const;

 private:
  // Step `step + i` shows sample `sample + i * stride`, for i < count.
  struct Run {
    std::size_t step, sample, count, stride;
  };

  void add(std::size_t step, std::size_t sample);

  const Grid grid_;
  const Shift shift_;
  const std::int64_t lookback_ms_;
  std::span<const TimeMs> times_;
  std::vector<Run> runs_;
};

}  // namespace tacho::query
