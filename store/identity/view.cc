#include "store/identity/view.h"

#include <algorithm>
#include <map>

#include "store/identity/matchers.h"
#include "store/identity/pieces.h"

namespace tacho::store {
namespace {

bool matches_any(std::span<const MatcherSet> sets, const Labels& labels) {
  return std::any_of(sets.begin(), sets.end(), [&](MatcherSet m) { return matches_all(m, labels); });
}

}  // namespace

std::shared_ptr<const IdentityTimeline> IdentityView::timeline_of(TimeRange range) const {
  if (range.empty()) return nullptr;
  auto timeline = timeline_();
  return timeline && timeline->tells_of(range) ? timeline : nullptr;
}

Result<Selection> IdentityView::select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const {
  if (!timeline_of(range)) return store_.select(matchers, range, limits);
  const MatcherSet one[] = {matchers};
  return select_any(one, range, limits);
}

Result<Selection> IdentityView::select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const {
  const auto timeline = timeline_of(range);
  if (!timeline) return store_.select_any(sets, range, limits);
  std::vector<std::vector<Matcher>> below;
  for (const MatcherSet& set : sets) {
    for (auto& matchers : matchers_below(*timeline, set, range)) below.push_back(std::move(matchers));
  }
  const std::vector<MatcherSet> asked(below.begin(), below.end());
  auto out = asked.size() == 1 ? store_.select(asked[0], range, limits) : store_.select_any(asked, range, limits);
  if (!out || out->series.empty()) return out;

  IdentityPieces pieces(*timeline, range);
  for (const SeriesView& s : out->series) pieces.add(s);
  pieces.settle();
  pieces.finish([&](const Labels& labels) { return matches_any(sets, labels); }, *out);
  if (out->samples > limits.samples_max) return too_many_samples(limits);
  return out;
}

Result<std::vector<Labels>> IdentityView::series(std::span<const Matcher> matchers, TimeRange range) const {
  const auto timeline = timeline_of(range);
  if (!timeline) return store_.series(matchers, range);
  std::vector<Labels> stored;
  for (const auto& below : matchers_below(*timeline, matchers, range)) {
    auto found = store_.series(below, range);
    if (!found) return found;
    stored.insert(stored.end(), std::make_move_iterator(found->begin()), std::make_move_iterator(found->end()));
  }
  std::sort(stored.begin(), stored.end());
  stored.erase(std::unique(stored.begin(), stored.end()), stored.end());

  IdentityJoiner joiner(*timeline, range);
  std::map<Labels, std::vector<const Labels*>> joined;  // and which stored series they are of
  for (const Labels& own : stored) {
    for (const IdentityStretch& s : joiner.stretches(own)) {
      auto& of = joined[joined_labels(own, *s.labels)];
      if (of.empty() || of.back() != &own) of.push_back(&own);
    }
  }
  std::vector<Labels> out;
  const auto add = [&](const Labels& labels) {
    if (matches_all(matchers, labels)) out.push_back(labels);
  };
  for (const auto& [labels, of] : joined) {
    add(labels);
    if (of.size() < 2) continue;
    for (const Labels* own : of) add(*own);  // one of them may have to be answered as it is stored
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace tacho::store
