// A store seen with identities: its series carry, beside their own labels, those of whose the samples were at the time.
//
// Shape    a series whose identity changes in the range is answered as one series a stretch, each with the samples of its stretch, and
//          a staleness marker in the old one at the time of the new one's first sample: else the look-back would show both. A marker that
//          is the first sample of a stretch stays with the series that it ends. Two stretches with the same labels (a job came back) are
//          one series.
// Matchers act on the labels as joined. Those on labels that an identity gives become selections of what it is about; when no
//          identity gives such a value, the store is asked for series that have it by themselves.
// Conflict two series that would get equal labels, with samples at overlapping times, are not both answered under them: the one that
//          got fewer labels by identities keeps them (then the first by its own labels), the other is answered as it is stored in
//          that stretch. Series that follow each other in time are one series.
// Threads  as the store below; the timeline is a snapshot that is taken once a question.
// Errors   the store's, limits included: they count what had to be read, stretches that do not match too, and markers.
// Cost     without identities in the range the store's, and a look at their times. Else labels are joined once a stretch, and times and values
//          are the store's own arrays, but for a series that gets a marker, whose values are copied.
// Lifetime the store, where it is not owned, outlives the view; a Selection owns what it shows.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "store/identity/timeline.h"
#include "store/queryable.h"

namespace tacho::store {

// The newest timeline; null or empty: there are no identities. From any thread.
using TimelineSource = std::function<std::shared_ptr<const IdentityTimeline>()>;

class IdentityView final : public Queryable {
 public:
  IdentityView(const Queryable& store, TimelineSource timeline) : store_(store), timeline_(std::move(timeline)) {}
  IdentityView(std::unique_ptr<const Queryable> store, TimelineSource timeline)
      : owned_(std::move(store)), store_(*owned_), timeline_(std::move(timeline)) {}

  Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const override;
  Result<Selection> select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, TimeRange range) const override;
  TimeRange bounds() const override { return store_.bounds(); }
  std::vector<MetricMetadata> metadata() const override { return store_.metadata(); }
  WindowStatus status() const override { return store_.status(); }
  std::vector<GroupTimes> group_times(TimeRange range) const override { return store_.group_times(range); }

 private:
  // Null: nothing is joined in the range.
  std::shared_ptr<const IdentityTimeline> timeline_of(TimeRange range) const;

  std::unique_ptr<const Queryable> owned_;
  const Queryable& store_;
  const TimelineSource timeline_;
};

}  // namespace tacho::store
