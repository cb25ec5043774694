#include "store/aliases/maker.h"

#include <algorithm>
#include <deque>

#include "store/aliases/labels.h"

namespace tacho::store {
namespace {

// What the views of alias series point into.
struct Made {
  std::shared_ptr<const void> below;
  std::deque<SeriesInfo> infos;
  std::deque<AliasColumn> columns;
};

}  // namespace

AliasMaker::AliasMaker(const AliasPlan& plan, std::span<const Matcher> matchers) : plan_(plan) {
  for (const Matcher& m : matchers) {
    if (m.label() != kMetricName) matchers_.push_back(m);
  }
}

void AliasMaker::add(const SeriesView& series) {
  const auto used = plan_.uses.find(series.labels().metric_name());
  if (used == plan_.uses.end()) return;
  for (const AliasUse& use : used->second) {
    if (!matches_all(use.term->where, series.labels())) continue;
    Labels labels = alias_labels(*plan_.rules[use.rule], series.labels());
    if (matches_all(matchers_, labels)) made_[{std::move(labels), use.rule}].push_back({use.term, use.divides, series});
  }
}

// Whether there is something for each term that must be there.
bool AliasMaker::is_whole(const Key& key, std::span<const AliasInput> inputs) const {
  const auto is_there = [&](const AliasTerm& t) {
    return t.optional || std::any_of(inputs.begin(), inputs.end(), [&](const AliasInput& i) { return i.term == &t; });
  };
  const AliasRule& rule = *plan_.rules[key.rule];
  return std::all_of(rule.terms.begin(), rule.terms.end(), is_there) &&
         std::all_of(rule.divisor.begin(), rule.divisor.end(), is_there);
}

void AliasMaker::drop_known(std::span<const Labels* const> kept) {
  if (kept.empty()) return;
  std::erase_if(made_, [&](const auto& made) {
    const AliasRule& rule = *plan_.rules[made.first.rule];
    return std::any_of(kept.begin(), kept.end(), [&](const Labels* k) {
      return k->metric_name() == rule.name && says_the_same(rule, *k, made.first.labels);
    });
  });
}

std::vector<Labels> AliasMaker::labels() const {
  std::vector<Labels> out;
  for (const auto& [key, inputs] : made_) {
    if (is_whole(key, inputs) && (out.empty() || out.back() != key.labels)) out.push_back(key.labels);
  }
  return out;
}

void AliasMaker::finish(TimeRange range, Selection& out) {
  const auto owner = std::make_shared<Made>();
  for (auto& [key, inputs] : made_) {
    if (!is_whole(key, inputs)) continue;
    // An earlier rule has made it, and had samples.
    if (!owner->infos.empty() && owner->infos.back().labels == key.labels) continue;
    const AliasRule& rule = *plan_.rules[key.rule];
    AliasColumn column = alias_values(rule, inputs, range);
    if (column.values.empty()) continue;
    owner->infos.push_back({key.labels, rule.type, rule.rollup});
    owner->columns.push_back(std::move(column));
    const AliasColumn& made = owner->columns.back();
    const std::span<const TimeMs> times =
        made.same_times ? inputs[0].series.times.subspan(made.first, made.values.size()) : std::span(made.times);
    out.series.push_back({&owner->infos.back(), times, made.values});
    out.samples += made.values.size();
  }
  owner->below = std::move(out.owner);
  out.owner = owner;
}

}  // namespace tacho::store
