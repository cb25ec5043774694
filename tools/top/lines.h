// What `tacho top` shows: a fixed list of PromQL expressions, each with a title, a unit and its place on the page.
//
// Shape    an expression gives one row, or, with a device label, a row for every device that has a value.
//          The lines of section "accel" are also a table, a row a device (list.h).
//          Placeholders in an expression: [R] two intervals (what irate needs), [G] one interval (a gauge's freshness: a sample
//          that was missed is a gap, not the one before it), [S] and [M] the freshness of what comes every ten seconds, and every minute.
// Threads  constants.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/labels.h"
#include "tools/terminal/format.h"

namespace tacho::tools {

enum class TopShow : std::uint8_t {
  always,      // also without a value: an empty place
  if_any,      // only where there are such series: not every kernel and not every machine has them
  if_nonzero,  // quiet until its first value other than 0, and then for good
  if_busy,     // the same for a device as a whole: its lines are quiet or not together; where all devices are, none is
  if_top,      // of many devices the few whose first line is highest; the others are quiet
};

// Where a sparkline's lowest mark lies.
enum class TopBase : std::uint8_t {
  zero,
  minimum,  // the view's minimum, for what is never near 0; a swing of less than a twentieth stays small
};

// Which of a column's seconds counts, where it is more than one.
enum class TopPeak : std::uint8_t { highest, lowest };

// A device label that stands for whose the series is (query/jobs/job_owner.h); series of nobody's give no row.
inline constexpr std::string_view kOwner = "@owner";

struct TopLine {
  std::string_view section;
  std::string_view title;
  TopUnit unit;
  std::string_view expr;
  TopShow show = TopShow::always;
  std::string_view device = {};  // the label that names the device; rows are then titled "DEVICE TITLE"
  double full = 0;               // the sparkline's top is at least this; 0: the view's maximum
  TopBase base = TopBase::zero;
  double alert_above = std::numeric_limits<double>::infinity();
  std::string_view aside = {};  // a device that is shown only when there is no other
  TopPeak peak = TopPeak::highest;
  bool minor = false;           // left out where the screen has no room for all
  std::string_view which = {};  // a label whose value goes on with the title: "held: power_cap"
};

std::span<const TopLine> top_lines();

// The expression for samples that come every interval_ms. Requires: interval_ms > 0.
std::string top_expression(const TopLine& line, std::int64_t interval_ms);
// The same for the text of any expression; {SEL} becomes the matchers of a label set's labels.
std::string filled_expression(std::string_view expr, std::int64_t interval_ms, const Labels& subject = {});
// How far back any of the lines and charts looks; a fact may look further.
std::int64_t top_reach_ms(std::int64_t interval_ms);
std::int64_t top_fact_reach_ms(std::int64_t interval_ms);

// Devices of one section lie together (all of sda, then all of sdb); of the others, lines do (all utilisations, then all powers).
bool top_section_by_device(std::string_view section);

}  // namespace tacho::tools
