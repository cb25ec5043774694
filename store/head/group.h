// A group's writing side: rows go to the head of the newest generation of its schema.
//
// Shape    a generation has columns for the series it began with and spare ones for those that come later. A series that ends gets a
//          staleness marker in the next row, and its column stays empty; should it come back, it has the column again. Where no
//          column is spare, a new generation begins: with the live series, and behind them those that end in its first row.
// Threads  one: its source's.
// Cost     a row: see head.h. While the source's series are not the head's first columns in the same order (some have come and
//          gone, or are refused), one more copy of the row. describe(): a look at each series, of a change at those that changed; a
//          new generation is a new file.
// Errors   describe(): no room for another head, a series described twice, no room for any of its series.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/head/column_map.h"
#include "store/head/head.h"
#include "store/head/series_limit.h"

namespace tacho::store {

class Store;

class Group {
 public:
  ~Group();
  // From the next row on these are the series. Those that are gone get a staleness marker in it.
  Result<void> describe(Schema schema);
  // The same by what has changed. After an error the series are what they were.
  Result<void> describe(SchemaChange change);
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
  // Of the described series one that is kept, and where.
  struct Kept {
    std::uint32_t source;
    std::uint32_t column;
  };

  Group(Store& store, std::shared_ptr<SeriesLimit> limit, std::string name, std::int64_t interval_ms)
      : store_(store), limit_(std::move(limit)), name_(std::move(name)), interval_ms_(interval_ms) {}
  std::uint64_t rows_of_block(std::size_t columns) const;
  // What is known of the series that are described, by place.
  struct Places {
    std::vector<std::uint32_t> columns;
    std::vector<bool> same;  // it is what it was, bit by bit; empty: nobody knows
    bool is_same(std::uint32_t place) const { return !same.empty() && same[place]; }
  };
  Result<void> take(const Schema& schema, const Places& places);
  std::vector<Kept> choose(const std::vector<std::uint32_t>& places) const;
  Result<void> give_columns(const Schema& schema, const Places& places, std::vector<Kept>& kept);
  Result<void> open_generation(const Schema& schema, std::vector<Kept>& kept, std::size_t new_series);
  void report_refused(std::size_t refused_before, std::size_t described) const;

  Store& store_;
  std::shared_ptr<SeriesLimit> limit_;
  std::string name_;
  std::int64_t interval_ms_;
  std::unique_ptr<HeadWriter> writer_;
  Schema described_;   // by the source
  ColumnMap columns_;  // of the head
  std::vector<Kept> kept_;
  bool in_place_ = true;  // the described series are the head's first columns: the source writes into the frame
  std::span<std::atomic<std::uint64_t>> cells_;
  Cells source_row_;               // where they are not: the row as the source writes it
  std::uint64_t rows_ = 0;         // published, in all generations
  std::uint64_t first_row_ = 0;    // what that was when this generation began,
  std::size_t first_columns_ = 0;  // with so many columns,
  std::size_t spare_ = 0;          // and so many spare ones

  SeriesLimit::Share share_;
  std::uint64_t freed_seen_ = 0;
};

}  // namespace tacho::store
