#include "store/store.h"

#include <algorithm>

#include "proto/base/check.h"

namespace tacho::store {

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
  return select_any({&matchers, 1}, range, limits);
}

Result<Selection> Store::select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const {
  return store::select(snapshot(), sets, range, limits);
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

std::vector<GroupTimes> Store::group_times(TimeRange range) const { return store::group_times(snapshot(), range); }

}  // namespace tacho::store
