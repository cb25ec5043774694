#include "store/group.h"

#include <unordered_set>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "store/store.h"

namespace tacho::store {

Group::~Group() { limit_->change(share_, 0); }

Result<void> Group::describe(Schema schema) {
  if (writer_ && schema == described_ && share_.refused == 0) return {};
  std::unordered_set<Labels, LabelsHash> seen;
  for (const SeriesInfo& s : schema) {
    if (!seen.insert(s.labels).second) return failure("source {} describes the series {} twice", name_, s.labels.to_string());
  }
  const SeriesLimit::Share before = share_;
  freed_seen_ = limit_->freed();  // before asking: what is given back from here on is looked for again
  limit_->change(share_, schema.size());
  const std::size_t refused = share_.refused;
  std::vector<std::uint32_t> kept = choose(schema);
  Schema columns;
  for (const std::uint32_t c : kept) columns.push_back(schema[c]);
  if (columns.empty() && !writer_ && refused > 0) {
    limit_->change(share_, 0);
    return failure(
        "group {}: none of its {} series is kept, for there are {} live ones (storage.series_max); raise it, or leave out what "
        "nobody asks for",
        name_, schema.size(), limit_->counts().max);
  }
  if (!writer_ || columns != schema_) {
    if (auto ok = open_generation(columns); !ok) {
      limit_->change(share_, before.live);
      return ok;
    }
  }
  if (refused > 0 && before.refused == 0)
    log_warn(
        "group {}: {} of its {} series are not kept, for there are {} live ones (storage.series_max); raise it, or leave out "
        "what nobody asks for",
        name_, refused, schema.size(), limit_->counts().max);
  if (refused == 0 && before.refused > 0) log_info("group {}: all its {} series are kept again", name_, schema.size());
  kept_ = std::move(kept);
  source_row_ = Cells(refused > 0 ? schema.size() : 0);
  described_ = std::move(schema);
  return {};
}

// Which of the described series fill the share: those that are kept already come first, so that new ones never disturb them.
std::vector<std::uint32_t> Group::choose(const Schema& schema) const {
  std::unordered_set<Labels, LabelsHash> had;
  if (share_.refused > 0) {
    for (const SeriesInfo& s : schema_) had.insert(s.labels);
  }
  std::size_t old = 0;
  for (const SeriesInfo& s : schema) old += had.contains(s.labels);
  std::size_t room_old = std::min(old, share_.live), room_new = share_.live - room_old;
  std::vector<std::uint32_t> kept;
  kept.reserve(share_.live);
  for (std::uint32_t c = 0; c < schema.size(); ++c) {
    std::size_t& room = had.contains(schema[c].labels) ? room_old : room_new;
    if (room == 0) continue;
    --room;
    kept.push_back(c);
  }
  return kept;
}

Result<void> Group::open_generation(const Schema& kept) {
  std::unordered_set<Labels, LabelsHash> live;
  for (const SeriesInfo& s : kept) live.insert(s.labels);
  Schema columns = kept;
  for (const SeriesInfo& s : schema_) {
    if (!live.contains(s.labels)) columns.push_back(s);
  }
  const std::size_t ended = columns.size() - kept.size();
  auto head = store_.add_head(encode_schema(name_, interval_ms_, std::move(columns)));
  if (!head) return std::unexpected(head.error());
  writer_ = std::make_unique<HeadWriter>(std::move(*head));  // closes the old generation
  schema_ = kept;
  ended_ = ended;
  mark_ended_ = ended > 0;
  return {};
}

std::span<std::atomic<std::uint64_t>> Group::begin_row() {
  TACHO_CHECK(writer_ != nullptr, name_);
  if (share_.refused > 0 && limit_->freed() != freed_seen_) {
    // Somebody gave series back: perhaps there is room now. Where not, the row goes on as before.
    if (auto ok = describe(Schema(described_)); !ok) log_debug("group {}: {}", name_, ok.error());
  }
  if (share_.refused > 0) {
    for (auto& cell : source_row_) cell.store(kAbsentBits, std::memory_order_relaxed);
    return source_row_;
  }
  cells_ = writer_->begin_row();
  return cells_.first(schema_.size());
}

void Group::publish(TimeMs t) {
  if (share_.refused > 0) {
    cells_ = writer_->begin_row();
    // Relaxed: this thread wrote the source's row. Release: see head.h, "Protocol".
    for (std::size_t c = 0; c < kept_.size(); ++c)
      cells_[c].store(source_row_[kept_[c]].load(std::memory_order_relaxed), std::memory_order_release);
  }
  if (mark_ended_) {
    for (auto& cell : cells_.subspan(schema_.size())) cell.store(kStaleBits, std::memory_order_release);
    mark_ended_ = false;
  }
  writer_->publish(t);
}

void Group::publish_stale(TimeMs t) {
  if (!writer_) return;
  for (auto& cell : begin_row()) cell.store(kStaleBits, std::memory_order_release);
  publish(t);
}

}  // namespace tacho::store
