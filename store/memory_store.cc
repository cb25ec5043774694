#include "store/memory_store.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

#include "proto/base/check.h"
#include "proto/base/file.h"
#include "store/metric_types.h"

namespace tacho::store {
namespace {

using Times = std::shared_ptr<const std::vector<TimeMs>>;

struct LoadedSeries {
  SeriesInfo info;
  Times times;
  std::vector<double> values;
};

struct TextHash {
  std::size_t operator()(std::string_view s) const { return XXH3_64bits(s.data(), s.size()); }
};

struct Column {
  std::string_view text;  // the series as the file writes it
  Labels labels;
  std::vector<TimeMs> times;
  std::vector<double> values;
  bool ascending = true;
  std::size_t next = 0;  // the series that followed this one last time
};

constexpr std::uint64_t kSamplesBetween = 16'384;  // some milliseconds

// Takes the parser's lines apart into columns.
class Loader final : public ExpositionSink {
 public:
  // `progress` outlives it.
  Loader(std::string_view text, const LoadProgress& progress) : text_(text), progress_(progress) {}

  void sample(std::string_view series, double value, std::optional<TimeMs> t) override {
    if (bad_at_) return;
    if (progress_ && ++samples_ % kSamplesBetween == 0)
      progress_(static_cast<std::uint64_t>(series.data() - text_.data()), text_.size());
    if (!t) return fail(series, failure("a sample has no timestamp: {}", series).error());
    const std::size_t i = find(series);
    if (bad_at_) return;
    Column& c = columns_[i];
    if (!c.times.empty() && c.times.back() >= *t) c.ascending = false;
    c.times.push_back(*t);
    c.values.push_back(value);
  }
  void type(std::string_view metric, MetricType t) override { metadata_[std::string(metric)].type = t; }
  void help(std::string_view metric, std::string_view text) override { metadata_[std::string(metric)].help = text; }
  void unit(std::string_view metric, std::string_view text) override { metadata_[std::string(metric)].unit = text; }

  std::vector<Column>& columns() { return columns_; }
  std::map<std::string, MetricMetadata>& metadata() { return metadata_; }

  // What a sink found wrong, with the line that it stands on.
  std::optional<Error> error(std::string_view text, std::string_view name) const {
    if (!bad_at_) return std::nullopt;
    return failure("{}:{}: {}", name, 1 + std::count(text.data(), bad_at_, '\n'), bad_.message).error();
  }

 private:
  // Scrapes repeat their series in one order, so that the successor of the last time is nearly always right: no
  // hashing.
  std::size_t find(std::string_view series) {
    const std::size_t guess = columns_.empty() ? 0 : columns_[last_].next;
    if (guess < columns_.size() && columns_[guess].text == series) return last_ = guess;
    auto [at, fresh] = by_text_.try_emplace(series, columns_.size());
    if (fresh) {
      auto labels = parse_series(series);
      if (!labels) {
        fail(series, labels.error());
        return 0;
      }
      // The same labels can be written in two ways.
      const auto same = by_labels_.try_emplace(*labels, columns_.size()).first;
      at->second = same->second;
      if (same->second == columns_.size()) columns_.push_back({series, std::move(*labels), {}, {}});
    }
    columns_[last_].next = at->second;
    return last_ = at->second;
  }

  void fail(std::string_view where, Error e) {
    bad_at_ = where.data();
    bad_ = std::move(e);
  }

  std::string_view text_;
  const LoadProgress& progress_;
  std::uint64_t samples_ = 0;
  std::vector<Column> columns_;
  std::unordered_map<std::string_view, std::size_t, TextHash> by_text_;
  std::unordered_map<Labels, std::size_t, LabelsHash> by_labels_;
  std::map<std::string, MetricMetadata> metadata_;
  std::size_t last_ = 0;
  const char* bad_at_ = nullptr;
  Error bad_;
};

// Ascending times, no two equal: the later of equal ones in the file stays.
void sort_column(Column& c) {
  if (c.ascending) return;
  std::vector<std::size_t> order(c.times.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&c](std::size_t a, std::size_t b) { return c.times[a] < c.times[b]; });
  std::vector<TimeMs> times;
  std::vector<double> values;
  for (const std::size_t i : order) {
    if (!times.empty() && times.back() == c.times[i]) {
      values.back() = c.values[i];
    } else {
      times.push_back(c.times[i]);
      values.push_back(c.values[i]);
    }
  }
  c.times = std::move(times);
  c.values = std::move(values);
}

// Gives equal time arrays out as one.
class SharedTimes {
 public:
  Times share(std::vector<TimeMs> times) {
    const std::uint64_t hash = XXH3_64bits(times.data(), times.size() * sizeof(TimeMs));
    const auto [first, last] = known_.equal_range(hash);
    for (auto at = first; at != last; ++at) {
      if (*at->second == times) return at->second;
    }
    times.shrink_to_fit();
    auto made = std::make_shared<const std::vector<TimeMs>>(std::move(times));
    known_.emplace(hash, made);
    return made;
  }

 private:
  std::unordered_multimap<std::uint64_t, Times> known_;
};

}  // namespace

struct MemoryStore::Data {
  // Series in any order, no two with equal labels.
  Data(std::vector<OwnedSeries> loaded, SnapshotFrame beside);

  std::vector<LoadedSeries> series;  // sorted by labels
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_name;
  SnapshotFrame frame;
  TimeRange bounds;
  std::size_t samples = 0;

  // Calls `visit` for the series that match any of the sets, in order.
  template <class Visit>
  void for_each_match(std::span<const MatcherSet> sets, Visit&& visit) const {
    const auto look_at = [&](const LoadedSeries& s) {
      const auto matches = [&](const MatcherSet& set) { return matches_all(set, s.info.labels); };
      if (std::any_of(sets.begin(), sets.end(), matches)) visit(s);
    };
    std::vector<std::size_t> named;
    const bool all_named = std::all_of(sets.begin(), sets.end(), [&](const MatcherSet& set) { return find_named(set, named); });
    if (!all_named) {
      std::for_each(series.begin(), series.end(), look_at);
      return;
    }
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    for (const std::size_t i : named) look_at(series[i]);
  }

 private:
  // Adds the series of the names that the matchers list; false when they list none.
  bool find_named(MatcherSet matchers, std::vector<std::size_t>& out) const {
    for (const Matcher& m : matchers) {
      if (m.label() != kMetricName || m.literals().empty() || m.literals().front().empty()) continue;
      for (const std::string& name : m.literals()) {
        if (const auto at = by_name.find(name); at != by_name.end()) out.insert(out.end(), at->second.begin(), at->second.end());
      }
      return true;
    }
    return false;
  }
};

MemoryStore::Data::Data(std::vector<OwnedSeries> loaded, SnapshotFrame beside) : frame(std::move(beside)) {
  SharedTimes shared;
  series.reserve(loaded.size());
  for (OwnedSeries& s : loaded) {
    s.values.shrink_to_fit();
    series.push_back({std::move(s.info), shared.share(std::move(s.times)), std::move(s.values)});
  }
  std::sort(series.begin(), series.end(),
            [](const LoadedSeries& a, const LoadedSeries& b) { return a.info.labels < b.info.labels; });
  for (std::size_t i = 0; i < series.size(); ++i) {
    const LoadedSeries& s = series[i];
    TACHO_CHECK(!s.times->empty() && s.times->size() == s.values.size());
    by_name[s.info.labels.metric_name()].push_back(i);
    const TimeRange r{s.times->front(), s.times->back()};
    bounds = bounds.empty() ? r : TimeRange{std::min(bounds.min, r.min), std::max(bounds.max, r.max)};
    samples += s.values.size();
  }
}

Result<MemoryStore> MemoryStore::load(const std::string& path, const LoadProgress& progress) {
  const auto content = read_file(path);
  if (!content) return std::unexpected(content.error());
  if (!is_snapshot(*content)) return parse(*content, path, TextFormat::openmetrics, progress);
  auto snapshot = decode_snapshot(std::as_bytes(std::span(*content)), path);
  if (!snapshot) return std::unexpected(snapshot.error());
  return of(std::move(*snapshot));
}

MemoryStore MemoryStore::of(Snapshot snapshot) {
  return MemoryStore(std::make_shared<const Data>(std::move(snapshot.series), std::move(snapshot.frame)));
}

Result<MemoryStore> MemoryStore::parse(std::string_view text, std::string_view name, TextFormat format,
                                       const LoadProgress& progress) {
  Loader loader(text, progress);
  const auto parsed = parse_exposition(text, format, loader, name);
  // The sink's error comes first in the file: the parser goes no further than its own.
  if (const auto e = loader.error(text, name)) return std::unexpected(*e);
  if (!parsed) return std::unexpected(parsed.error());

  SnapshotFrame frame;
  for (auto& [metric, m] : loader.metadata()) {
    m.name = metric;
    frame.metadata.push_back(m);
  }
  const MetricTypes types(frame.metadata);
  std::vector<OwnedSeries> series;
  for (Column& c : loader.columns()) {
    sort_column(c);
    const MetricType type = types.of(c.labels.metric_name());
    series.push_back({{.labels = std::move(c.labels), .type = type}, std::move(c.times), std::move(c.values)});
  }
  return MemoryStore(std::make_shared<const Data>(std::move(series), std::move(frame)));
}

Result<Selection> MemoryStore::select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const {
  return select_any({&matchers, 1}, range, limits);
}

Result<Selection> MemoryStore::select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const {
  Selection out;
  out.owner = data_;
  // Series that share their times share the place of the range in them.
  const std::vector<TimeMs>* searched = nullptr;
  std::size_t first = 0, last = 0;
  data_->for_each_match(sets, [&](const LoadedSeries& s) {
    if (s.times.get() != searched) {
      searched = s.times.get();
      const auto from = std::lower_bound(searched->begin(), searched->end(), range.min);
      first = static_cast<std::size_t>(from - searched->begin());
      last = static_cast<std::size_t>(std::upper_bound(from, searched->end(), range.max) - searched->begin());
    }
    if (first >= last) return;
    out.samples += last - first;
    out.series.push_back(
        {&s.info, std::span(*s.times).subspan(first, last - first), std::span(s.values).subspan(first, last - first)});
  });
  if (out.samples > limits.samples_max) {
    return too_many_samples(limits);
  }
  return out;
}

Result<std::vector<Labels>> MemoryStore::series(std::span<const Matcher> matchers, TimeRange range) const {
  std::vector<Labels> out;
  data_->for_each_match({&matchers, 1}, [&](const LoadedSeries& s) {
    if (s.times->front() <= range.max && s.times->back() >= range.min) out.push_back(s.info.labels);
  });
  return out;
}

TimeRange MemoryStore::bounds() const { return data_->bounds; }
std::vector<MetricMetadata> MemoryStore::metadata() const { return data_->frame.metadata; }

std::vector<GroupTimes> MemoryStore::group_times(TimeRange range) const {
  std::vector<GroupTimes> out;
  for (const GroupTimes& g : data_->frame.groups) {
    const auto from = std::lower_bound(g.times.begin(), g.times.end(), range.min);
    const auto to = std::upper_bound(from, g.times.end(), range.max);
    if (from != to) out.push_back({g.group, g.interval_ms, {from, to}});
  }
  return out;
}

const SnapshotOrigin& MemoryStore::origin() const { return data_->frame.origin; }
std::size_t MemoryStore::series_count() const { return data_->series.size(); }
std::size_t MemoryStore::sample_count() const { return data_->samples; }

}  // namespace tacho::store
