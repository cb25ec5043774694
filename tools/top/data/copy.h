// A part of a store that was read once, to be asked many times.
//
// Threads  const use from any thread.   Cost  a selector with a metric's name looks at that metric's series alone.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/queryable.h"

namespace tacho::tools {

class StoreCopy final : public store::Queryable {
 public:
  explicit StoreCopy(store::Selection all);

  Result<store::Selection> select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                  const store::SelectLimits&) const override;
  Result<std::vector<Labels>> series(std::span<const store::Matcher> matchers, store::TimeRange range) const override;
  store::TimeRange bounds() const override;
  std::vector<store::MetricMetadata> metadata() const override { return {}; }

 private:
  store::Selection all_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_name_;
  std::vector<std::size_t> every_;
};

}  // namespace tacho::tools
