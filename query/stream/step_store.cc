#include "query/stream/step_store.h"

#include <algorithm>

namespace tacho::query {
namespace {

std::string text_of(std::span<const store::Matcher> matchers) {
  std::string out;
  for (const store::Matcher& m : matchers)
    out.append(m.label()).append(1, static_cast<char>('0' + static_cast<int>(m.op()))).append(m.value()).append(1, '\0');
  return out;
}

// The one name that it asks for; null where it asks for several, or for any.
const std::string* name_of(std::span<const store::Matcher> matchers) {
  for (const store::Matcher& m : matchers) {
    if (m.label() == kMetricName && m.literals().size() == 1) return &m.literals().front();
  }
  return nullptr;
}

}  // namespace

void StepStore::begin(TimeMs step) {
  if (step + kAloneMs < alone_until_) alone_until_ = 0;  // the clock stepped back
  step_ = step;
  known_ = std::exchange(asked_, {});
  fetched_.reset();
  by_name_.clear();
  range_ = {step, step};
  std::vector<store::MatcherSet> sets;
  for (auto& [text, wanted] : known_) {
    // Without a name it may be of all series, which need not be gone through for each of the others. A list of names does not find an alias
    // beside what it is made of; but of all that was fetched it would take both, if another asks for the alias.
    wanted.together = step >= alone_until_ && wanted.before <= kTogetherMs && name_of(wanted.matchers) != nullptr;
    if (!wanted.together) continue;
    sets.emplace_back(wanted.matchers);
    range_ = {std::min(range_.min, step - wanted.before), std::max(range_.max, step + wanted.after)};
  }
  if (sets.size() < 2) return;
  auto fetched = store_.select_any(sets, range_, {.samples_max = kTogetherSamples});
  // Each asks for itself, and says what is wrong.
  if (!fetched) return fetch_alone();
  fetched_ = std::move(*fetched);
  // Sorted by labels: those of a name stand together, but for series that have a label before __name__.
  std::stable_sort(fetched_->series.begin(), fetched_->series.end(), [](const store::SeriesView& a, const store::SeriesView& b) {
    return a.labels().metric_name() < b.labels().metric_name();
  });
  for (std::size_t i = 0; i < fetched_->series.size(); ++i) {
    const auto [at, fresh] = by_name_.try_emplace(fetched_->series[i].labels().metric_name(), i, i + 1);
    at->second.second = i + 1;
  }
}

void StepStore::part_of(const Wanted& wanted, store::TimeRange range, store::Selection& out) const {
  std::span<const TimeMs> times;  // of the series before: mostly the same array
  std::size_t first = 0, end = 0;
  const auto of_name = by_name_.find(*name_of(wanted.matchers));
  if (of_name == by_name_.end()) return;
  for (std::size_t i = of_name->second.first; i < of_name->second.second; ++i) {
    const store::SeriesView& s = fetched().series[i];
    if (!store::matches_all(wanted.matchers, s.labels())) continue;
    if (times.data() != s.times.data() || times.size() != s.times.size()) {
      times = s.times;
      first = static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), range.min) - times.begin());
      end = static_cast<std::size_t>(std::upper_bound(times.begin(), times.end(), range.max) - times.begin());
    }
    if (first == end) continue;
    out.series.push_back({s.info, s.times.subspan(first, end - first), s.values.subspan(first, end - first)});
    out.samples += end - first;
  }
}

tacho::Result<store::Selection> StepStore::select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                                  const store::SelectLimits& limits) const {
  std::string text = text_of(matchers);
  const auto known = known_.find(text);
  Wanted& asked = asked_[std::move(text)];
  if (asked.matchers.empty()) asked.matchers.assign(matchers.begin(), matchers.end());
  asked.before = std::max(asked.before, step_ - range.min);
  asked.after = std::max(asked.after, range.max - step_);
  const bool is_there =
      fetched_ && known != known_.end() && known->second.together && range.min >= range_.min && range.max <= range_.max;
  if (!is_there) return store_.select(matchers, range, limits);
  store::Selection out;
  part_of(known->second, range, out);
  if (out.samples > limits.samples_max) return store::too_many_samples(limits);
  std::sort(out.series.begin(), out.series.end(),
            [](const store::SeriesView& a, const store::SeriesView& b) { return a.labels() < b.labels(); });
  out.owner = fetched().owner;
  return out;
}

}  // namespace tacho::query
