// The way of rows out of heads, into stages and blocks of the ring; the maintenance thread's.
#include <limits>

#include "proto/base/log.h"
#include "store/block/recent_schemas.h"
#include "store/store.h"

namespace tacho::store {
namespace {

constexpr TimeMs kEarliest = std::numeric_limits<TimeMs>::min();
constexpr TimeMs kLatest = std::numeric_limits<TimeMs>::max();

std::uint64_t seal_batch(const Head& head) { return head.row_capacity() / 2; }

std::vector<std::uint32_t> all_columns(const StoredSchema& schema) {
  std::vector<std::uint32_t> all(schema.series.size());
  for (std::uint32_t c = 0; c < all.size(); ++c) all[c] = c;
  return all;
}

// The series from column `from` on, as a schema of their own; nothing where there are none.
std::vector<std::byte> pack_series(const StoredSchema& schema, std::size_t from) {
  if (from >= schema.series.size()) return {};
  if (from == 0) return pack_schema(schema);
  const Schema series(schema.series.begin() + static_cast<std::ptrdiff_t>(from), schema.series.end());
  return pack_schema(*encode_schema(schema.group, schema.interval_ms, series));
}

// True where the oldest row that is not in the ring is too far from the newest, in either direction: the clock may step.
bool too_old(const Head& head, const std::vector<std::shared_ptr<const Stage>>& stages) {
  const std::uint64_t published = head.published();
  if (published == 0) return false;
  const HeadRows newest = head.read({}, published - 1, published, kEarliest, kLatest);
  TimeMs oldest = 0;
  if (!stages.empty()) {
    oldest = stages.front()->header().t_min;
  } else if (const HeadRows rows = head.read({}, head.sealed(), head.sealed() + 1, kEarliest, kLatest); !rows.times.empty()) {
    oldest = rows.times.front();
  } else {
    return false;
  }
  return !newest.times.empty() && (newest.times[0] > oldest + kStageAgeMs || newest.times[0] < oldest - kStageAgeMs);
}

}  // namespace

Result<void> Store::maintain() {
  const MonoNs now = system_clock().mono();
  RecentSchemas::of_process().forget_old(now);
  ring_->open_blocks().forget_old(now);
  Result<void> outcome;
  for (const auto& live : live_heads()) {
    if (const auto sealed = seal(*live, live->done()); !sealed) {
      outcome = sealed;  // the others are sealed all the same
      continue;
    }
    if (!live->done() || live->head->sealed() < live->head->published() || !live->stages.empty()) continue;
    // The last copy of its schema follows its last block, so that the blocks stay readable as long as they are there.
    if (live->schema) {
      if (auto ok = leave_schema(live->schema); !ok) outcome = ok;
    }
    {
      const std::lock_guard lock(mutex_);
      std::erase(heads_, live);
    }
    live->head->remove();
  }
  if (auto ok = sync(); !ok) outcome = ok;
  return outcome;
}

Result<void> Store::seal_all() {
  Result<void> outcome;
  for (const auto& live : live_heads()) {
    if (auto ok = seal(*live, true); !ok) outcome = ok;
  }
  if (auto ok = maintain(); !ok) outcome = ok;
  return outcome;
}

Result<void> Store::append(const RecordHeader& header, std::span<const std::byte> payload) {
  unsynced_ = true;
  return ring_->append(header, payload);
}

Result<void> Store::sync() {
  if (!unsynced_) return {};
  if (auto ok = ring_->sync(); !ok) return ok;
  unsynced_ = false;
  return {};
}

Result<void> Store::seal(LiveHead& live, bool everything) {
  Head& head = *live.head;
  const auto fail = [&](const Error& e) { return failure("group {}: {}", head.schema()->group, e); };
  const std::uint64_t published = head.published();
  if (const std::uint64_t oldest = head.oldest(), from = head.sealed(); from < oldest) {
    const std::lock_guard lock(mutex_);
    counters_.lost_rows += oldest - from;
    head.mark_sealed(oldest);
  }
  if (everything || too_old(head, live.stages)) {
    if (live.stages.empty() && head.sealed() >= published) return {};
    if (auto ok = append_rows(live, published); !ok) return fail(ok.error());
    return {};
  }
  const std::uint64_t batch = seal_batch(head);
  while (published - std::min(published, head.sealed()) >= batch) {
    const std::uint64_t first = head.sealed(), end = first + batch;
    const bool block_is_full = first - std::min(first, live.in_ring) + batch >= rows_of_block(head);
    if (!block_is_full) {
      const auto staged = stage_rows(live, first, end);
      if (!staged && !stages_fail_)
        log_warn("rows go to the ring in small blocks until stages can be written: {}", staged.error());
      stages_fail_ = !staged;
      if (staged) continue;
    }
    // Also where there is no room for a stage. All staged rows go first: the ring has a generation's rows in their order.
    if (auto ok = append_rows(live, end); !ok) return fail(ok.error());
  }
  return {};
}

// Rows [.., end) have their place outside the head. They are counted here, once, wherever they go later.
void Store::left_head(Head& head, std::uint64_t end) {
  const std::uint64_t before = head.sealed();
  if (end <= before) return;
  head.mark_sealed(end);
  const std::lock_guard lock(mutex_);
  counters_.sealed_rows += end - before;
}

// Requires: rows up to `end` are published.
Result<void> Store::stage_rows(LiveHead& live, std::uint64_t first, std::uint64_t end) {
  Head& head = *live.head;
  const auto schema = head.schema();
  SealRows rows(schema->series.size());
  rows.add(head.read(all_columns(*schema), first, end, kEarliest, kLatest));
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::size_t stop = rows.run_end(begin, rows_of_block(head));
    EncodedBlock block = rows.encode(*schema, head.generation(), begin, stop, codec::Effort::fast);
    block.header.schema_id = head.first_schema_id();
    const std::vector<std::byte> series = pack_series(*schema, live.stages.empty() ? 0 : live.stages.back()->columns());
    auto stage = Stage::create(options_.dirs.state, schema->group, block.header, block.payload, series);
    if (!stage) return std::unexpected(stage.error());
    {
      const std::lock_guard lock(mutex_);
      live.stages.push_back(std::move(*stage));
    }
    left_head(head, rows.number(stop - 1) + 1);
    begin = stop;
  }
  left_head(head, end);
  return {};
}

// What is staged and the head's rows up to `end` become blocks of the ring. What fails stays where it is.
// Requires: rows up to `end` are published.
Result<void> Store::append_rows(LiveHead& live, std::uint64_t end) {
  Head& head = *live.head;
  const auto schema = head.schema();
  SealRows rows(schema->series.size());
  std::uint64_t next = live.in_ring;
  const auto from_head = [&](std::uint64_t to) {
    if (next < to) rows.add(head.read(all_columns(*schema), next, to, kEarliest, kLatest));
    next = std::max(next, to);
  };
  for (const auto& stage : live.stages) {
    if (stage->end_row() <= next) continue;
    from_head(stage->first_row());  // where a stage was damaged, the head may still have its rows
    if (auto ok = rows.add(*stage, next); !ok) {
      log_warn("staged rows are lost: {}", ok.error());
      Stage::set_aside(stage->path());
      const std::lock_guard lock(mutex_);
      ++counters_.damaged_blocks;
    }
    next = std::max(next, stage->end_row());
  }
  from_head(end);
  if (rows.size() > 0) {
    if (!live.schema || live.schema->id() != schema->id) {
      if (live.schema) {
        if (auto ok = leave_schema(live.schema); !ok) return ok;
      }
      live.schema = KnownSchema::pack(*schema);
    }
    if (auto ok = keep_schema(live.schema); !ok) return ok;
    // At once: should the next block fail, or the agent die, this one is not written again.
    const auto appended = append_blocks(rows, *schema, head.generation(), [&](std::uint64_t in_ring) {
      live.in_ring = in_ring;
      left_head(head, in_ring);
    });
    if (!appended) return appended;
  }
  live.in_ring = std::max(live.in_ring, end);
  left_head(head, end);
  // Before the files go that hold the rows too.
  if (auto ok = sync(); !ok) return ok;
  drop_stages(live);
  return {};
}

// Requires: the ring has the schema.
Result<void> Store::append_blocks(const SealRows& rows, const StoredSchema& schema, std::uint64_t generation,
                                  const Appended& appended) {
  // A block is not more than a small part of the ring, which drops whole blocks where it wraps around.
  const std::uint64_t bytes_max = ring_->file_bytes() / 8;
  // The last block of a head may be somewhat longer, where the rest would not be worth one of its own.
  const std::size_t full = block_rows(schema.series.size(), options_.block_rows_most), longest = full + full / 4;
  std::size_t most = longest;
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t stop = rows.run_end(begin, most);
    if (stop - begin == most && most == longest) stop = begin + full;
    EncodedBlock block = rows.encode(schema, generation, begin, stop);
    if (record_bytes(block.payload.size()) > bytes_max && stop - begin > 1) {
      most = (stop - begin + 1) / 2;
      continue;
    }
    if (block.damaged_columns > 0) {
      log_warn("{} columns of staged rows of {} cannot be decoded and are missing", block.damaged_columns, schema.group);
      const std::lock_guard lock(mutex_);
      ++counters_.damaged_blocks;
    }
    if (auto ok = append(block.header, block.payload); !ok) return ok;
    ++schema_copies_[schema.id].blocks;
    appended(rows.number(stop - 1) + 1);
    begin = stop;
  }
  return {};
}

// All of them go together: the first names the series of those after it. Readers that hold them keep them.
void Store::drop_stages(LiveHead& live) {
  std::vector<std::shared_ptr<const Stage>> gone;
  {
    const std::lock_guard lock(mutex_);
    gone.swap(live.stages);
  }
  for (const auto& stage : gone) stage->remove();
}

// A schema is written again each quarter of the ring while blocks refer to it, so that no block outlives all its copies.
Result<void> Store::keep_schema(const std::shared_ptr<const KnownSchema>& schema) {
  const auto copy = schema_copies_.find(schema->id());
  const bool due = copy == schema_copies_.end() || ring_->appended_bytes() - copy->second.at > ring_->file_bytes() / 4;
  return due ? write_schema(schema) : Result<void>{};
}

// No block of this schema will follow. Where more than one has since its newest copy, there is a last one behind them all, so that they
// stay readable as long as they are there. One block lies right behind the copy and is overwritten next after it.
Result<void> Store::leave_schema(const std::shared_ptr<const KnownSchema>& schema) {
  const auto copy = schema_copies_.find(schema->id());
  const bool close_enough = copy != schema_copies_.end() && copy->second.blocks <= 1;
  return close_enough ? Result<void>{} : write_schema(schema);
}

Result<void> Store::write_schema(const std::shared_ptr<const KnownSchema>& schema) {
  RecordHeader h{};
  h.type = static_cast<std::uint16_t>(RecordType::schema);
  h.schema_id = schema->id();
  if (auto ok = append(h, schema->packed()); !ok) return ok;
  schema_copies_[schema->id()] = {ring_->appended_bytes(), 0};

  // What nothing in the ring refers to any more is forgotten.
  const auto index = ring_->snapshot();
  std::erase_if(schema_copies_, [&](const auto& entry) { return !index->schemas()->contains(entry.first); });
  return {};
}

}  // namespace tacho::store
