// A store whose aliases of some sets are there as other series are: what an endpoint that asks for them is shipped.
//
// Shape    select() without matchers answers the aliases too; one with matchers is the view's. Rows, bounds, all else: the store's.
// Threads  as the view.   Cost  a second pass over the store, and what the aliases hold.
// Lifetime the view outlives it.
#pragma once

#include <string>
#include <vector>

#include "store/aliases/view.h"

namespace tacho::store {

class AliasedStore final : public Queryable {
 public:
  AliasedStore(const AliasView& view, std::vector<std::string> sets) : view_(view), sets_(std::move(sets)) {}

  Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, TimeRange range) const override {
    return view_.series(matchers, range);
  }
  TimeRange bounds() const override { return view_.bounds(); }
  std::vector<MetricMetadata> metadata() const override;
  WindowStatus status() const override { return view_.status(); }
  std::vector<GroupTimes> group_times(TimeRange range) const override { return view_.group_times(range); }

 private:
  const AliasView& view_;
  const std::vector<std::string> sets_;
};

}  // namespace tacho::store
