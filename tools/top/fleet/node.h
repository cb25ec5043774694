// A node's last minute, second by second, as its agent tells it over HTTP.
//
// Shape    a history is the seconds up to `end`, the node's newest whole second; NaN where there was no value. Seconds are the node's own, which are
//          multiples of a second on its wall clock: the nodes' seconds line up as far as their clocks do.
// Threads  FleetNode: one at a time. A FleetHistory does not change once it is given out.
// Cost     a look is two requests: when the newest sample was, and what is new since the last look; each 60th also the node's name.
// Errors   who does not answer, or answers nonsense, by the first request that failed. What was known stays.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "query/engine/result.h"
#include "tools/answers/remote.h"
#include "tools/top/fleet/metrics.h"

namespace tacho::tools {

inline constexpr std::size_t kFleetSeconds = 60;

struct FleetHistory {
  TimeMs end = 0;
  std::array<std::vector<double>, kFleetMetrics> values;  // kFleetSeconds each

  FleetHistory();
  const std::vector<double>& of(FleetMetric metric) const { return values[static_cast<std::size_t>(metric)]; }
  // The newest second's.
  std::optional<double> now(FleetMetric metric) const;
  void move_to(TimeMs new_end);
  void set(FleetMetric metric, TimeMs t, double v);
};

class FleetNode {
 public:
  using Ask = std::function<Result<query::QueryResult>(const std::string& path, const Params& params)>;
  explicit FleetNode(Ask ask) : ask_(std::move(ask)) {}

  Result<void> look();

  // Of the last look that succeeded.
  std::shared_ptr<const FleetHistory> history() const { return history_; }  // null: none
  std::optional<std::int64_t> sample_age_ms() const {
    return sample_age_ms_;
  }  // then, by the node's clock; nothing: no sample for 5 minutes
  std::int64_t interval_ms() const { return interval_ms_; }
  const std::string& own_name() const { return own_name_; }  // nodename; "": not told

 private:
  Result<void> find_slow_facts();
  Result<void> fill(FleetHistory& history, TimeMs from);

  Ask ask_;
  std::uint64_t looks_ = 0;
  std::int64_t interval_ms_ = 1000;
  std::string own_name_;
  std::shared_ptr<const FleetHistory> history_;
  std::optional<std::int64_t> sample_age_ms_;
};

}  // namespace tacho::tools
