#include "tools/top/pages/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/top/pages/detail.h"
#include "tools/top/pages/event_list.h"
#include "tools/top/pages/frame.h"
#include "tools/top/pages/help.h"
#include "tools/top/pages/overview.h"

namespace tacho::tools {
namespace {

bool is_too_small(const TopState& state) { return state.width < kPageWidthMin || state.height < kPageHeightMin; }

TopPage too_small(const TopState& state) {
  TopPage page;
  const std::string text =
      fmt::format("tacho top needs {}x{}; here: {}x{}", kPageWidthMin, kPageHeightMin, state.width, state.height);
  TopPageLine line;
  line.add(text.substr(0, state.width));
  page.lines.push_back(std::move(line));
  page.lines.resize(std::max<std::size_t>(state.height, 1));
  return page;
}

std::string where_text(const TopPage& page, const TopState& state) {
  if (state.help) return "";
  std::string out = page.lines_shown < page.lines_all
                        ? fmt::format("{}-{} of {}", page.first_line + 1, page.first_line + page.lines_shown, page.lines_all)
                        : fmt::format("{} lines", page.lines_all);
  if (page.left_out > 0) out += fmt::format(", z: {} more", page.left_out);
  return out;
}

}  // namespace

std::size_t top_page_columns(const TopState& state) {
  if (is_too_small(state)) return 1;
  return state.subject.is_overview() ? overview_columns(state.width) : detail_columns(state);
}

void fit_columns(TopState& state) {
  if (!is_too_small(state)) state.time.set_columns(top_page_columns(state));
}

TopPage top_page(const TopView& view, const TopState& state) {
  if (is_too_small(state)) return too_small(state);
  TopPage page;
  page.lines.push_back(header_line(view, state));
  if (state.asking) {
    page.lines.resize(state.height - 1);
    page.of_line.resize(state.height);
    page.lines.push_back(footer_line(view, state, ""));
    return page;
  }
  page.lines.push_back(window_line(view, state));
  if (state.help) {
    page.lines.push_back({});
    for (TopPageLine& l : help_lines(state.charset)) page.lines.push_back(std::move(l));
  } else if (state.events) {
    add_event_list(view, state, page);
  } else if (!state.subject.is_overview()) {
    add_detail(view, state, page);
  } else {
    add_overview(view, state, page);
  }
  page.lines.resize(state.height - 1);
  page.of_line.resize(state.height);
  page.lines.push_back(footer_line(view, state, where_text(page, state)));
  return page;
}

}  // namespace tacho::tools
