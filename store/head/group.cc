#include "store/head/group.h"

#include <algorithm>
#include <iterator>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "store/head/spare_columns.h"
#include "store/store.h"

namespace tacho::store {

Group::~Group() {
  limit_->count(0, share_.live);
  limit_->change(share_, 0);
}

Result<void> Group::describe(Schema schema) {
  if (writer_ && schema == described_ && share_.refused == 0) return {};
  Places places{std::vector<std::uint32_t>(schema.size(), ColumnMap::kLook), {}};
  if (auto ok = columns_.place(schema, places.columns); !ok) return failure("source {}: {}", name_, ok.error());
  if (auto ok = take(schema, places); !ok) return ok;
  described_ = std::move(schema);
  return {};
}

Result<void> Group::describe(SchemaChange change) {
  const std::size_t before = described_.size();
  const auto swap_in = [&] {
    for (SchemaChange::Series& s : change.changed) {
      if (s.place >= described_.size()) described_.resize(s.place + 1);
      std::swap(described_[s.place], s.info);
    }
  };
  swap_in();
  TACHO_CHECK(change.size <= described_.size(), name_);
  Schema gone(std::make_move_iterator(described_.begin() + static_cast<std::ptrdiff_t>(change.size)),
              std::make_move_iterator(described_.end()));
  described_.resize(change.size);
  const auto undo = [&] {
    std::ranges::move(gone, std::back_inserter(described_));
    swap_in();
    described_.resize(before);
  };

  Places places{std::vector<std::uint32_t>(change.size, ColumnMap::kLook), {}};
  if (writer_ && share_.refused == 0) {
    places.same.assign(change.size, true);
    for (const Kept& k : kept_) {
      if (k.source < change.size) places.columns[k.source] = k.column;
    }
    for (const SchemaChange::Series& s : change.changed) {
      places.columns[s.place] = ColumnMap::kLook;
      places.same[s.place] = false;
    }
  }
  auto ok = columns_.place(described_, places.columns);
  if (!ok) {
    ok = failure("source {}: {}", name_, ok.error());
  } else {
    ok = take(described_, places);
  }
  if (!ok) undo();
  return ok;
}

Result<void> Group::take(const Schema& schema, const Places& places) {
  const SeriesLimit::Share before = share_;
  freed_seen_ = limit_->freed();  // before asking: what is given back from here on is looked for again
  limit_->change(share_, schema.size());
  std::vector<Kept> kept = choose(places.columns);
  const auto stay = static_cast<std::size_t>(
      std::ranges::count_if(kept, [&](const Kept& k) { return k.column != ColumnMap::kNone && columns_.live(k.column); }));
  if (kept.empty() && !writer_ && share_.refused > 0) {
    limit_->change(share_, 0);
    return failure(
        "group {}: none of its {} series is kept, for there are {} live ones (storage.series_max); raise it, or leave out what "
        "nobody asks for",
        name_, schema.size(), limit_->counts().max);
  }
  if (auto ok = give_columns(schema, places, kept); !ok) {
    limit_->change(share_, before.live + before.refused);
    return ok;
  }
  report_refused(before.refused, schema.size());
  limit_->count(kept.size() - stay, before.live - stay);
  in_place_ = kept.size() == schema.size();
  std::vector<std::uint32_t> live;
  live.reserve(kept.size());
  for (const Kept& k : kept) {
    live.push_back(k.column);
    in_place_ = in_place_ && k.column == k.source;
  }
  columns_.set_live(live, rows_);
  kept_ = std::move(kept);
  if (const std::size_t size = in_place_ ? 0 : schema.size(); source_row_.size() != size) source_row_ = Cells(size);
  return {};
}

void Group::report_refused(std::size_t refused_before, std::size_t described) const {
  if (share_.refused > 0 && refused_before == 0)
    log_warn(
        "group {}: {} of its {} series are not kept, for there are {} live ones (storage.series_max); raise it, or leave out "
        "what nobody asks for",
        name_, share_.refused, described, limit_->counts().max);
  if (share_.refused == 0 && refused_before > 0) log_info("group {}: all its {} series are kept again", name_, described);
}

// Which of the described series fill the share: those that are kept already come first, so that new ones never disturb them.
std::vector<Group::Kept> Group::choose(const std::vector<std::uint32_t>& places) const {
  const auto kept_already = [&](std::uint32_t column) { return column != ColumnMap::kNone && columns_.live(column); };
  std::size_t old = 0;
  for (const std::uint32_t column : places) old += kept_already(column);
  std::size_t room_old = std::min(old, share_.live), room_new = share_.live - room_old;
  std::vector<Kept> kept;
  kept.reserve(share_.live);
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    std::size_t& room = kept_already(places[i]) ? room_old : room_new;
    if (room == 0) continue;
    --room;
    kept.push_back({i, places[i]});
  }
  return kept;
}

std::uint64_t Group::rows_of_block(std::size_t columns) const {
  return std::min<std::uint64_t>(block_rows(columns),
                                 kStageAgeMs / static_cast<std::uint64_t>(std::max<std::int64_t>(interval_ms_, 1)));
}

// Afterwards every one that is kept has a column: its old one, a spare one, or one of a new generation.
Result<void> Group::give_columns(const Schema& schema, const Places& places, std::vector<Kept>& kept) {
  Schema more;
  bool changed = false;  // a column's series has one type for as long as the generation lasts
  for (const Kept& k : kept) {
    if (k.column == ColumnMap::kNone) {
      more.push_back(schema[k.source]);
    } else if (!places.is_same(k.source)) {
      changed = changed || columns_.info(k.column) != schema[k.source];
    }
  }
  // A generation with a block of its own and more series that are gone than live ones would only carry them on.
  const bool spent = columns_.size() + more.size() > 2 * kept.size() + 64 && rows_ - first_row_ >= rows_of_block(columns_.size());
  if (!writer_ || changed || spent) return open_generation(schema, kept, more.size());
  if (more.empty()) return {};
  if (!writer_->grow(more)) return open_generation(schema, kept, more.size());
  for (Kept& k : kept) {
    if (k.column == ColumnMap::kNone) k.column = columns_.add(schema[k.source], rows_);
  }
  return {};
}

Result<void> Group::open_generation(const Schema& schema, std::vector<Kept>& kept, std::size_t new_series) {
  std::vector<std::uint32_t> stay;
  for (const Kept& k : kept) {
    if (k.column != ColumnMap::kNone) stay.push_back(k.column);
  }
  Schema series;
  for (const Kept& k : kept) series.push_back(schema[k.source]);
  for (const std::uint32_t c : columns_.would_end(stay, rows_)) series.push_back(columns_.info(c));

  const Churn churn = writer_ ? Churn{columns_.size() - first_columns_ + new_series, rows_ - first_row_, spare_} : Churn{};
  std::size_t spare = spare_columns(kept.size(), churn, rows_of_block(series.size()), head_rows(interval_ms_));
  const auto stored = encode_schema(name_, interval_ms_, series);
  auto head = store_.add_head(stored, spare);
  if (!head && spare > 0) head = store_.add_head(stored, spare = 0);  // perhaps there is room for what must be
  if (!head) return std::unexpected(head.error());
  writer_ = std::make_unique<HeadWriter>(std::move(*head));  // closes the old generation

  ColumnMap columns(series.size() + spare);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::uint32_t old = kept[i].column;
    kept[i].column = columns.add(series[i], old == ColumnMap::kNone ? rows_ : columns_.since(old, rows_));
  }
  for (std::size_t i = kept.size(); i < series.size(); ++i) columns.add_ending(series[i]);
  columns_ = std::move(columns);
  first_row_ = rows_;
  first_columns_ = series.size();
  spare_ = spare;
  return {};
}

std::span<std::atomic<std::uint64_t>> Group::begin_row() {
  TACHO_CHECK(writer_ != nullptr, name_);
  if (share_.refused > 0 && limit_->freed() != freed_seen_) {
    // Somebody gave series back: perhaps there is room now. Where not, the row goes on as before.
    if (auto ok = describe(Schema(described_)); !ok) log_debug("group {}: {}", name_, ok.error());
  }
  if (!in_place_) {
    for (auto& cell : source_row_) cell.store(kAbsentBits, std::memory_order_relaxed);
    return source_row_;
  }
  cells_ = writer_->begin_row();
  return cells_.first(kept_.size());
}

void Group::publish(TimeMs t) {
  if (!in_place_) {
    cells_ = writer_->begin_row();
    // Relaxed: this thread wrote the source's row. Release: see head.h, "Protocol".
    for (const Kept& k : kept_)
      cells_[k.column].store(source_row_[k.source].load(std::memory_order_relaxed), std::memory_order_release);
  }
  for (const std::uint32_t c : columns_.ending()) cells_[c].store(kStaleBits, std::memory_order_release);
  columns_.ended();
  writer_->publish(t);
  ++rows_;
}

void Group::publish_stale(TimeMs t) {
  if (!writer_) return;
  for (auto& cell : begin_row()) cell.store(kStaleBits, std::memory_order_release);
  publish(t);
}

}  // namespace tacho::store
