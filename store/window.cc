#include "store/window.h"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "proto/base/check.h"
#include "store/block.h"
#include "store/window_parts.h"

namespace tacho::store {
namespace {

// A part's rows in range, decoded: times and the wanted columns.
struct Decoded {
  std::vector<TimeMs> times;
  std::vector<std::vector<double>> columns;
  bool damaged = false;  // columns that could not be read are absent
};

Decoded decode_head(const Part& part, std::span<const std::uint32_t> columns, TimeRange range) {
  HeadRows rows = part.head->read(columns, part.first_row, part.end_row, range.min, range.max);
  return {std::move(rows.times), std::move(rows.columns)};
}

// `block_first`: the number of the block's first row. Requires: the part's rows are the block's; the columns are loaded.
Decoded decode_rows(const BlockView& block, std::uint64_t block_first, const Part& part, std::span<const std::uint32_t> columns,
                    TimeRange range) {
  const auto times = block.times().subspan(part.first_row - block_first, part.end_row - part.first_row);
  const auto begin = std::lower_bound(times.begin(), times.end(), range.min);
  const auto end = std::upper_bound(begin, times.end(), range.max);
  Decoded out;
  out.times.assign(begin, end);
  out.columns.resize(columns.size());
  const auto first = static_cast<std::size_t>(begin - times.begin()) + (part.first_row - block_first);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out.columns[i].resize(out.times.size());
    if (block.read_column(columns[i], first, out.columns[i])) continue;
    std::fill(out.columns[i].begin(), out.columns[i].end(), absent());
    out.damaged = true;
  }
  return out;
}

Result<std::vector<std::byte>> read_block_head(const Ring& ring, const RecordRef& record) {
  constexpr std::size_t kMostHeads = 4096;
  std::vector<std::byte> head(std::min<std::size_t>(record.header.payload_bytes, kMostHeads));
  if (auto ok = ring.read(record, 0, head); !ok) return std::unexpected(ok.error());
  const auto size = BlockView::head_size(head);
  if (!size) return std::unexpected(size.error());
  if (*size > record.header.payload_bytes) return failure("the block at {} is shorter than its head", record.offset);
  const std::size_t known = std::min(head.size(), *size);
  head.resize(*size);
  if (auto ok = ring.read(record, known, std::span(head).subspan(known)); !ok) return std::unexpected(ok.error());
  return head;
}

Result<Decoded> decode_record(const Ring& ring, const Part& part, std::span<const std::uint32_t> columns, TimeRange range) {
  const RecordRef& record = *part.record;
  const RecordHeader& h = record.header;
  const auto head = read_block_head(ring, record);
  if (!head) return std::unexpected(head.error());
  auto block = BlockView::open(*head);
  if (!block) return std::unexpected(block.error());
  if (block->rows() != h.rows || block->columns() != part.columns || block->columns() != part.schema->columns())
    return failure("the block at {} does not fit its header", record.offset);
  const auto read = [&](std::uint64_t offset, std::span<std::byte> out) { return ring.read(record, offset, out); };
  if (auto ok = block->load(columns, read); !ok) return std::unexpected(ok.error());
  return decode_rows(*block, h.first_row, part, columns, range);
}

// The part's rows that are visible and in the range.
Result<Decoded> decode(const WindowSnapshot& window, const Part& part, std::span<const std::uint32_t> columns, TimeRange range) {
  range.max = std::min(range.max, part.hidden_from - 1);  // its times increase
  if (part.head) return decode_head(part, columns, range);
  if (part.stage) return decode_rows(part.stage->block(), part.stage->first_row(), part, columns, range);
  return decode_record(*window.ring, part, columns, range);
}

// One series being put together. Its values are aligned with its group's times [first, end) until finish(): of a window in which
// series come and go, only those where it may have some.
struct Slot {
  const SeriesInfo* info = nullptr;
  std::size_t first = 0, end = 0;
  std::vector<double> values;
  std::vector<TimeMs> own_times;  // only where cells are absent
};

// What a Selection's views point into.
struct Owner {
  std::vector<std::shared_ptr<const StoredSchema>> schemas;
  std::vector<std::unique_ptr<std::vector<TimeMs>>> times;
  std::vector<std::unique_ptr<Slot>> slots;
};

// Tells most series that no set wants from their metric's name alone: a window has thousands, and every question looks at all of them.
class WantedNames {
 public:
  explicit WantedNames(std::span<const MatcherSet> sets) {
    all_ = !std::all_of(sets.begin(), sets.end(), [this](MatcherSet s) { return add(s); });
  }
  bool may_want(const Labels& labels) const { return all_ || seen_[place_of(labels.metric_name())]; }

 private:
  static constexpr std::size_t kPlaces = 1024;

  // Of the names that the set lists; false when it lists none.
  bool add(MatcherSet matchers) {
    for (const Matcher& m : matchers) {
      if (m.label() != kMetricName || m.literals().empty()) continue;
      for (const std::string& name : m.literals()) seen_.set(place_of(name));
      return true;
    }
    return false;
  }

  // By the end of the name and its length: beginnings are shared.
  static std::size_t place_of(std::string_view name) {
    std::uint64_t end = 0;
    const std::size_t n = std::min(name.size(), sizeof end);
    if (n > 0) std::memcpy(&end, name.data() + (name.size() - n), n);
    return ((end ^ name.size()) * 0x9e3779b97f4a7c15U) >> 54;
  }
  static_assert(kPlaces == std::size_t{1} << (64 - 54));

  bool all_ = false;
  std::bitset<kPlaces> seen_;
};

class Selector {
 public:
  Selector(const WindowSnapshot& window, std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits,
           WindowReadStats* stats)
      : window_(window), sets_(sets), names_(sets), range_(range), limits_(limits), stats_(stats) {}

  Result<Selection> run() {
    const auto wanted = [this](const KnownSchema& schema) { return !matching(schema).columns.empty(); };
    for (const GroupParts& group : group_parts(window_, range_, wanted)) {
      if (auto ok = select_group(group); !ok) return std::unexpected(ok.error());
    }
    std::sort(out_.series.begin(), out_.series.end(),
              [](const SeriesView& a, const SeriesView& b) { return a.labels() < b.labels(); });
    merge_equal_labels();
    for (const SeriesView& s : out_.series) out_.samples += s.values.size();
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

  bool is_wanted(const Labels& labels) const {
    return names_.may_want(labels) &&
           std::any_of(sets_.begin(), sets_.end(), [&](const MatcherSet& set) { return matches_all(set, labels); });
  }

  Matching& matching(const KnownSchema& known) {
    const auto [at, added] = matching_.try_emplace(known.id());
    if (!added) return at->second;
    const std::shared_ptr<const StoredSchema> schema = known.labels();
    for (std::uint32_t c = 0; c < schema->series.size(); ++c) {
      if (is_wanted(schema->series[c].labels)) at->second.columns.push_back(c);
    }
    if (!at->second.columns.empty()) at->second.schema = schema;
    return at->second;
  }

  const Matching& with_slots(const KnownSchema& known) {
    Matching& m = matching(known);
    if (!m.slots.empty() || m.columns.empty()) return m;
    owner_->schemas.push_back(m.schema);
    for (const std::uint32_t c : m.columns) {
      const SeriesInfo& info = m.schema->series[c];
      Slot*& slot = by_labels_[info.labels];
      if (slot == nullptr) {
        owner_->slots.push_back(std::make_unique<Slot>());
        slot = owner_->slots.back().get();
      }
      slot->info = &info;
      m.slots.push_back(slot);
    }
    return m;
  }

  Result<void> select_group(const GroupParts& group) {
    by_labels_.clear();
    const std::size_t first_slot = owner_->slots.size();
    std::vector<std::pair<const Matching*, Decoded>> decoded;
    for (const Part& part : group.parts) {
      const Matching& m = with_slots(*part.schema);
      const auto columns = std::span(m.columns.begin(), std::lower_bound(m.columns.begin(), m.columns.end(), part.columns));
      if (columns.empty() || !part.may_have(range_)) continue;
      read_samples_ += (part.end_row - part.first_row) * columns.size();
      if (read_samples_ > limits_.samples_max + std::min(kSamplesSlack, 3 * limits_.samples_max))
        return too_many_samples(limits_);
      if (auto d = decode(window_, part, columns, range_)) {
        if (d->damaged && stats_ != nullptr) ++stats_->skipped_blocks;
        decoded.emplace_back(&m, std::move(*d));
      } else if (stats_ != nullptr) {
        ++stats_->skipped_blocks;
      }
    }
    assemble(decoded, first_slot);
    return {};
  }

  // What has found its place is freed: only the samples themselves are there twice, and a part at a time.
  void assemble(std::vector<std::pair<const Matching*, Decoded>>& decoded, std::size_t first_slot) {
    auto times = std::make_unique<std::vector<TimeMs>>();
    for (const auto& [m, d] : decoded) {
      for (std::size_t i = 0; i < d.columns.size(); ++i) {
        Slot& slot = *m->slots[i];
        if (slot.end == 0) slot.first = times->size();
        slot.end = times->size() + d.times.size();
      }
      times->insert(times->end(), d.times.begin(), d.times.end());
    }
    std::size_t done = 0;
    for (auto& [m, d] : decoded) {
      for (std::size_t i = 0; i < d.columns.size(); ++i) {
        Slot& slot = *m->slots[i];
        slot.values.reserve(slot.end - slot.first);
        slot.values.resize(done - slot.first, absent());
        slot.values.insert(slot.values.end(), d.columns[i].begin(), d.columns[i].end());
      }
      d.columns = {};
      done += d.times.size();
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

  // Whole parts are counted before they are read; the bound must not refuse a short range for that.
  static constexpr std::size_t kSamplesSlack = 1'000'000;

  const WindowSnapshot& window_;
  std::span<const MatcherSet> sets_;
  const WantedNames names_;
  TimeRange range_;
  const SelectLimits& limits_;
  WindowReadStats* stats_;
  std::shared_ptr<Owner> owner_ = std::make_shared<Owner>();
  std::unordered_map<Labels, Slot*, LabelsHash> by_labels_;
  std::map<std::uint64_t, Matching> matching_;  // by schema id, which is of one group
  std::size_t read_samples_ = 0;
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
  const WantedNames names({&matchers, 1});
  group_parts(window, range, [&](const KnownSchema& schema) {
    const auto labels = schema.labels();
    for (const SeriesInfo& info : labels->series) {
      if (names.may_want(info.labels) && matches_all(matchers, info.labels)) out.push_back(info.labels);
    }
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

std::vector<GroupRows> group_rows(const WindowSnapshot& window, TimeRange range) {
  std::vector<GroupRows> out;
  for (const GroupParts& group : group_parts(window, range)) {
    GroupRows rows{group.group, group.interval_ms, 0};
    for (const Part& part : group.parts) {
      if (!part.may_have(range)) continue;
      if (const auto d = decode(window, part, {}, range)) rows.rows += d->times.size();
    }
    if (rows.rows > 0) out.push_back(std::move(rows));
  }
  return out;
}

}  // namespace tacho::store
