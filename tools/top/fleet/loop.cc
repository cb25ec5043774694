#include "tools/top/fleet/loop.h"

#include <algorithm>

namespace tacho::tools {
namespace {

using std::chrono::milliseconds;

// Answers come in a bunch after each second: they are drawn together.
constexpr milliseconds kGather{80};
// How often the page is drawn anew while nothing comes: ages grow.
constexpr milliseconds kDrawAgain{1000};

std::size_t place_of(const FleetPage& page, std::size_t node) {
  return static_cast<std::size_t>(std::find(page.order.begin(), page.order.end(), node) - page.order.begin());
}

void move(const FleetPage& page, FleetPageState& state, std::int64_t by) {
  if (page.order.empty()) return;
  const auto last = static_cast<std::int64_t>(page.order.size()) - 1;
  const auto at = std::min(static_cast<std::int64_t>(place_of(page, state.selected)), last);
  state.selected = page.order[static_cast<std::size_t>(std::clamp<std::int64_t>(at + by, 0, last))];
}

FleetDo character(char32_t c, const FleetPage& page, FleetPageState& state) {
  switch (c) {
    case 'q':
    case 'Q': return FleetDo::quit;
    case 's':
      state.sort = state.sort == FleetSort::worst ? FleetSort::name : static_cast<FleetSort>(static_cast<int>(state.sort) + 1);
      break;
    case 'n': state.sort = FleetSort::name; break;
    case 'b': state.sort = FleetSort::busy; break;
    case 'p': state.sort = FleetSort::power; break;
    case 'w': state.sort = FleetSort::worst; break;
    case 'u': state.charset = state.charset == Charset::utf8 ? Charset::ascii : Charset::utf8; break;
    case 'k': move(page, state, -1); break;
    case 'j': move(page, state, 1); break;
    case '?':
    case 'h': state.help = true; break;
    default: break;
  }
  return FleetDo::nothing;
}

}  // namespace

FleetDo apply_fleet_key(const TopInput& input, const FleetPage& page, FleetPageState& state) {
  if (input.key == TopKey::quit) return FleetDo::quit;
  if (input.key == TopKey::none || input.key == TopKey::resized) return FleetDo::nothing;
  state.message.clear();
  if (state.help) {
    state.help = false;
    return FleetDo::nothing;
  }
  const auto screenful = static_cast<std::int64_t>(std::max<std::size_t>(page.rows_shown, 2) - 1);
  const auto all = static_cast<std::int64_t>(page.order.size());
  state.first_row = page.first_row;
  switch (input.key) {
    case TopKey::character: return character(input.character, page, state);
    case TopKey::enter: return page.order.empty() ? FleetDo::nothing : FleetDo::open;
    case TopKey::wheel_up:
    case TopKey::up: move(page, state, -1); break;
    case TopKey::wheel_down:
    case TopKey::down: move(page, state, 1); break;
    case TopKey::page_up: move(page, state, -screenful); break;
    case TopKey::page_down: move(page, state, screenful); break;
    case TopKey::home: move(page, state, -all); break;
    case TopKey::end: move(page, state, all); break;
    case TopKey::click: {
      const std::size_t row = page.first_row + static_cast<std::size_t>(std::max(input.y - 2, 0));
      if (input.y < 2 || row >= page.first_row + page.rows_shown) break;
      if (page.order[row] == state.selected) return FleetDo::open;
      state.selected = page.order[row];
      break;
    }
    default: break;
  }
  return FleetDo::nothing;
}

void fleet_loop(TopScreen& screen, Fleet& fleet, const OpenNode& open_node) {
  FleetPageState state;
  state.charset = screen.charset();
  FleetView view = fleet.view();
  state.selected = fleet_order(view, state.sort).front();
  for (;;) {
    state.width = screen.width();
    state.height = screen.height();
    const FleetPage page = fleet_page(view, state);
    TopPage drawn;
    drawn.lines = page.lines;
    screen.draw(drawn);
    const TopInput input = screen.wait(fleet.wake_fd(), kDrawAgain);
    if (input.key == TopKey::none) std::this_thread::sleep_for(kGather);
    const FleetDo what = apply_fleet_key(input, page, state);
    if (what == FleetDo::quit) return;
    if (what == FleetDo::open) {
      const auto after = open_node(view.nodes[state.selected]);
      if (after && *after == FleetAfter::quit) return;
      if (!after) state.message = after.error().message;
    }
    fleet.take_wake();
    view = fleet.view();
  }
}

}  // namespace tacho::tools
