// The overview as a list: what of the rows is in it, in which order, after filter and sort.
//
// Shape    accelerators first, a line each (TopItem::cells), then rows by section. Minor lines are there if all but the accelerators' own
//          rows, which come near the end, then still fits the screen. A filter is words, each of which must be somewhere in a
//          row's section, device, or title, or be LABEL=VALUE of its labels (or section=, device=, title=).
// Threads  pure.   Lifetime items point into the view's rows.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tools/top/state.h"
#include "tools/top/view.h"

namespace tacho::tools {

// What a device's line shows of it, in this order.
inline constexpr std::array<std::string_view, 6> kDeviceCells = {"busy", "tensor", "memory", "power", "temp", "link"};

struct TopItem {
  TopRowId id;
  const TopRow* row = nullptr;  // of a device's line: the first of its rows
  bool is_device = false;
  std::array<const TopRow*, kDeviceCells.size()> cells{};  // null: it has none
  std::string held;                                        // what holds its clocks down at the cursor, or worse
  bool alert = false;
};

struct TopList {
  std::vector<TopItem> items;
  std::size_t left_out = 0;  // rows that are quiet, or minor where there is no room for them
};

TopList top_list(const TopView& view, const TopState& state);

// Whether a row is what the filter's words say.
bool passes_filter(const TopRow& row, std::string_view filter);

// What a page about this row is about.
TopSubject subject_of(const TopRow& row);

}  // namespace tacho::tools
