// What can be asked: the one door between where samples lie (shared memory and ring, a loaded file) and the query engine.
//
// Shape    select() decodes every matching series once, into flat arrays; series of one group share their time column.
// Units    TimeMs; both ends of a range are closed.
// Threads  const calls from any thread, also while samples are being written; a Selection is a snapshot.
// Errors   a store that cannot be read; a limit (Error::message says which).
// Cost     one copy of the samples in range.
// Lifetime a Selection owns what its views point to; it must not outlive the Queryable.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "proto/base/sample.h"
#include "store/matcher.h"
#include "store/series.h"
#include "store/status.h"

namespace tacho::store {

// Samples of one series in a range: times strictly increasing; values may be staleness markers, never `absent`.
struct SeriesView {
  const SeriesInfo* info = nullptr;
  std::span<const TimeMs> times;
  std::span<const double> values;  // values.size() == times.size()

  const Labels& labels() const { return info->labels; }
};

struct Selection {
  std::vector<SeriesView> series;  // sorted by labels; each has at least one sample in the range
  std::size_t samples = 0;         // the sum of their sizes
  std::shared_ptr<const void> owner;
};

std::size_t samples_of(std::span<const SeriesView> series);
// Of several selections each series once: as the first one that has it shows it.
Selection join(std::vector<Selection> parts);

struct MetricMetadata {
  std::string name;
  MetricType type = MetricType::unknown;
  std::string help;
  std::string unit;
};

struct TimeRange {
  TimeMs min = 0;
  TimeMs max = -1;
  bool empty() const { return max < min; }
  bool operator==(const TimeRange&) const = default;
};

// How many rows a group has in a range: a source that ticks each interval_ms has range/interval of them when nothing is missing.
struct GroupRows {
  std::string group;
  std::int64_t interval_ms = 0;
  std::size_t rows = 0;
};

// The rows themselves: strictly increasing times.
struct GroupTimes {
  std::string group;
  std::int64_t interval_ms = 0;
  std::vector<TimeMs> times;
};

struct SelectLimits {
  std::size_t samples_max = 50'000'000;         // as Prometheus's --query.max-samples
  std::string_view name = "query.samples_max";  // what to raise, for the message
  // Whole runs of rows are counted before they are read, of which a range may need a part: so many more may be read.
  std::size_t slack = 1'000'000;
  // The newest sample of each series in the range is enough (what an instant shows); it may be one of several that are given.
  bool newest = false;
};
// The error of a selection that would be larger.
std::unexpected<Error> too_many_samples(const SelectLimits& limits);

using MatcherSet = std::span<const Matcher>;

class Queryable {
 public:
  virtual ~Queryable() = default;

  // Series that match all matchers and have a sample in [range.min, range.max].
  virtual Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const = 0;

  // Series that match all matchers of any of the sets, each once. By default a select a set; one pass where the store can.
  virtual Result<Selection> select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const;

  // Label sets only, of series that match and may have a sample in the range (never fewer than select gives); sorted.
  virtual Result<std::vector<Labels>> series(std::span<const Matcher> matchers, TimeRange range) const = 0;

  // From the oldest sample to the newest; empty() when there is none.
  virtual TimeRange bounds() const = 0;

  virtual std::vector<MetricMetadata> metadata() const = 0;

  // What is held, and what it costs. By default what bounds() and series() tell.
  virtual WindowStatus status() const {
    WindowStatus out;
    const TimeRange held = bounds();
    if (held.empty()) return out;
    out.window_seconds = static_cast<double>(held.max - held.min) / 1000;
    if (const auto all = series({}, held)) out.series = all->size();
    return out;
  }

  // Every group with a row in the range; empty for stores without groups.
  virtual std::vector<GroupTimes> group_times(TimeRange) const { return {}; }
  // How many rows they have.
  virtual std::vector<GroupRows> group_rows(TimeRange range) const;
};

}  // namespace tacho::store
