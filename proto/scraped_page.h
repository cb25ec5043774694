// One exporter's page, scrape after scrape: only the values are read again while the rest of the text stays as it was.
//
// Shape    a page is text between values (comments, a series) and values. read() compares that text, piece by piece, with the
//          last page's and reads the number behind each piece. Where a byte differs the whole page is parsed anew
//          (exposition.h), each line is found in the last page by its series' text, and the page becomes the one to compare with.
// Units    values as parse_exposition() gives them, timestamps in ms; a line is a sample's, in the page's order.
// Threads  one.
// Cost     same: a comparison and a number a line, no allocation. changed: a parse, and a hash a line.
// Errors   as parse_exposition(); the page to compare with stays the one it was, values are then of no meaning.
// Memory   the text of one page, and 32 bytes a line.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/exposition.h"

namespace tacho {

// What a page says of its metrics.
struct PageFamily {
  std::string name;
  MetricType type = MetricType::unknown;
  std::string help;
  std::string unit;

  bool operator==(const PageFamily&) const = default;
};

class ScrapedPage {
 public:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  static constexpr TimeMs kNoTime = std::numeric_limits<TimeMs>::min();

  enum class Read { same, changed };
  // `text` is taken when the page has changed (it then holds an older page's, to be overwritten), else left.
  Result<Read> read(std::string& text, TextFormat format);
  // The next page has nothing to be compared with: all its lines are new.
  void forget();

  std::size_t size() const { return lines_.size(); }
  std::span<const double> values() const { return values_; }
  // kNoTime for a line without a timestamp; empty when no line has one.
  std::span<const TimeMs> times() const { return times_; }
  // How many samples the text had that was read last, up to where it was wrong.
  std::size_t samples_read() const { return values_.size(); }

  // The rest changes only when read() says so.
  // As written, see ExpositionSink::sample(). Valid until the next read().
  std::string_view series(std::size_t line) const { return series_of(text_, lines_[line]); }
  // Where the line was in the page before this one, kNone when it was not. Several lines can be of one series.
  std::uint32_t before(std::size_t line) const { return before_[line]; }
  // What its family is, by name and place; null: the page does not say.
  const PageFamily* family(std::size_t line) const;
  // Each name once.
  std::span<const PageFamily> families() const { return families_; }

 private:
  // Of 32 bits: a page is no larger than 4 GiB (checked).
  struct Line {
    std::uint32_t begin;   // in the text: after the value's line before, comments first
    std::uint32_t series;  // in the text
    std::uint32_t series_bytes;
    std::uint32_t value;  // in the text: where the value begins
  };
  class Reader;
  class SeriesIndex;

  static std::string_view series_of(const std::string& text, const Line& line) {
    return std::string_view(text).substr(line.series, line.series_bytes);
  }
  bool read_same(std::string_view text, TextFormat format);
  Result<void> read_anew(std::string& text, TextFormat format);

  TextFormat format_ = TextFormat::prometheus;
  std::string text_;         // of the last page that was another than the one before it
  std::size_t tail_ = 0;     // in the text: what follows the last value's line
  std::vector<Line> lines_;  // of text_, as what follows
  std::vector<PageFamily> families_;
  std::vector<std::uint32_t> family_of_;  // a line
  std::vector<std::uint32_t> before_;
  std::vector<double> values_;
  std::vector<TimeMs> times_;
};

}  // namespace tacho
