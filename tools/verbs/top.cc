// tacho top: the loop. One thread asks (tools/top/asker.h); this one draws and reads keys, and waits for neither disk nor network.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "store/directory.h"
#include "store/identity/log.h"
#include "tools/agent/job_labels.h"
#include "tools/answers/data.h"
#include "tools/answers/nodes.h"
#include "tools/terminal/charset.h"
#include "tools/terminal/terminal.h"
#include "tools/top/asker.h"
#include "tools/top/controls.h"
#include "tools/top/fleet/loop.h"
#include "tools/top/pages/page.h"
#include "tools/top/screen.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

using std::chrono::milliseconds;

// An answer that comes within this is drawn at once with the key; a later one when it is there.
constexpr milliseconds kDrawTogether{40};
// A first answer within this is the first that is drawn, and a first error is told in a line; later there is a page that says "asking".
constexpr milliseconds kDrawFirst{300};
// How often the page is drawn anew while nothing comes: to say for how long.
constexpr milliseconds kDrawAgain{1000};
// Narrower than a minute of seconds, a column is two of them.
constexpr std::size_t kMinute = 60;

Result<std::shared_ptr<TopAsker>> make_asker(const DataChoice& choice) {
  if (choice.url) return std::make_shared<TopAsker>(nullptr, top_over_http(*choice.url));
  auto store = open_data(choice);
  if (!store) return std::unexpected(store.error());
  store::TimelineSource timeline;
  if (!choice.file) {
    const auto reader = std::make_shared<store::IdentityReader>(store::reader_dirs(choice.state, choice.runtime).state);
    timeline = [reader] { return reader->timeline(); };
  }
  auto data = top_over_store(**store, choice.file ? *choice.file : host_name(), system_clock(), identity_labels_of(timeline));
  return std::make_shared<TopAsker>(std::move(*store), std::move(data));
}

TopAsk ask_of(const TopState& state) { return {state.time, state.subject, true}; }

bool is_same(const TopAsk& a, const TopAsk& b) {
  const bool same_time = a.time.live() == b.time.live() &&
                         (a.time.live() || (a.time.cursor() == b.time.cursor() && a.time.grid().last() == b.time.grid().last()));
  return same_time && a.time.step_ms() == b.time.step_ms() && a.time.grid().count == b.time.grid().count &&
         a.subject == b.subject && a.events == b.events;
}

void set_reach(const TopView& view, TopState& state) { state.time.set_reach(view.oldest, view.newest.value_or(view.now)); }

// Nothing is open that Esc would close.
bool is_outermost(const TopState& state) {
  return state.subject.is_overview() && !state.events && !state.help && state.prompt == TopPrompt::none && state.filter.empty();
}

// A page that is being asked for.
struct NodePage {
  std::shared_ptr<TopAsker> asker;
  TopAsk asked;
  TopView view;  // empty until the first answer
  TopState state;
  std::optional<TimeMs> at;  // to be gone to, as soon as it is known what is held
};

// The newest view, if there is one.
void take_view(NodePage& page) {
  if (!page.asker->take(page.view, page.state.problem)) return;
  page.state.asking = page.view.grid.count == 0;
  if (page.state.asking) return;
  set_reach(page.view, page.state);
  if (page.at) go_to_time(*std::exchange(page.at, std::nullopt), page.view, page.state);
  finish_jump(page.view, page.state);
}

FleetAfter loop(TopScreen& screen, NodePage& node) {
  TopAsker& asker = *node.asker;
  TopState& state = node.state;
  TopAsk& asked = node.asked;
  for (;;) {
    state.width = screen.width();
    state.height = screen.height();
    fit_columns(state);
    if (const TopAsk ask = ask_of(state); !is_same(ask, asked)) {
      asked = ask;
      asker.ask(ask);
      asker.wait(kDrawTogether);
    }
    take_view(node);
    if (!is_same(ask_of(state), asked)) continue;  // a jump went to another time
    state.silent_ms = asker.silent_ms();
    const TopPage page = top_page(node.view, state);
    screen.draw(page);
    const TopInput input = screen.wait(asker.wake_fd(), kDrawAgain);
    if (state.within && input.key == TopKey::escape && is_outermost(state)) return FleetAfter::back;
    // Until there is a page, the other keys are for nothing.
    const bool quits = input.key == TopKey::quit || (input.key == TopKey::character && (input.character | 0x20) == 'q');
    if (state.asking ? quits : !apply(input, node.view, page, state)) return FleetAfter::quit;
  }
}

// With its first view, if that comes within the limit. An error: nobody can be asked.
Result<NodePage> open_page(const DataChoice& data, const TopOptions& options, milliseconds limit) {
  auto asker = make_asker(data);
  if (!asker) return std::unexpected(asker.error());
  TopState state;
  if (const auto size = terminal_size(1)) {
    state.width = std::max(size->width, kPageWidthMin);
    state.height = std::max(size->height, kPageHeightMin);
  }
  state.charset = choose_charset();
  state.of_file = options.data.file.has_value();
  const std::size_t columns = top_page_columns(state);
  state.time.set_columns(columns);
  state.time.set_step(options.step_ms ? *options.step_ms : columns < kMinute ? 2 * kSecondMs : kSecondMs);
  // A time of before all that is known: the first answer says what is held.
  if (options.at) {
    state.time.set_reach(*options.at, *options.at);
    state.time.go_to(*options.at);
  }
  TopView view;
  view.node = (*asker)->fallback_name();
  const TopAsk asked = ask_of(state);
  NodePage page{std::move(*asker), asked, std::move(view), std::move(state), options.at};
  page.state.asking = true;
  page.asker->start(asked);
  page.asker->wait(limit);
  take_view(page);
  if (page.state.asking && !page.state.problem.empty()) {
    const Error why{page.state.problem};
    page.asker->stop();
    return std::unexpected(why);
  }
  return page;
}

FleetAfter show_page(TopScreen& screen, NodePage page, bool& all_stopped) {
  page.state.charset = screen.charset();
  page.state.colours = screen.colours();
  const FleetAfter after = loop(screen, page);
  all_stopped = page.asker->stop() && all_stopped;
  return after;
}

int end(std::unique_ptr<TopScreen> screen, bool all_stopped) {
  screen.reset();
  if (!all_stopped) {
    // A server that does not answer holds the asking thread; nothing is left to be written, so do not wait for it.
    std::fflush(nullptr);
    std::_Exit(0);
  }
  return 0;
}

int top_nodes(const TopOptions& options) {
  auto nodes = parse_nodes(*options.nodes);
  if (!nodes) return fail(nodes.error());
  auto screen = TopScreen::open(!options.no_mouse);
  if (!screen) return fail(screen.error());
  const auto fleet = std::make_shared<Fleet>(std::move(*nodes));
  fleet->start();
  bool all_stopped = true;
  fleet_loop(**screen, *fleet, [&](const FleetNodeView& node) -> Result<FleetAfter> {
    if (!node.problem.empty()) return failure("{} is silent: {}", node.title(), node.problem);
    auto page = open_page({.url = node.url}, options, kDrawTogether);
    if (!page) return std::unexpected(page.error());
    page->state.within = true;
    return show_page(**screen, std::move(*page), all_stopped);
  });
  all_stopped = fleet->stop() && all_stopped;
  return end(std::move(*screen), all_stopped);
}

}  // namespace

int top(const TopOptions& options) {
  if (auto ok = TopScreen::check_terminal(); !ok) return fail(ok.error());
  if (options.nodes) return top_nodes(options);
  auto page = open_page(options.data, options, kDrawFirst);
  if (!page) return fail(page.error());
  auto screen = TopScreen::open(!options.no_mouse);
  if (!screen) {
    page->asker->stop();
    return fail(screen.error());
  }
  bool all_stopped = true;
  show_page(**screen, std::move(*page), all_stopped);
  return end(std::move(*screen), all_stopped);
}

}  // namespace tacho::tools
