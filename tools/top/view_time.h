// Which second is looked at, and which stretch of time is shown around it.
//
// Shape    a cursor (a whole second: "now" is its value) and a grid of columns that it is in. Live, both follow the newest second.
//          Always: oldest <= cursor <= newest, the grid contains the cursor, and it does not reach past the newest second's column; nor
//          before the oldest second's where what is held fills it.
// Units    TimeMs, whole seconds.
// Threads  a value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tools/top/data/columns.h"

namespace tacho::tools {

class ViewTime {
 public:
  static constexpr std::array<std::int64_t, 7> kSteps = {1000, 2000, 5000, 10'000, 15'000, 30'000, 60'000};
  static bool is_step(std::int64_t step_ms);

  // Requires: oldest <= newest; they are brought to whole seconds.
  void set_reach(TimeMs oldest, TimeMs newest);
  void set_columns(std::size_t columns);
  // Requires: is_step(step_ms).
  void set_step(std::int64_t step_ms);

  bool live() const { return live_; }
  void pause() { live_ = false; }
  void go_live();
  void go_to(TimeMs t);
  void go_oldest() { go_to(oldest_); }
  // By columns; one more to the right of the newest second is live.
  void move(std::int64_t columns);
  // By screens; the cursor keeps its place on them where it can.
  void page(std::int64_t screens);
  // +1: a column is fewer seconds. The cursor's second, and its place on the screen, stay.
  void zoom(int closer);

  TimeMs cursor() const { return cursor_; }
  TimeMs oldest() const { return oldest_; }
  TimeMs newest() const { return newest_; }
  std::int64_t step_ms() const { return step_ms_; }
  TopGrid grid() const { return TopGrid::up_to(last_, step_ms_, columns_); }

 private:
  void settle();

  bool live_ = true;
  TimeMs oldest_ = 0, newest_ = 0, cursor_ = 0, last_ = 0;
  std::int64_t step_ms_ = kSecondMs;
  std::size_t columns_ = 1;
};

// A time typed in: 14:03, 14:03:22 (the latest such time that is not after `newest`), -10m, -1h30m (before `newest`), or what
// --at takes: Unix seconds, 2026-11-23T16:00:00Z.
std::optional<TimeMs> parse_view_time(std::string_view text, TimeMs newest);

}  // namespace tacho::tools
