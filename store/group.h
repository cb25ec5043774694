// A group's writing side: rows go to the head of the newest generation of its schema.
//
// Shape    a generation a schema; its columns are the series that the source describes, less those over the limit of live series,
//          and behind them those that ended when it began.
// Threads  one: its source's.
// Cost     a row: see head.h. While series are refused, one more copy of the row.
// Errors   describe(): no room for another head, a series described twice, no room for any of its series.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/head.h"
#include "store/series_limit.h"

namespace tacho::store {

class Store;

class Group {
 public:
  ~Group();
  // A new generation, unless the schema is what it was. Series that are gone get a staleness marker in its first row.
  Result<void> describe(Schema schema);
  // Requires: describe() has succeeded. All cells absent; as many as were described, whether kept or refused.
  std::span<std::atomic<std::uint64_t>> begin_row();
  void publish(TimeMs t);
  // A row of staleness markers: the source has ended or is not there any more.
  void publish_stale(TimeMs t);
  bool described() const { return writer_ != nullptr; }
  const std::string& name() const { return name_; }

 private:
  friend class Store;
  using Cells = std::vector<std::atomic<std::uint64_t>>;

  Group(Store& store, std::shared_ptr<SeriesLimit> limit, std::string name, std::int64_t interval_ms)
      : store_(store), limit_(std::move(limit)), name_(std::move(name)), interval_ms_(interval_ms) {}
  std::vector<std::uint32_t> choose(const Schema& schema) const;
  Result<void> open_generation(const Schema& kept);

  Store& store_;
  std::shared_ptr<SeriesLimit> limit_;
  std::string name_;
  std::int64_t interval_ms_;
  std::unique_ptr<HeadWriter> writer_;
  Schema described_;       // by the source
  Schema schema_;          // of these the ones that are kept: the head's first columns
  std::size_t ended_ = 0;  // columns after them: series that ended when this generation began
  bool mark_ended_ = false;
  std::span<std::atomic<std::uint64_t>> cells_;

  SeriesLimit::Share share_;
  std::vector<std::uint32_t> kept_;  // while series are refused: for each column of the head the source's
  Cells source_row_;                 // and the row as the source writes it
  std::uint64_t freed_seen_ = 0;
};

}  // namespace tacho::store
