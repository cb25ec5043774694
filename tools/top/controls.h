// What a key does.
//
// Shape    a key changes the state alone; what it needs of the page is what was drawn last.
// Threads  pure.
#pragma once

#include <cstdint>

#include "tools/top/pages/page.h"
#include "tools/top/state.h"
#include "tools/top/view.h"

namespace tacho::tools {

enum class TopKey : std::uint8_t {
  none,       // only time has passed
  quit,       // a signal, or a terminal that has gone
  character,  // TopInput::character
  enter,
  tab,
  escape,
  backspace,
  up,
  down,
  left,
  right,
  shift_left,
  shift_right,
  page_up,
  page_down,
  home,
  end,
  click,  // at x, y
  wheel_up,
  wheel_down,
  resized,
  other
};

struct TopInput {
  TopKey key = TopKey::none;
  char32_t character = 0;
  int x = 0, y = 0;
};

// False: quit.
bool apply(const TopInput& input, const TopView& view, const TopPage& page, TopState& state);

// Goes there; where it is not held, as near as can be, and says so.
void go_to_time(TimeMs t, const TopView& view, TopState& state);

// Goes to the event that was asked for, if events are known.
void finish_jump(const TopView& view, TopState& state);

}  // namespace tacho::tools
