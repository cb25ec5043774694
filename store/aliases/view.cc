#include "store/aliases/view.h"

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_set>

#include "store/aliases/labels.h"
#include "store/aliases/maker.h"
#include "store/selection_store.h"

namespace tacho::store {
namespace {

bool is_name(const Matcher& m) { return m.label() == kMetricName; }

std::vector<Matcher> names_of(std::span<const Matcher> matchers) {
  std::vector<Matcher> out;
  std::copy_if(matchers.begin(), matchers.end(), std::back_inserter(out), is_name);
  return out;
}

// On the series that the plan's aliases are made of.
std::vector<Matcher> matchers_of(const AliasPlan& plan, std::span<const Matcher> matchers) {
  std::vector<Matcher> out;
  if (plan.labels != nullptr) out = matchers_behind(*plan.labels, matchers);
  out.insert(out.end(), plan.where.begin(), plan.where.end());
  out.push_back(*plan.inputs);
  return out;
}

// One of the plan's names.
Matcher alias_names(const AliasPlan& plan) {
  std::set<std::string_view> names;
  for (const AliasRule* rule : plan.rules) names.insert(rule->name);
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : "|") + std::string(name);
  return Matcher::create(std::string(kMetricName), MatchOp::regex, std::move(list)).value();
}

std::vector<const Labels*> pointers(std::span<const Labels> labels) {
  std::vector<const Labels*> out;
  for (const Labels& l : labels) out.push_back(&l);
  return out;
}

TimeRange reaching_back(TimeRange range, bool reaches_back) {
  if (reaches_back && range.min > std::numeric_limits<TimeMs>::min() + kAliasReachMs) range.min -= kAliasReachMs;
  return range;
}

// The part of the series in the range.
SeriesView part_of(const SeriesView& s, TimeRange range) {
  const auto from = std::lower_bound(s.times.begin(), s.times.end(), range.min);
  const auto to = std::upper_bound(from, s.times.end(), range.max);
  const auto first = static_cast<std::size_t>(from - s.times.begin());
  const auto count = static_cast<std::size_t>(to - from);
  return {s.info, s.times.subspan(first, count), s.values.subspan(first, count)};
}

// Kept series and made ones in one order; both have one.
void merge_sorted(Selection& out, std::size_t kept) {
  const auto before = [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); };
  const auto same = [](const SeriesView& a, const SeriesView& b) { return a.labels() == b.labels(); };
  std::inplace_merge(out.series.begin(), out.series.begin() + static_cast<std::ptrdiff_t>(kept), out.series.end(), before);
  out.series.erase(std::unique(out.series.begin(), out.series.end(), same), out.series.end());
  out.samples = samples_of(out.series);
}

}  // namespace

Result<Selection> AliasView::select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const {
  std::optional<AliasPlan> own;
  const AliasPlan* plan = table_->plan(matchers, own);
  if (plan == nullptr || range.empty()) return store_.select(matchers, range, limits);

  // Kept series that do not match the selector's other labels are of interest too: they make an alias of the same card superfluous.
  // Of a name that hardly ever any is kept under they come with the selection; else they are asked for when there are aliases.
  const std::vector<Matcher> names = names_of(matchers);
  const bool has_others = names.size() < matchers.size();
  const bool keeps_few = !own && plan->labels != nullptr && !plan->labels->usually_stored;
  const std::vector<Matcher> behind = matchers_of(*plan, matchers);
  const MatcherSet sets[] = {keeps_few ? MatcherSet(names) : matchers, behind};
  SelectLimits whole = limits;
  whole.newest = false;  // the newest of two series may be of two times
  auto below = store_.select_any(sets, reaching_back(range, plan->reaches_back), whole);
  if (!below) return below;

  AliasMaker maker(*plan, matchers);
  Selection out;
  std::vector<const Labels*> kept;
  for (const SeriesView& s : below->series) {
    if (!matches_name(names, s.labels().metric_name())) {
      maker.add(s);
      continue;
    }
    kept.push_back(&s.labels());
    if (has_others && keeps_few && !matches_all(matchers, s.labels())) continue;
    const SeriesView part = plan->reaches_back ? part_of(s, range) : s;
    if (!part.times.empty()) out.series.push_back(part);
  }
  if (maker.empty() && out.series.size() == below->series.size() && !plan->reaches_back) return below;

  std::vector<Labels> others;
  if (!maker.empty() && has_others && !keeps_few) {
    auto all = store_.series(names, range);
    if (!all) return std::unexpected(all.error());
    others = std::move(*all);
    kept = pointers(others);
  }
  maker.drop_known(kept);
  const std::size_t count = out.series.size();
  out.owner = std::move(below->owner);
  maker.finish(range, out);
  merge_sorted(out, count);
  return out;
}

// Mostly nothing is kept that aliases of the sets would be made of, and the sets are answered as they stand.
Result<Selection> AliasView::select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const {
  std::vector<const AliasPlan*> plans;
  std::vector<MatcherSet> asked(sets.begin(), sets.end());
  for (const MatcherSet& set : sets) {
    std::optional<AliasPlan> own;
    plans.push_back(table_->plan(set, own));
    if (plans.back() == nullptr) continue;
    // One of this set's own would have to outlive it.
    if (own || !plans.back()->inputs || plans.back()->inputs->literals().empty())
      return Queryable::select_any(sets, range, limits);
    asked.emplace_back(&*plans.back()->inputs, 1);
  }
  auto all = store_.select_any(asked, range, limits);
  if (!all || asked.size() == sets.size()) return all;

  std::unordered_set<std::string_view> there;
  for (const SeriesView& s : all->series) there.insert(s.labels().metric_name());
  const auto is_there = [&](const std::string& name) { return there.contains(name); };
  std::vector<MatcherSet> kept, made;
  bool reaches_back = false;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const bool is_made = plans[i] != nullptr && std::ranges::any_of(plans[i]->inputs->literals(), is_there);
    (is_made ? made : kept).push_back(sets[i]);
    reaches_back |= is_made && plans[i]->reaches_back;
  }
  if (made.empty()) return all;
  auto aliases = make_together(made, range, reaches_back, limits);
  if (!aliases) return aliases;

  const auto is_kept = [&](const SeriesView& s) {
    return std::ranges::any_of(kept, [&](MatcherSet set) { return matches_all(set, s.labels()); });
  };
  std::erase_if(all->series, [&](const SeriesView& s) { return !is_kept(s); });
  std::vector<Selection> parts;
  parts.push_back(std::move(*all));
  parts.push_back(std::move(*aliases));
  Selection out = join(std::move(parts));
  if (out.samples > limits.samples_max) return too_many_samples(limits);
  return out;
}

// All that select() would ask for, read once. Requires: each set has a plan of the table's, with a list of inputs.
Result<Selection> AliasView::make_together(std::span<const MatcherSet> sets, TimeRange range, bool reaches_back,
                                           const SelectLimits& limits) const {
  std::vector<std::vector<Matcher>> names;
  std::vector<MatcherSet> asked;
  for (const MatcherSet& set : sets) {
    std::optional<AliasPlan> own;
    asked.emplace_back(&*table_->plan(set, own)->inputs, 1);
    names.push_back(names_of(set));
  }
  asked.insert(asked.end(), names.begin(), names.end());
  auto all = store_.select_any(asked, reaching_back(range, reaches_back), limits);
  if (!all) return all;
  const SelectionStore read(std::move(*all));
  return AliasView(read, table_).Queryable::select_any(sets, range, limits);
}

Result<std::vector<Labels>> AliasView::alias_series(const AliasPlan& plan, std::span<const Matcher> matchers,
                                                    TimeRange range) const {
  const auto behind = store_.series(matchers_of(plan, matchers), range);
  if (!behind) return behind;
  std::vector<SeriesInfo> infos(behind->size());
  AliasMaker maker(plan, matchers);
  for (std::size_t i = 0; i < behind->size(); ++i) {
    infos[i].labels = (*behind)[i];
    maker.add({&infos[i], {}, {}});
  }
  if (maker.empty()) return std::vector<Labels>{};
  const auto kept = store_.series(std::vector{alias_names(plan)}, range);
  if (!kept) return kept;
  maker.drop_known(pointers(*kept));
  return maker.labels();
}

Result<std::vector<Labels>> AliasView::series(std::span<const Matcher> matchers, TimeRange range) const {
  auto out = store_.series(matchers, range);
  std::optional<AliasPlan> own;
  const AliasPlan* plan = table_->plan(matchers, own);
  if (plan == nullptr || !out || range.empty()) return out;
  const auto made = alias_series(*plan, matchers, range);
  if (!made) return made;
  out->insert(out->end(), made->begin(), made->end());
  std::sort(out->begin(), out->end());
  out->erase(std::unique(out->begin(), out->end()), out->end());
  return out;
}

Result<Selection> AliasView::select_sets(std::span<const std::string> sets, TimeRange range, const SelectLimits& limits) const {
  const AliasPlan plan = table_->plan_of_sets(sets);
  Selection out;
  if (plan.rules.empty() || range.empty()) return out;
  SelectLimits whole = limits;
  whole.newest = false;  // as in select()
  auto below = store_.select(matchers_of(plan, {}), reaching_back(range, plan.reaches_back), whole);
  if (!below) return below;
  AliasMaker maker(plan, {});
  for (const SeriesView& s : below->series) maker.add(s);
  if (maker.empty()) return out;
  const auto kept = store_.series(std::vector{alias_names(plan)}, range);
  if (!kept) return std::unexpected(kept.error());
  maker.drop_known(pointers(*kept));
  out.owner = std::move(below->owner);
  maker.finish(range, out);
  return out;
}

// By what there is of each term alone: whether one card has them all is not worth making its labels for.
Result<std::vector<std::string>> AliasView::names(TimeRange range) const {
  std::vector<std::string> out;
  const AliasPlan& plan = table_->plan_of_all();
  if (plan.rules.empty() || range.empty()) return out;
  const auto behind = store_.series(matchers_of(plan, {}), range);
  if (!behind) return std::unexpected(behind.error());
  std::set<const AliasTerm*> seen;
  for (const Labels& l : *behind) {
    const auto used = plan.uses.find(l.metric_name());
    if (used == plan.uses.end()) continue;
    for (const AliasUse& use : used->second) {
      if (!seen.contains(use.term) && matches_all(use.term->where, l)) seen.insert(use.term);
    }
  }
  const auto is_there = [&](const AliasTerm& t) { return t.optional || seen.contains(&t); };
  for (const AliasRule* rule : plan.rules) {
    if (std::all_of(rule->terms.begin(), rule->terms.end(), is_there) &&
        std::all_of(rule->divisor.begin(), rule->divisor.end(), is_there))
      out.push_back(rule->name);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<MetricMetadata> AliasView::metadata_of_sets(std::span<const std::string> sets) const {
  const auto there = names(bounds());
  std::vector<MetricMetadata> out;
  if (!there || there->empty()) return out;
  for (const AliasRule& rule : table_->rules()) {
    const bool is_wanted = std::find(sets.begin(), sets.end(), rule.set) != sets.end();
    const bool is_new = std::none_of(out.begin(), out.end(), [&](const MetricMetadata& m) { return m.name == rule.name; });
    if (is_wanted && is_new && std::binary_search(there->begin(), there->end(), rule.name))
      out.push_back({rule.name, rule.type, rule.help, ""});
  }
  return out;
}

std::vector<MetricMetadata> AliasView::metadata() const {
  std::vector<MetricMetadata> out = store_.metadata();
  std::set<std::string, std::less<>> known;
  for (const MetricMetadata& m : out) known.insert(m.name);
  for (MetricMetadata& m : metadata_of_sets(table_->sets())) {
    if (!known.contains(m.name)) out.push_back(std::move(m));
  }
  return out;
}

}  // namespace tacho::store
