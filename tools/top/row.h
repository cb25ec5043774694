// A line of the overview with its values: one thing's, or the machine's.
//
// Units    those of its line.
// Threads  values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/labels.h"
#include "tools/top/lines.h"

namespace tacho::tools {

struct TopRow {
  const TopLine* line = nullptr;
  std::string device;              // "" where the line has none
  std::string name;                // of the device, for people; "" as the device
  std::string which;               // what goes on with the title
  Labels labels;                   // of the answer
  std::vector<double> high, low;   // TopView::grid.count each
  std::optional<double> now;       // the cursor's second; nothing when it has none
  std::optional<double> min, max;  // of the grid
  bool quiet = false;              // not worth its place now
  bool alert = false;

  // Of each column the second that counts.
  const std::vector<double>& values() const { return line->peak == TopPeak::lowest ? low : high; }
  std::string title() const;
};

// What stays the same of a row when the list is sorted, filtered, or asked again.
struct TopRowId {
  std::string section, title, device;
  bool operator==(const TopRowId&) const = default;
};
TopRowId id_of(const TopRow& row);

// "gpu2" before "gpu10": runs of digits count as numbers.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace tacho::tools
