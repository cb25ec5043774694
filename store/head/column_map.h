// Which column of a generation's head each series of a group has, and where it stands: live, ending, or gone.
//
// Shape    columns are only added; a series keeps its column while the generation lasts, also when it is gone and comes back.
// Threads  one: the group's.
// Cost     place() looks every series up once that is not known; none of the rest walks more than the columns. A row costs nothing here.
// Errors   place(): a series that is described twice.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "proto/base/error.h"
#include "store/series.h"

namespace tacho::store {

class ColumnMap {
 public:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  static constexpr std::uint32_t kLook = 0xffff'fffe;  // not known: to be looked up

  ColumnMap() = default;
  // Requires: at most `capacity` series are ever added.
  explicit ColumnMap(std::size_t capacity);

  std::size_t size() const { return columns_.size(); }
  const SeriesInfo& info(std::uint32_t column) const { return columns_[column].info; }
  bool live(std::uint32_t column) const { return columns_[column].state == State::live; }
  // The column of each series, or kNone. By labels alone: the rest of what is said of it may have changed. `places` has those that are
  // known, kLook for the others.
  Result<void> place(const Schema& schema, std::vector<std::uint32_t>& places) const;

  // Live, since the group had so many rows in all its generations. Requires: no column has its labels.
  std::uint32_t add(const SeriesInfo& info, std::uint64_t since);
  // One of the generation before, which ends with the next row. Requires: as above.
  void add_ending(const SeriesInfo& info);
  // Since when the series lives without a break; `rows`, which is now, if it does not.
  std::uint64_t since(std::uint32_t column, std::uint64_t rows) const;
  // Only these are live from here on. A live one that is not among them ends with the next row, if it has been in one.
  // `rows`: the group's so far.
  void set_live(std::span<const std::uint32_t> columns, std::uint64_t rows);

  // Those that the next row must mark as ended; then they are gone.
  std::span<const std::uint32_t> ending() const { return ending_; }
  void ended();
  // Those that would be ending if only `columns` stayed.
  std::vector<std::uint32_t> would_end(std::span<const std::uint32_t> columns, std::uint64_t rows) const;

 private:
  enum class State : std::uint8_t { gone, live, ending };
  struct Column {
    SeriesInfo info;
    State state = State::gone;
    std::uint64_t since = 0;  // the group's rows when it became live
  };
  struct Hash {
    std::size_t operator()(const Labels* l) const { return l->hash(); }
  };
  struct Equal {
    bool operator()(const Labels* a, const Labels* b) const { return *a == *b; }
  };

  std::uint32_t add(Column column);

  std::vector<Column> columns_;  // never moved: by_labels_ points into them
  std::unordered_map<const Labels*, std::uint32_t, Hash, Equal> by_labels_;
  std::vector<std::uint32_t> ending_;
};

}  // namespace tacho::store
