// The agent's store: groups are written, sealed into the ring, and asked.
//
// Shape    one ring of fixed size; a head a group. Memory and disk do not grow with time.
// Threads  Group: its source's thread. maintain(): one background thread. Asking (Queryable) and stats(): any.
// Cost     a row: see head.h; no thread that writes rows ever waits for the disk, the sealer or a reader.
// Errors   open(): folders or files that cannot be used. Group::describe(): no room for another head.
// Crash    open() seals what the last agent left in its heads; nothing published is lost unless the machine went down.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/directory.h"
#include "store/head.h"
#include "store/queryable.h"
#include "store/ring.h"
#include "store/window.h"

namespace tacho::store {

struct StoreOptions {
  StoreDirs dirs;
  std::uint64_t budget_bytes = 256u << 20;
  std::function<std::vector<MetricMetadata>()> metadata;
};

struct StoreStats {
  double window_seconds = 0;    // from the oldest readable sample to the newest
  std::size_t series = 0;       // in the live heads
  double bytes_per_sample = 0;  // of the sealed blocks in the ring, all in; 0 when there is none
  std::uint64_t budget_bytes = 0;
  std::uint64_t sealed_rows = 0;  // since start
  std::uint64_t lost_rows = 0;    // overwritten in a head before they could be sealed
  std::uint64_t recovered_rows = 0;
  std::uint64_t damaged_blocks = 0;
};

class Store;

// A group's writing side. Rows go to the newest generation of its schema.
class Group {
 public:
  // A new generation, unless the schema is what it was. Series that are gone get a staleness marker in its first row.
  Result<void> describe(Schema schema);
  // Requires: describe() has succeeded. All cells absent.
  std::span<std::atomic<std::uint64_t>> begin_row();
  void publish(TimeMs t);
  // A row of staleness markers: the source has ended or is not there any more.
  void publish_stale(TimeMs t);
  bool described() const { return writer_ != nullptr; }
  const std::string& name() const { return name_; }

 private:
  friend class Store;
  Group(Store& store, std::string name, std::int64_t interval_ms)
      : store_(store), name_(std::move(name)), interval_ms_(interval_ms) {}

  Store& store_;
  std::string name_;
  std::int64_t interval_ms_;
  std::unique_ptr<HeadWriter> writer_;
  Schema schema_;          // as described
  std::size_t ended_ = 0;  // columns after it: series that ended when this generation began
  bool mark_ended_ = false;
  std::span<std::atomic<std::uint64_t>> cells_;
};

class Store final : public Queryable {
 public:
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  ~Store() override;

  // Requires: one Group a name; [a-z0-9_]+.
  std::unique_ptr<Group> group(std::string name, std::int64_t interval_ms);

  // Seals what is due and drops heads that are done; call it each second. The disk may make it wait.
  Result<void> maintain();
  // At shutdown, after all writers have gone: seals everything.
  Result<void> seal_all();
  StoreStats stats() const;

  Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, TimeRange range) const override;
  TimeRange bounds() const override;
  std::vector<MetricMetadata> metadata() const override {
    return options_.metadata ? options_.metadata() : std::vector<MetricMetadata>{};
  }
  std::vector<GroupRows> group_rows(TimeRange range) const override;
  WindowStatus status() const override;

 private:
  friend class Group;
  struct LiveHead {
    std::shared_ptr<Head> head;
    bool orphan = false;  // left by an agent that died: nobody writes to it
    bool done() const { return orphan || head->closed(); }
  };

  explicit Store(StoreOptions options) : options_(std::move(options)) {}
  void recover();
  Result<std::shared_ptr<Head>> add_head(std::shared_ptr<const StoredSchema> schema);
  Result<bool> seal(const LiveHead& live, bool everything);
  Result<void> seal_rows(Head& head, std::uint64_t first, std::uint64_t end);
  Result<void> keep_schema(const StoredSchema& schema, bool now);
  void load_schemas();
  WindowSnapshot snapshot() const;
  std::vector<LiveHead> live_heads() const;

  StoreOptions options_;
  std::vector<Fd> locks_;
  std::unique_ptr<Ring> ring_;

  mutable std::mutex mutex_;  // guards what follows; held for moments only, never while sealing or reading
  std::vector<LiveHead> heads_;
  std::shared_ptr<const SchemaMap> schemas_ = std::make_shared<SchemaMap>();
  std::uint64_t next_generation_ = 1;
  StoreStats counters_;

  // The sealer's own: at which Ring::appended_bytes() a schema was last written.
  std::unordered_map<std::uint64_t, std::uint64_t> schema_written_at_;
};

}  // namespace tacho::store
