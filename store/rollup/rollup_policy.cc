#include "store/rollup/rollup_policy.h"

#include <algorithm>
#include <numeric>

#include "proto/base/check.h"

namespace tacho::store {

RollupPolicy::RollupPolicy(std::vector<RollupRule> rules, std::int64_t default_interval_ms)
    : rules_(std::move(rules)), default_interval_ms_(default_interval_ms) {
  intervals_.push_back(default_interval_ms);
  for (const RollupRule& rule : rules_) {
    if (rule.interval_ms != 0) intervals_.push_back(rule.interval_ms);
  }
  std::sort(intervals_.begin(), intervals_.end());
  intervals_.erase(std::unique(intervals_.begin(), intervals_.end()), intervals_.end());
  step_ms_ = 0;
  for (const std::int64_t interval : intervals_) {
    TACHO_CHECK(interval > 0 && kHourMs % interval == 0);
    step_ms_ = std::gcd(step_ms_, interval);
  }
}

RollupDecision RollupPolicy::of(const SeriesInfo& series) const {
  for (const RollupRule& rule : rules_) {
    const bool matches =
        std::any_of(rule.matches.begin(), rule.matches.end(), [&](const auto& all) { return matches_all(all, series.labels); });
    if (!matches) continue;
    return {.drop = rule.drop,
            .keep_raw = rule.keep_raw,
            .interval_ms = rule.interval_ms != 0 ? rule.interval_ms : default_interval_ms_,
            .outputs = rule.keep ? named_outputs(*rule.keep, series.type) : catalogue_outputs(series)};
  }
  return {.drop = false, .keep_raw = false, .interval_ms = default_interval_ms_, .outputs = catalogue_outputs(series)};
}

std::vector<MatcherSet> RollupPolicy::sets_of(std::int64_t interval_ms) const {
  std::vector<MatcherSet> out;
  for (const RollupRule& rule : rules_) {
    if (rule.interval_ms == interval_ms) out.insert(out.end(), rule.matches.begin(), rule.matches.end());
  }
  return out;
}

bool RollupPolicy::ends_at(std::int64_t time_ms) const {
  return std::any_of(intervals_.begin(), intervals_.end(), [&](std::int64_t interval) { return time_ms % interval == 0; });
}

}  // namespace tacho::store
