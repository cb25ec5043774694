#include "store/store.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <unordered_set>

#include "proto/base/check.h"
#include "proto/base/log.h"

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

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto store = std::unique_ptr<Store>(new Store(std::move(options)));
  auto locks = claim(store->options_.dirs);
  if (!locks) return std::unexpected(locks.error());
  store->locks_ = std::move(*locks);
  auto ring = Ring::open(store->options_.dirs.ring(), true, store->options_.budget_bytes);
  if (!ring) return std::unexpected(ring.error());
  store->ring_ = std::move(*ring);
  store->recover();
  return store;
}

Store::~Store() = default;

void Store::recover() {
  std::unordered_map<std::uint64_t, std::uint64_t> in_ring, last_schema;  // by generation
  for (const auto index = ring_->snapshot(); const RecordRef& r : *index) {
    next_generation_ = std::max(next_generation_, r.header.generation + 1);
    if (r.header.type != static_cast<std::uint16_t>(RecordType::block)) continue;
    std::uint64_t& end = in_ring[r.header.generation];
    end = std::max(end, r.header.first_row + r.header.rows);
    last_schema[r.header.generation] = r.header.schema_id;
  }
  for (const std::string& path : list_heads(options_.dirs)) {
    auto head = Head::open(path, true);
    if (!head) {
      log_warn("a head left by an earlier run cannot be used and is set aside: {}", head.error());
      std::error_code ec;
      std::filesystem::rename(path, path + ".damaged", ec);
      ++counters_.damaged_blocks;
      continue;
    }
    next_generation_ = std::max(next_generation_, (*head)->generation() + 1);
    heads_.push_back(std::make_shared<LiveHead>(LiveHead{std::move(*head), true}));
    LiveHead& live = *heads_.back();
    live.in_ring = std::min(in_ring[live.head->generation()], live.head->published());
    ring_->know(live.head->schema());
    const auto schemas = ring_->snapshot()->schemas();
    if (const auto known = schemas->find(last_schema[live.head->generation()]); known != schemas->end())
      live.schema = known->second;
  }
  recover_stages(in_ring);
  for (const auto& live : heads_) counters_.recovered_rows += find_sealed(*live);
  counters_.damaged_blocks += ring_->recovery().damaged;
  if (auto ok = maintain(); !ok) log_warn("what an earlier run left cannot be sealed yet: {}", ok.error());
  if (counters_.recovered_rows > 0 || ring_->recovery().records > 0 || counters_.damaged_blocks > 0) {
    log_info("the window was found: {} records in the ring, {} rows in heads and stages, {} damaged and skipped",
             ring_->recovery().records, counters_.recovered_rows, counters_.damaged_blocks);
  }
}

// How far rows have left the head is what ring and stages have, whatever the head says: the last agent may have died before it
// said so, and rows whose stage is damaged may still be in the head. Returns how many rows the ring does not have.
std::uint64_t Store::find_sealed(LiveHead& live) {
  Head& head = *live.head;
  const std::uint64_t oldest = head.oldest(), published = head.published();
  std::uint64_t rows = 0, next = live.in_ring, sealed = live.in_ring;
  const auto in_head = [&](std::uint64_t to) {
    const std::uint64_t from = std::max(next, oldest);
    rows += to - std::min(to, from);
  };
  for (const auto& stage : live.stages) {
    if (stage->end_row() <= next) continue;
    in_head(stage->first_row());
    if (stage->first_row() <= sealed) sealed = stage->end_row();
    rows += stage->end_row() - std::max(stage->first_row(), next);
    next = stage->end_row();
  }
  in_head(published);
  // What is older than the head's oldest row and nowhere else was counted as lost when it was, or the ring has dropped it.
  head.mark_sealed(std::max(sealed, std::min(head.sealed(), oldest)));
  return rows;
}

// Each stage goes to its head again, with which it is sealed; one whose rows the ring has was left by a crash in between.
void Store::recover_stages(const std::unordered_map<std::uint64_t, std::uint64_t>& in_ring) {
  remove_unfinished_stages(options_.dirs);
  std::vector<std::shared_ptr<const Stage>> found;
  for (const std::string& path : list_stages(options_.dirs)) {
    if (auto stage = Stage::open(path)) {
      next_generation_ = std::max(next_generation_, (*stage)->header().generation + 1);
      found.push_back(std::move(*stage));
    } else {
      log_warn("rows staged by an earlier run cannot be used and are set aside: {}", stage.error());
      Stage::set_aside(path);
      ++counters_.damaged_blocks;
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a->header().generation, a->first_row()) < std::pair(b->header().generation, b->first_row());
  });
  std::map<std::uint64_t, std::vector<std::shared_ptr<const Stage>>> without_head;  // by generation
  for (const auto& stage : found) {
    const RecordHeader& h = stage->header();
    const auto appended = in_ring.find(h.generation);
    if (appended != in_ring.end() && stage->end_row() <= appended->second) {
      stage->remove();
      continue;
    }
    const auto live = std::find_if(heads_.begin(), heads_.end(), [&](const auto& l) {
      return l->head->generation() == h.generation && l->head->first_schema_id() == h.schema_id &&
             l->head->columns() >= h.columns && stage->end_row() <= l->head->published();
    });
    if (live != heads_.end()) {
      (*live)->stages.push_back(stage);
    } else {
      without_head[h.generation].push_back(stage);
    }
  }
  for (const auto& [generation, stages] : without_head) {
    const auto appended = in_ring.find(generation);
    recover_without_head(stages, appended == in_ring.end() ? 0 : appended->second);
  }
}

// Their head is damaged or gone: they say themselves what they are.
void Store::recover_without_head(std::span<const std::shared_ptr<const Stage>> stages, std::uint64_t in_ring) {
  const auto schema = schema_of_stages(stages);
  SealRows rows(schema ? schema->series.size() : 0);
  for (const auto& stage : stages) {
    auto ok = stage->columns() <= (schema ? schema->series.size() : 0)
                  ? rows.add(*stage, in_ring)
                  : failure("nothing says what the rows in {} are", stage->path());
    if (!ok) {
      log_warn("rows staged by an earlier run are set aside: {}", ok.error());
      Stage::set_aside(stage->path());
      ++counters_.damaged_blocks;
      continue;
    }
    in_ring = std::max(in_ring, stage->end_row());
  }
  if (rows.size() == 0) return;
  auto kept = write_schema(KnownSchema::pack(*schema));
  if (kept) kept = append_blocks(rows, *schema, stages.front()->header().generation, [](std::uint64_t) {});
  if (kept) kept = sync();
  if (!kept) {
    log_warn("rows staged by an earlier run cannot be sealed and wait for the next start: {}", kept.error());
    return;
  }
  counters_.recovered_rows += rows.size();
  for (const auto& stage : stages) stage->remove();
}

std::unique_ptr<Group> Store::group(std::string name, std::int64_t interval_ms) {
  return std::unique_ptr<Group>(new Group(*this, series_limit_, std::move(name), interval_ms));
}

Result<std::shared_ptr<Head>> Store::add_head(std::shared_ptr<const StoredSchema> schema, std::size_t spare_columns) {
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = next_generation_++;
  }
  const auto capacity = head_rows(schema->interval_ms);
  auto head = Head::create(options_.dirs.runtime, generation, std::move(schema), capacity, spare_columns);
  if (!head) return head;
  const std::lock_guard lock(mutex_);
  heads_.push_back(std::make_shared<LiveHead>(LiveHead{*head}));
  return head;
}

std::vector<std::shared_ptr<Store::LiveHead>> Store::live_heads() const {
  const std::lock_guard lock(mutex_);
  return heads_;
}

Result<void> Store::maintain() {
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

WindowSnapshot Store::snapshot() const {
  WindowSnapshot w;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& live : heads_) {
      w.heads.push_back(live->head);
      w.stages.insert(w.stages.end(), live->stages.begin(), live->stages.end());
    }
  }
  // After heads and stages: rows that move on from now are still in those that we hold.
  w.records = ring_->snapshot();
  w.ring = ring_.get();
  return w;
}

StoreStats Store::stats() const {
  const WindowSnapshot w = snapshot();
  StoreStats s;
  {
    const std::lock_guard lock(mutex_);
    s = counters_;
  }
  s.series = series_limit_->counts();
  s.schemas = w.records->schemas()->size();
  s.budget_bytes = ring_->file_bytes();
  const TimeRange range = store::bounds(w);
  s.window_seconds = range.empty() ? 0 : static_cast<double>(range.max - range.min) / 1000;
  const std::uint64_t samples = w.records->block_samples();
  s.bytes_per_sample = samples == 0 ? 0 : static_cast<double>(w.records->block_bytes()) / static_cast<double>(samples);
  return s;
}

Result<Selection> Store::select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const {
  return store::select(snapshot(), matchers, range, limits);
}

Result<std::vector<Labels>> Store::series(std::span<const Matcher> matchers, TimeRange range) const {
  return store::series(snapshot(), matchers, range);
}

TimeRange Store::bounds() const { return store::bounds(snapshot()); }

WindowStatus Store::status() const {
  WindowStatus out = window_status(snapshot());
  const std::lock_guard lock(mutex_);
  out.recovery = Recovery{counters_.recovered_rows, counters_.damaged_blocks, counters_.lost_rows};
  out.live = series_limit_->counts();
  return out;
}

std::vector<GroupRows> Store::group_rows(TimeRange range) const { return store::group_rows(snapshot(), range); }

}  // namespace tacho::store
