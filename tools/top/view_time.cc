#include "tools/top/view_time.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "proto/base/check.h"
#include "proto/base/duration.h"
#include "proto/base/number.h"

namespace tacho::tools {

bool ViewTime::is_step(std::int64_t step_ms) { return std::find(kSteps.begin(), kSteps.end(), step_ms) != kSteps.end(); }

void ViewTime::set_reach(TimeMs oldest, TimeMs newest) {
  newest_ = column_end(newest, kSecondMs);
  oldest_ = std::min(column_end(oldest, kSecondMs), newest_);
  settle();
}

void ViewTime::set_columns(std::size_t columns) {
  columns_ = std::max<std::size_t>(columns, 1);
  settle();
}

void ViewTime::set_step(std::int64_t step_ms) {
  TACHO_CHECK(is_step(step_ms));
  const std::int64_t behind = (last_ - column_end(cursor_, step_ms_)) / step_ms_;  // columns from the cursor's to the last
  step_ms_ = step_ms;
  last_ = column_end(cursor_, step_ms_) + behind * step_ms_;
  settle();
}

void ViewTime::go_live() {
  live_ = true;
  settle();
}

void ViewTime::go_to(TimeMs t) {
  live_ = false;
  const TimeMs to = std::clamp(column_end(t, kSecondMs), oldest_, newest_);
  // What is not on the screen comes to its middle: what led to it and what came of it.
  const TopGrid shown = grid();
  if (!shown.index_of(to)) last_ = column_end(to, step_ms_) + static_cast<TimeMs>(columns_ / 2) * step_ms_;
  cursor_ = to;
  settle();
}

void ViewTime::move(std::int64_t columns) {
  if (columns > 0 && cursor_ == newest_) return go_live();
  if (columns == 0) return;
  live_ = false;
  cursor_ += columns * step_ms_;
  settle();
}

void ViewTime::page(std::int64_t screens) {
  if (screens > 0 && cursor_ == newest_) return go_live();
  if (screens == 0) return;
  live_ = false;
  const std::int64_t by = screens * static_cast<std::int64_t>(columns_) * step_ms_;
  cursor_ += by;
  last_ += by;
  settle();
}

void ViewTime::zoom(int closer) {
  const auto at = std::find(kSteps.begin(), kSteps.end(), step_ms_) - kSteps.begin();
  const auto to = std::clamp<std::ptrdiff_t>(at - closer, 0, static_cast<std::ptrdiff_t>(kSteps.size()) - 1);
  set_step(kSteps[static_cast<std::size_t>(to)]);
}

void ViewTime::settle() {
  cursor_ = live_ ? newest_ : std::clamp(cursor_, oldest_, newest_);
  const TimeMs newest = column_end(newest_, step_ms_), at = column_end(cursor_, step_ms_);
  const TimeMs before = static_cast<TimeMs>(columns_ - 1) * step_ms_;
  const TimeMs full = std::min(newest, column_end(oldest_, step_ms_) + before);
  last_ = live_ ? newest : std::clamp(column_end(last_, step_ms_), full, newest);
  if (at > last_) last_ = at;
  if (at < last_ - before) last_ = at + before;
}

std::optional<TimeMs> parse_view_time(std::string_view text, TimeMs newest) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  if (text.front() == '-') {
    const auto ago = parse_duration(text.substr(1));
    return ago ? std::optional(newest - *ago) : std::nullopt;
  }
  if (text.find(':') == text.npos || text.find('-') != text.npos) return parse_time(text);
  std::vector<int> parts;
  for (std::string_view rest = text;;) {
    const std::size_t colon = rest.find(':');
    const auto number = parse_int(rest.substr(0, colon));
    if (!number || *number < 0 || *number > 59 || parts.size() == 3) return std::nullopt;
    parts.push_back(static_cast<int>(*number));
    if (colon == rest.npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (parts.size() < 2 || parts[0] > 23) return std::nullopt;
  const std::time_t now = newest / 1000;
  std::tm day{};
  ::localtime_r(&now, &day);
  const auto on_day = [&](int days) {
    std::tm t = day;
    t.tm_mday += days;
    t.tm_hour = parts[0];
    t.tm_min = parts[1];
    t.tm_sec = parts.size() == 3 ? parts[2] : 0;
    t.tm_isdst = -1;
    return static_cast<TimeMs>(std::mktime(&t)) * 1000;
  };
  const TimeMs today = on_day(0);
  return today <= newest ? today : on_day(-1);
}

}  // namespace tacho::tools
