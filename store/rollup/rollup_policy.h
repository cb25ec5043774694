// What is shipped of which series, and how often: rules of the configuration before what the catalogue says.
//
// Shape    the first rule that matches a series decides; a series that none matches is kept as the catalogue has it, each default interval.
//          A rule can drop a series, keep other numbers of each window, take another window, or keep the seconds themselves.
// Units    milliseconds; intervals divide an hour, so that windows end at the same times on every node.
// Threads  const use from any.
// Cost     of(): the rules' matchers in turn, until one matches.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "store/matcher.h"
#include "store/queryable.h"
#include "store/rollup/rollup_outputs.h"
#include "store/series.h"

namespace tacho::store {

inline constexpr std::int64_t kHourMs = 3'600'000;

struct RollupRule {
  std::vector<std::vector<Matcher>> matches;  // any of these sets; within a set all
  bool drop = false;
  std::optional<Outputs> keep;   // absent: as the catalogue says
  std::int64_t interval_ms = 0;  // 0: the default one
  bool keep_raw = false;         // the seconds, too
};

// For one series.
struct RollupDecision {
  bool drop = false;
  bool keep_raw = false;
  std::int64_t interval_ms = 0;
  Outputs outputs;
};

class RollupPolicy {
 public:
  RollupPolicy() : RollupPolicy({}, 60'000) {}
  // Requires: every interval divides an hour.
  RollupPolicy(std::vector<RollupRule> rules, std::int64_t default_interval_ms);

  RollupDecision of(const SeriesInfo& series) const;

  // What series of an interval that is not the default one are among.
  std::vector<MatcherSet> sets_of(std::int64_t interval_ms) const;

  std::int64_t default_interval_ms() const { return default_interval_ms_; }
  // All there are, the shortest first; each window of any of them ends at a multiple of step_ms().
  std::span<const std::int64_t> intervals() const { return intervals_; }
  std::int64_t step_ms() const { return step_ms_; }
  // Whether a window of any interval ends then.
  bool ends_at(std::int64_t time_ms) const;

 private:
  std::vector<RollupRule> rules_;
  std::int64_t default_interval_ms_;
  std::vector<std::int64_t> intervals_;
  std::int64_t step_ms_;
};

}  // namespace tacho::store
