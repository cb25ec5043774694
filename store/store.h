// The agent's store: groups are written, sealed into the ring, and asked.
//
// Shape    one ring of fixed size; a head a group, and stages for its rows on their way to the ring. Memory and disk do not grow
//          with time: the stages of a group hold less than a block's rows.
// Threads  Group: its source's thread. maintain(): one background thread. Asking (Queryable) and stats(): any.
// Cost     a row: see head.h; no thread that writes rows ever waits for the disk, the sealer or a reader.
// Errors   open(): folders or files that cannot be used. Group::describe(): no room for another head.
// Crash    open() seals what the last agent left in its heads; nothing published is lost unless the machine went down.
//          Then, a group loses the rows that were in its head only: those of the last two to four minutes.
#pragma once

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/directory.h"
#include "store/head/group.h"
#include "store/head/head.h"
#include "store/head/series_limit.h"
#include "store/queryable.h"
#include "store/ring/ring.h"
#include "store/ring/seal_rows.h"
#include "store/window/window.h"

namespace tacho::store {

// Rows of a block of the ring, where there is no reason for fewer: a block's header and schema are then little beside its samples.
// Groups with few columns have more rows, up to kBlockRowsMost, so that a block has about kBlockCells cells.
inline constexpr std::uint64_t kBlockRows = 1024;
inline constexpr std::uint64_t kBlockRowsMost = 4096;
inline constexpr std::uint64_t kBlockCells = 64 * kBlockRows;
constexpr std::uint64_t block_rows(std::size_t columns, std::uint64_t most = kBlockRowsMost) {
  return std::clamp(std::bit_floor(kBlockCells / std::max<std::size_t>(columns, 1)), kBlockRows, std::max(kBlockRows, most));
}
// Rows of a head: at least two minutes, twice over, so that a minute's rollup finds its rows side by side and the sealer has time.
constexpr std::uint64_t head_rows(std::int64_t interval_ms) {
  const auto rows = static_cast<std::uint64_t>(240'000 / std::max<std::int64_t>(interval_ms, 1));
  return std::bit_ceil(std::clamp<std::uint64_t>(rows, 8, 1u << 16));
}
// Rows go to the ring when the oldest of their group outside it is older than this by the group's newest: just more than a
// block of the most rows at 1 s (68 minutes). Groups with long intervals have smaller blocks so, and not hundreds of stages.
inline constexpr TimeMs kStageAgeMs = 75 * 60'000;

// Live series of all groups. A head takes 2 KiB of shared memory for each of them at 1 s; where they come and go at most as much again,
// or 1 MiB where that is more (store/head/spare_columns.h).
inline constexpr std::size_t kSeriesMax = 20'000;

struct StoreOptions {
  StoreDirs dirs;
  std::uint64_t budget_bytes = 256u << 20;
  std::function<std::vector<MetricMetadata>()> metadata;
  std::uint64_t block_rows_most = kBlockRowsMost;
  std::size_t series_max = kSeriesMax;
};

struct StoreStats {
  double window_seconds = 0;  // from the oldest readable sample to the newest
  SeriesLimit::Counts series;
  std::size_t schemas = 0;      // in memory: of what the ring and the heads hold
  double bytes_per_sample = 0;  // of the sealed blocks in the ring, all in; 0 when there is none
  std::uint64_t budget_bytes = 0;
  std::uint64_t sealed_rows = 0;     // since start: out of a head, into a stage or the ring
  std::uint64_t lost_rows = 0;       // overwritten in a head before they could be sealed
  std::uint64_t recovered_rows = 0;  // found at start in heads and stages, not in the ring yet
  std::uint64_t damaged_blocks = 0;  // and heads, and stages
};

class Store final : public Queryable {
 public:
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  ~Store() override;

  // Requires: one Group a name; [a-z0-9_]+.
  std::unique_ptr<Group> group(std::string name, std::int64_t interval_ms);

  // Seals what is due, into stages or the ring, and drops heads that are done; call it each second. The disk may make it wait.
  Result<void> maintain();
  // At shutdown, after all writers have gone: seals everything into the ring.
  Result<void> seal_all();
  StoreStats stats() const;

  Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const override;
  Result<Selection> select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, TimeRange range) const override;
  TimeRange bounds() const override;
  std::vector<MetricMetadata> metadata() const override {
    return options_.metadata ? options_.metadata() : std::vector<MetricMetadata>{};
  }
  std::vector<GroupTimes> group_times(TimeRange range) const override;
  WindowStatus status() const override;

 private:
  friend class Group;
  struct LiveHead {
    std::shared_ptr<Head> head;
    bool orphan = false;                                    // left by an agent that died: nobody writes to it
    std::vector<std::shared_ptr<const Stage>> stages = {};  // by row; changed by the sealer, under mutex_
    // The sealer's: rows [0, in_ring) have been appended to the ring, as far as they were not lost; the last of them with this schema.
    std::uint64_t in_ring = 0;
    std::shared_ptr<const KnownSchema> schema = {};
    bool done() const { return orphan || head->closed(); }
  };

  explicit Store(StoreOptions options)
      : options_(std::move(options)), series_limit_(std::make_shared<SeriesLimit>(options_.series_max)) {}
  void recover();
  static std::uint64_t find_sealed(LiveHead& live);
  void recover_stages(const std::unordered_map<std::uint64_t, std::uint64_t>& in_ring);
  void recover_without_head(std::span<const std::shared_ptr<const Stage>> stages, std::uint64_t in_ring);
  Result<std::shared_ptr<Head>> add_head(std::shared_ptr<const StoredSchema> schema, std::size_t spare_columns);
  Result<void> seal(LiveHead& live, bool everything);
  Result<void> stage_rows(LiveHead& live, std::uint64_t first, std::uint64_t end);
  Result<void> append(const RecordHeader& header, std::span<const std::byte> payload);
  Result<void> sync();
  std::uint64_t rows_of_block(const Head& head) const { return block_rows(head.columns(), options_.block_rows_most); }
  Result<void> append_rows(LiveHead& live, std::uint64_t end);
  // What is done after each block: its rows, and all before them, are in the ring up to this number.
  using Appended = std::function<void(std::uint64_t end)>;
  Result<void> append_blocks(const SealRows& rows, const StoredSchema& schema, std::uint64_t generation,
                             const Appended& appended);
  void drop_stages(LiveHead& live);
  void left_head(Head& head, std::uint64_t end);
  Result<void> keep_schema(const std::shared_ptr<const KnownSchema>& schema);
  Result<void> leave_schema(const std::shared_ptr<const KnownSchema>& schema);
  Result<void> write_schema(const std::shared_ptr<const KnownSchema>& schema);
  WindowSnapshot snapshot() const;
  std::vector<std::shared_ptr<LiveHead>> live_heads() const;

  StoreOptions options_;
  std::shared_ptr<SeriesLimit> series_limit_;
  std::vector<Fd> locks_;
  std::unique_ptr<Ring> ring_;

  mutable std::mutex mutex_;  // guards what follows; held for moments only, never while sealing or reading
  std::vector<std::shared_ptr<LiveHead>> heads_;
  std::uint64_t next_generation_ = 1;
  StoreStats counters_;

  // The sealer's own: of a schema's newest copy in the ring, Ring::appended_bytes() then and the blocks of that schema since.
  struct SchemaCopy {
    std::uint64_t at = 0;
    std::uint64_t blocks = 0;
  };
  std::unordered_map<std::uint64_t, SchemaCopy> schema_copies_;
  bool unsynced_ = false;     // something was appended to the ring since it was synced
  bool stages_fail_ = false;  // the last stage could not be written; said once
};

}  // namespace tacho::store
