#include "store/window/window.h"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "proto/base/check.h"
#include "store/window/part_rows.h"

namespace tacho::store {
namespace {

// One series being put together. Its values are aligned with its group's times [first, end) until finish(): of a window in which
// series come and go, only those where it may have some.
struct Slot {
  const SeriesInfo* info = nullptr;
  std::size_t first = 0, end = 0;
  std::vector<double> values;
  std::vector<TimeMs> own_times;  // only where cells are absent
  bool found = false;             // SelectLimits::newest: it has a sample
};

// What a Selection's views point into.
struct Owner {
  std::vector<std::shared_ptr<const StoredSchema>> schemas;
  std::vector<std::unique_ptr<std::vector<TimeMs>>> times;
  std::vector<std::unique_ptr<Slot>> slots;
};

// Tells most series that no set wants from their metric's name alone.
class WantedNames {
 public:
  explicit WantedNames(std::span<const MatcherSet> sets) : sets_(sets) {
    places_.reserve(sets.size());
    for (const MatcherSet& set : sets) any_ |= places_.emplace_back(places_of(set));
  }

  // The columns of series that match any of the sets.
  std::vector<std::uint32_t> columns(const StoredSchema& schema) const {
    std::vector<std::uint32_t> out;
    for (std::uint32_t c = 0; c < schema.name_places.size(); ++c) {
      const NamePlace place = schema.name_places[c];
      if (any_[place] && is_wanted(place, schema.series[c].labels)) out.push_back(c);
    }
    return out;
  }

 private:
  using Places = std::bitset<kNamePlaces>;

  // Of the names that the set lists; all when it lists none.
  static Places places_of(MatcherSet matchers) {
    Places out;
    for (const Matcher& m : matchers) {
      if (m.label() != kMetricName || m.literals().empty()) continue;
      for (const std::string& name : m.literals()) out.set(name_place(name));
      return out;
    }
    return out.set();
  }

  bool is_wanted(NamePlace place, const Labels& labels) const {
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      if (places_[i][place] && matches_all(sets_[i], labels)) return true;
    }
    return false;
  }

  std::span<const MatcherSet> sets_;
  Places any_;
  std::vector<Places> places_;
};

class Selector {
 public:
  Selector(const WindowSnapshot& window, std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits,
           WindowReadStats* stats)
      : window_(window), names_(sets), range_(range), limits_(limits), stats_(stats) {}

  Result<Selection> run() {
    const auto wanted = [this](const KnownSchema& schema) { return !matching(schema).columns.empty(); };
    const std::vector<GroupParts> groups = group_parts(window_, range_, wanted);
    if (is_too_much(groups)) return too_many_samples(limits_);
    for (const GroupParts& group : groups) {
      select_group(group);
      if (newest_cells_ > limits_.samples_max + limits_.slack) return too_many_samples(limits_);
    }
    std::sort(out_.series.begin(), out_.series.end(),
              [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); });
    merge_equal_labels();
    out_.samples = samples_of(out_.series);
    if (out_.samples > limits_.samples_max) return too_many_samples(limits_);
    out_.owner = owner_;
    return std::move(out_);
  }

 private:
  // What of a schema matches.
  struct Matching {
    std::shared_ptr<const StoredSchema> schema;
    std::vector<std::uint32_t> columns;
    std::vector<Slot*> slots;  // that each column fills; empty until its group is selected
  };

  Matching& matching(const KnownSchema& known) {
    const auto [at, added] = matching_.try_emplace(known.id());
    if (!added) return at->second;
    const std::shared_ptr<const StoredSchema> schema = known.labels();
    at->second.columns = names_.columns(*schema);
    if (!at->second.columns.empty()) at->second.schema = schema;
    return at->second;
  }

  std::span<const std::uint32_t> columns_of(const Part& part) {
    const auto& all = matching(*part.schema).columns;
    return {all.begin(), std::lower_bound(all.begin(), all.end(), part.columns)};
  }

  // Before anything is decoded. Whole parts are counted; the bound must not refuse a short range for that.
  bool is_too_much(const std::vector<GroupParts>& groups) {
    if (limits_.newest) return false;  // a few rows a part; cells are counted as they are read
    std::size_t samples = 0;
    for (const GroupParts& group : groups) {
      for (const Part& part : group.parts) {
        if (part.may_have(range_)) samples += (part.end_row - part.first_row) * columns_of(part).size();
      }
    }
    return samples > limits_.samples_max + limits_.slack;
  }

  const Matching& with_slots(const KnownSchema& known, bool alone) {
    Matching& m = matching(known);
    if (!m.slots.empty() || m.columns.empty()) return m;
    owner_->schemas.push_back(m.schema);
    for (const std::uint32_t c : m.columns) {
      const SeriesInfo& info = m.schema->series[c];
      // Where the group has other schemas they have most series in common.
      Slot* none = nullptr;
      Slot*& slot = alone ? none : by_labels_[&info.labels];
      if (slot == nullptr) {
        owner_->slots.push_back(std::make_unique<Slot>());
        slot = owner_->slots.back().get();
      }
      slot->info = &info;
      m.slots.push_back(slot);
    }
    return m;
  }

  // Rows of some columns of a part, and which series they are of.
  struct Rows {
    std::vector<Slot*> slots;
    PartRows rows;
  };

  void select_group(const GroupParts& group) {
    by_labels_.clear();
    const std::size_t first_slot = owner_->slots.size();
    const auto other = [&](const Part& part) { return part.schema->id() != group.parts.front().schema->id(); };
    const bool alone = std::none_of(group.parts.begin(), group.parts.end(), other);
    std::vector<Rows> read;
    if (limits_.newest) {
      for (auto part = group.parts.rbegin(); part != group.parts.rend() && newest_cells_ <= limits_.samples_max + limits_.slack;
           ++part) {
        // Nearly always all that is wanted is in the last rows.
        const TimeMs end = std::min({range_.max, part->t_max, part->hidden_from - 1});
        const TimeMs recent = std::max(range_.min, end - kNewestRows * group.interval_ms);
        read_rows(*part, alone, {recent, range_.max}, read);
        read_rows(*part, alone, {range_.min, recent - 1}, read);
      }
      std::reverse(read.begin(), read.end());
    } else {
      for (const Part& part : group.parts) read_rows(part, alone, range_, read);
    }
    assemble(read, first_slot);
  }

  void read_rows(const Part& part, bool alone, TimeRange range, std::vector<Rows>& out) {
    if (range.empty() || !part.may_have(range)) return;
    const Matching& m = with_slots(*part.schema, alone);
    const auto all = columns_of(part);
    Rows rows;
    std::vector<std::uint32_t> columns;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (limits_.newest && m.slots[i]->found) continue;
      columns.push_back(all[i]);
      rows.slots.push_back(m.slots[i]);
    }
    if (columns.empty()) return;
    auto read = read_part(window_, part, columns, range);
    if (stats_ != nullptr && (!read || read->damaged)) ++stats_->skipped_blocks;
    if (!read || read->times.empty()) return;
    rows.rows = std::move(*read);
    if (limits_.newest) {
      newest_cells_ += rows.rows.times.size() * columns.size();
      keep_found(rows);
      if (rows.slots.empty()) return;
    }
    out.push_back(std::move(rows));
  }

  // Without the columns that have no sample here: series that ended long ago have none however far one looks back.
  static void keep_found(Rows& rows) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.slots.size(); ++i) {
      std::vector<double>& values = rows.rows.columns[i];
      if (std::all_of(values.begin(), values.end(), is_absent)) continue;
      rows.slots[i]->found = true;
      rows.slots[kept] = rows.slots[i];
      if (kept != i) rows.rows.columns[kept] = std::move(values);
      ++kept;
    }
    rows.slots.resize(kept);
    rows.rows.columns.resize(kept);
  }

  // What has found its place is freed: only the samples themselves are there twice, and a part at a time.
  void assemble(std::vector<Rows>& read, std::size_t first_slot) {
    auto times = std::make_unique<std::vector<TimeMs>>();
    for (const auto& [slots, rows] : read) {
      for (Slot* slot : slots) {
        if (slot->end == 0) slot->first = times->size();
        slot->end = times->size() + rows.times.size();
      }
      times->insert(times->end(), rows.times.begin(), rows.times.end());
    }
    std::size_t done = 0;
    for (auto& [slots, rows] : read) {
      for (std::size_t i = 0; i < slots.size(); ++i) {
        Slot& slot = *slots[i];
        if (slot.values.empty() && rows.columns[i].size() == slot.end - slot.first) {
          slot.values = std::move(rows.columns[i]);  // the only part it has
          continue;
        }
        slot.values.reserve(slot.end - slot.first);
        slot.values.resize(done - slot.first, absent());
        slot.values.insert(slot.values.end(), rows.columns[i].begin(), rows.columns[i].end());
      }
      rows.columns = {};
      done += rows.times.size();
    }
    for (std::size_t i = first_slot; i < owner_->slots.size(); ++i) finish(*owner_->slots[i], *times);
    owner_->times.push_back(std::move(times));
  }

  void finish(Slot& slot, const std::vector<TimeMs>& times) {
    std::span<const TimeMs> slot_times = std::span(times).subspan(slot.first, slot.values.size());
    const auto empty = static_cast<std::size_t>(std::count_if(slot.values.begin(), slot.values.end(), is_absent));
    if (empty > 0) {
      std::vector<double> values;
      values.reserve(slot.values.size() - empty);
      slot.own_times.reserve(slot.values.size() - empty);
      for (std::size_t i = 0; i < slot.values.size(); ++i) {
        if (is_absent(slot.values[i])) continue;
        values.push_back(slot.values[i]);
        slot.own_times.push_back(slot_times[i]);
      }
      slot.values = std::move(values);
      slot_times = slot.own_times;
    }
    if (!slot.values.empty()) out_.series.push_back({slot.info, slot_times, slot.values});
  }

  // The same labels in two groups (a scraped exporter that repeats a source of ours): one series, the first group's samples
  // kept where both have the same instant.
  void merge_equal_labels() {
    std::vector<SeriesView> merged;
    for (const SeriesView& s : out_.series) {
      if (merged.empty() || merged.back().labels() != s.labels()) {
        merged.push_back(s);
        continue;
      }
      SeriesView& a = merged.back();
      auto both = std::make_unique<Slot>();
      std::size_t i = 0, j = 0;
      while (i < a.times.size() || j < s.times.size()) {
        const bool from_a = j == s.times.size() || (i < a.times.size() && a.times[i] <= s.times[j]);
        if (from_a && j < s.times.size() && a.times[i] == s.times[j]) ++j;
        both->own_times.push_back(from_a ? a.times[i] : s.times[j]);
        both->values.push_back(from_a ? a.values[i++] : s.values[j++]);
      }
      a.times = both->own_times;
      a.values = both->values;
      owner_->slots.push_back(std::move(both));
    }
    out_.series = std::move(merged);
  }

  static constexpr std::int64_t kNewestRows = 3;

  struct HashOfLabels {
    std::size_t operator()(const Labels* l) const { return l->hash(); }
  };
  struct SameLabels {
    bool operator()(const Labels* a, const Labels* b) const { return *a == *b; }
  };

  const WindowSnapshot& window_;
  const WantedNames names_;
  TimeRange range_;
  const SelectLimits& limits_;
  WindowReadStats* stats_;
  std::shared_ptr<Owner> owner_ = std::make_shared<Owner>();
  std::unordered_map<const Labels*, Slot*, HashOfLabels, SameLabels> by_labels_;  // owner_ has them
  std::map<std::uint64_t, Matching> matching_;                                    // by schema id, which is of one group
  std::size_t newest_cells_ = 0;
  Selection out_;
};

}  // namespace

Result<Selection> select(const WindowSnapshot& window, std::span<const MatcherSet> sets, TimeRange range,
                         const SelectLimits& limits, WindowReadStats* stats) {
  return Selector(window, sets, range, limits, stats).run();
}

std::vector<Labels> series(const WindowSnapshot& window, std::span<const Matcher> matchers, TimeRange range) {
  std::vector<Labels> out;
  // Each schema is asked about once; no part is needed.
  const MatcherSet sets[] = {matchers};
  const WantedNames names(sets);
  group_parts(window, range, [&](const KnownSchema& schema) {
    const auto labels = schema.labels();
    for (const std::uint32_t c : names.columns(*labels)) out.push_back(labels->series[c].labels);
    return false;
  });
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

TimeRange bounds(const WindowSnapshot& window) {
  TimeRange out{kAllTime.max, kAllTime.min};
  const auto add = [&](TimeMs t_min, TimeMs t_max) {
    out.min = std::min(out.min, t_min);
    out.max = std::max(out.max, t_max);
  };
  for (const auto& head : window.heads) {
    for (const HeadRun& run : head->runs()) add(run.t_min, run.t_max);
  }
  for (const auto& stage : window.stages) add(stage->header().t_min, stage->header().t_max);
  for (const auto& group : window.records->groups()) add(group->t_min(), group->t_max());
  return out.empty() ? TimeRange{} : out;
}

std::vector<GroupTimes> group_times(const WindowSnapshot& window, TimeRange range) {
  std::vector<GroupTimes> out;
  for (const GroupParts& group : group_parts(window, range)) {
    GroupTimes rows{group.group, group.interval_ms, {}};
    for (const Part& part : group.parts) {
      if (!part.may_have(range)) continue;
      if (const auto d = read_part(window, part, {}, range))
        rows.times.insert(rows.times.end(), d->times.begin(), d->times.end());
    }
    if (!rows.times.empty()) out.push_back(std::move(rows));
  }
  return out;
}

}  // namespace tacho::store
