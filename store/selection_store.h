// A part of a store that was read once, to be asked many times.
//
// Threads  const use from any thread.
// Cost     no sample is copied; a selector with a list of metrics' names looks at those metrics' series alone.
// Errors   none: what is held is within the limits it was selected with.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/queryable.h"

namespace tacho::store {

class SelectionStore final : public Queryable {
 public:
  explicit SelectionStore(Selection all);

  Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits&) const override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, TimeRange range) const override;
  TimeRange bounds() const override;
  std::vector<MetricMetadata> metadata() const override { return {}; }

 private:
  std::vector<std::size_t> candidates(std::span<const Matcher> matchers) const;

  Selection all_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_name_;
};

}  // namespace tacho::store
