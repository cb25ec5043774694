#include "store/store.h"

#include <xxhash.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <unordered_set>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "store/block.h"

namespace tacho::store {
namespace {

constexpr TimeMs kEarliest = std::numeric_limits<TimeMs>::min();
constexpr TimeMs kLatest = std::numeric_limits<TimeMs>::max();

// At least two minutes, twice over, so that a minute's rollup finds its rows side by side and the sealer has time.
std::uint64_t row_capacity_for(std::int64_t interval_ms) {
  const auto rows = static_cast<std::uint64_t>(240'000 / std::max<std::int64_t>(interval_ms, 1));
  return std::bit_ceil(std::clamp<std::uint64_t>(rows, 32, 1u << 16));
}

std::uint64_t seal_batch(const Head& head) { return head.row_capacity() / 2; }

}  // namespace

Result<void> Group::describe(Schema schema) {
  if (writer_ && schema == schema_) return {};
  std::unordered_set<Labels, LabelsHash> live;
  for (const SeriesInfo& s : schema) {
    if (!live.insert(s.labels).second) return failure("source {} describes the series {} twice", name_, s.labels.to_string());
  }
  Schema columns = schema;
  for (const SeriesInfo& s : schema_) {
    if (!live.contains(s.labels)) columns.push_back(s);
  }
  const std::size_t ended = columns.size() - schema.size();
  auto head = store_.add_head(encode_schema(name_, interval_ms_, std::move(columns)));
  if (!head) return std::unexpected(head.error());
  writer_ = std::make_unique<HeadWriter>(std::move(*head));  // closes the old generation
  schema_ = std::move(schema);
  ended_ = ended;
  mark_ended_ = ended > 0;
  return {};
}

std::span<std::atomic<std::uint64_t>> Group::begin_row() {
  TACHO_CHECK(writer_ != nullptr, name_);
  cells_ = writer_->begin_row();
  return cells_.first(schema_.size());
}

void Group::publish(TimeMs t) {
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

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto store = std::unique_ptr<Store>(new Store(std::move(options)));
  auto locks = claim(store->options_.dirs);
  if (!locks) return std::unexpected(locks.error());
  store->locks_ = std::move(*locks);
  auto ring = Ring::open(store->options_.dirs.ring(), true, store->options_.budget_bytes);
  if (!ring) return std::unexpected(ring.error());
  store->ring_ = std::move(*ring);
  store->load_schemas();
  store->recover();
  return store;
}

Store::~Store() = default;

void Store::recover() {
  for (const RecordRef& r : *ring_->snapshot()) next_generation_ = std::max(next_generation_, r.header.generation + 1);
  std::uint64_t rows = 0;
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
    rows += (*head)->published() - std::min((*head)->published(), std::max((*head)->sealed(), (*head)->oldest()));
    heads_.push_back({std::move(*head), true});
  }
  counters_.recovered_rows = rows;
  counters_.damaged_blocks += ring_->recovery().damaged;
  if (auto ok = maintain(); !ok) log_warn("what an earlier run left cannot be sealed yet: {}", ok.error());
  if (rows > 0 || ring_->recovery().records > 0 || counters_.damaged_blocks > 0) {
    log_info("the window was found: {} records in the ring, {} rows in heads, {} damaged and skipped", ring_->recovery().records,
             rows, counters_.damaged_blocks);
  }
}

void Store::load_schemas() {
  auto schemas = std::make_shared<SchemaMap>();
  for (const RecordRef& r : *ring_->snapshot()) {
    if (r.header.type != static_cast<std::uint16_t>(RecordType::schema) || schemas->contains(r.header.schema_id)) continue;
    const auto payload = ring_->read(r);
    if (!payload) continue;
    if (auto schema = decode_schema(*payload)) {
      (*schemas)[r.header.schema_id] = std::move(*schema);
    } else {
      log_warn("a schema in {} is skipped: {}", ring_->path(), schema.error());
    }
  }
  const std::lock_guard lock(mutex_);
  schemas_ = std::move(schemas);
}

std::unique_ptr<Group> Store::group(std::string name, std::int64_t interval_ms) {
  return std::unique_ptr<Group>(new Group(*this, std::move(name), interval_ms));
}

Result<std::shared_ptr<Head>> Store::add_head(std::shared_ptr<const StoredSchema> schema) {
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = next_generation_++;
  }
  const auto capacity = row_capacity_for(schema->interval_ms);
  auto head = Head::create(options_.dirs.runtime, generation, std::move(schema), capacity);
  if (!head) return head;
  const std::lock_guard lock(mutex_);
  heads_.push_back({*head, false});
  return head;
}

std::vector<Store::LiveHead> Store::live_heads() const {
  const std::lock_guard lock(mutex_);
  return heads_;
}

Result<void> Store::maintain() {
  Result<void> outcome;
  bool appended = false;
  for (const LiveHead& live : live_heads()) {
    const auto sealed = seal(live, live.done());
    if (!sealed) {
      outcome = std::unexpected(sealed.error());  // the others are sealed all the same
      continue;
    }
    appended = appended || *sealed;
    if (!live.done() || live.head->sealed() < live.head->published()) continue;
    // The last copy of its schema follows its last block, so that the blocks stay readable as long as they are there.
    if (live.head->published() > 0) {
      if (auto ok = keep_schema(*live.head->schema(), true); !ok) outcome = ok;
    }
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(heads_, [&](const LiveHead& h) { return h.head == live.head; });
    }
    live.head->remove();
  }
  if (appended) {
    if (auto ok = ring_->sync(); !ok) outcome = ok;
  }
  return outcome;
}

Result<void> Store::seal_all() {
  Result<void> outcome;
  for (const LiveHead& live : live_heads()) {
    if (auto ok = seal(live, true); !ok) outcome = std::unexpected(ok.error());
  }
  if (auto ok = maintain(); !ok) outcome = ok;
  if (auto ok = ring_->sync(); !ok) outcome = ok;
  return outcome;
}

Result<bool> Store::seal(const LiveHead& live, bool everything) {
  Head& head = *live.head;
  const std::uint64_t published = head.published();
  std::uint64_t from = head.sealed();
  if (const std::uint64_t oldest = head.oldest(); from < oldest) {
    const std::lock_guard lock(mutex_);
    counters_.lost_rows += oldest - from;
    from = oldest;
  }
  bool any = false;
  while (published - from >= seal_batch(head) || (everything && from < published)) {
    const std::uint64_t end = std::min(published, from + seal_batch(head));
    if (auto ok = seal_rows(head, from, end); !ok) return failure("group {}: {}", head.schema()->group, ok.error());
    head.mark_sealed(end);
    from = end;
    any = true;
  }
  return any;
}

Result<void> Store::seal_rows(Head& head, std::uint64_t first, std::uint64_t end) {
  std::vector<std::uint32_t> all(head.columns());
  for (std::uint32_t c = 0; c < all.size(); ++c) all[c] = c;
  HeadRows rows = head.read(all, first, end, kEarliest, kLatest);
  if (auto ok = keep_schema(*head.schema(), false); !ok) return ok;
  // A block's times increase: where the clock stepped back, the next block begins.
  for (std::size_t begin = 0; begin < rows.times.size();) {
    std::size_t stop = begin + 1;
    while (stop < rows.times.size() && rows.times[stop] > rows.times[stop - 1]) ++stop;
    std::vector<std::vector<double>> columns(all.size());
    for (std::size_t c = 0; c < all.size(); ++c)
      columns[c].assign(rows.columns[c].begin() + static_cast<std::ptrdiff_t>(begin),
                        rows.columns[c].begin() + static_cast<std::ptrdiff_t>(stop));
    const std::span<const TimeMs> times = std::span(rows.times).subspan(begin, stop - begin);
    const StoredSchema& schema = *head.schema();
    RecordHeader h{};
    h.type = static_cast<std::uint16_t>(RecordType::block);
    h.schema_id = schema.id;
    h.generation = head.generation();
    h.first_row = rows.first_row + begin;
    h.rows = static_cast<std::uint32_t>(times.size());
    h.columns = static_cast<std::uint32_t>(all.size());
    h.t_min = times.front();
    h.t_max = times.back();
    h.group_hash = XXH3_64bits(schema.group.data(), schema.group.size());
    if (auto ok = ring_->append(h, encode_block(schema.group, schema.interval_ms, times, columns)); !ok) return ok;
    begin = stop;
  }
  const std::lock_guard lock(mutex_);
  counters_.sealed_rows += rows.times.size();
  return {};
}

// A schema is written again each quarter of the ring while blocks refer to it, so that no block outlives all its copies.
Result<void> Store::keep_schema(const StoredSchema& schema, bool now) {
  const auto written = schema_written_at_.find(schema.id);
  const bool due = written == schema_written_at_.end() || ring_->appended_bytes() - written->second > ring_->file_bytes() / 4;
  if (!due && !now) return {};
  RecordHeader h{};
  h.type = static_cast<std::uint16_t>(RecordType::schema);
  h.schema_id = schema.id;
  if (auto ok = ring_->append(h, schema.bytes); !ok) return ok;
  schema_written_at_[schema.id] = ring_->appended_bytes();

  // What nothing in the ring or the heads refers to any more is forgotten.
  std::unordered_set<std::uint64_t> used{schema.id};
  const auto records = ring_->snapshot();
  for (const RecordRef& r : *records) used.insert(r.header.schema_id);
  const std::lock_guard lock(mutex_);
  for (const LiveHead& live : heads_) used.insert(live.head->schema()->id);
  auto schemas = std::make_shared<SchemaMap>(*schemas_);
  if (!schemas->contains(schema.id)) (*schemas)[schema.id] = std::make_shared<StoredSchema>(schema);
  std::erase_if(*schemas, [&](const auto& entry) { return !used.contains(entry.first); });
  std::erase_if(schema_written_at_, [&](const auto& entry) { return !used.contains(entry.first); });
  schemas_ = std::move(schemas);
  return {};
}

WindowSnapshot Store::snapshot() const {
  WindowSnapshot w;
  {
    const std::lock_guard lock(mutex_);
    for (const LiveHead& live : heads_) w.heads.push_back(live.head);
    w.schemas = schemas_;
  }
  // After the heads: rows that are sealed from now on are still in the heads that we hold.
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
    for (const LiveHead& live : heads_) {
      if (!live.done()) s.series += live.head->columns();
    }
  }
  s.budget_bytes = ring_->file_bytes();
  const TimeRange range = store::bounds(w);
  s.window_seconds = range.empty() ? 0 : static_cast<double>(range.max - range.min) / 1000;
  std::uint64_t bytes = 0, samples = 0;
  for (const RecordRef& r : *w.records) {
    if (r.header.type != static_cast<std::uint16_t>(RecordType::block)) continue;
    bytes += record_bytes(r.header.payload_bytes);
    samples += std::uint64_t{r.header.rows} * r.header.columns;
  }
  s.bytes_per_sample = samples == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(samples);
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
  return out;
}

std::vector<GroupRows> Store::group_rows(TimeRange range) const { return store::group_rows(snapshot(), range); }

}  // namespace tacho::store
