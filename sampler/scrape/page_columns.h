// Which column of a row each line of a page fills.
//
// Shape    a series keeps its column while it stays on the page; one that goes leaves it to one that comes, or the last column moves there.
//          Lines that fill none: those that the rules drop, and those whose labels an earlier line has.
// Threads  one.
// Cost     adopt(): a look at each line; labels are made, hashed and compared for new lines only. Between changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "proto/scraped_page.h"
#include "sampler/scrape/account.h"
#include "sampler/scrape/target.h"
#include "store/series.h"

namespace tacho::sampler {

class PageColumns {
 public:
  // Marks of lines that have no column, all above every column.
  static constexpr std::uint32_t kDropped = 0xffff'fffd;
  static constexpr std::uint32_t kDuplicate = 0xffff'fffe;
  static constexpr std::uint32_t kUnknown = 0xffff'ffff;
  static constexpr bool is_column(std::uint32_t c) { return c < kDropped; }

  struct Adopted {
    bool changed = false;        // the series, their order, or a type
    std::size_t samples = 0;     // lines that the rules leave
    std::size_t duplicates = 0;  // of them those without a column
    std::size_t added = 0;       // of them those whose text the page before did not have, each text once
    // Of the first line that cannot be kept; the lines behind it are unknown then, and looked at again in the next page.
    std::optional<ScrapeFailure> failure;
  };
  // Requires: called after each page that has changed.
  Adopted adopt(const ScrapedPage& page, const ScrapeTarget& target);

  // By line.
  std::span<const std::uint32_t> columns() const { return columns_; }
  // By column.
  const store::Schema& series() const { return series_; }
  // By column, the caller's: the time of the sample taken last; ScrapedPage::kNoTime for a new series.
  std::span<TimeMs> last_times() { return last_times_; }
  // Columns whose series is another, or of another type, since this was last asked: ascending, each once.
  std::vector<std::uint32_t> take_changes();

 private:
  static constexpr std::uint32_t kNoLine = ScrapedPage::kNone;

  std::size_t keep_known(const ScrapedPage& page);
  void place_new(const ScrapedPage& page, const ScrapeTarget& target, Adopted& out);
  std::uint32_t column_of(const Labels& labels, std::uint64_t hash) const;
  std::uint32_t give_column(std::uint32_t line, Labels labels, std::uint64_t hash);
  void forget_labels(std::uint32_t column);
  void pop_column();
  void close_gaps();
  bool take_types(const ScrapedPage& page);

  std::vector<std::uint32_t> columns_;
  store::Schema series_;
  // Of each column:
  std::vector<TimeMs> last_times_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> line_of_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_hash_;  // of labels: columns that have a line
  std::vector<std::uint32_t> gaps_;                                // columns that have none, while a page is adopted
  std::vector<std::uint32_t> changes_;
};

}  // namespace tacho::sampler
