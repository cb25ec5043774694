#include "tools/terminal/time_axis.h"

#include <algorithm>

#include "tools/terminal/result_text.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kSpacing = 18;

}  // namespace

std::string time_axis(TimeMs begin, TimeMs end, std::size_t columns) {
  const bool with_date = end - begin > 86'400'000;
  std::string line(columns, ' ');
  const auto put = [&](std::size_t at, const std::string& text) {
    if (text.size() > columns) return;
    at = std::min(at, columns - text.size());
    line.replace(at, text.size(), text);
  };
  const std::size_t marks = std::max<std::size_t>(1, columns / (with_date ? 2 * kSpacing : kSpacing));
  for (std::size_t i = 0; i <= marks; ++i) {
    const TimeMs t =
        begin + static_cast<TimeMs>(static_cast<double>(end - begin) * static_cast<double>(i) / static_cast<double>(marks));
    const std::string text = clock_text(t / 1000 * 1000, with_date);
    if (i > 0 && 2 * text.size() + 1 > columns) break;  // of two times that do not fit beside each other the first
    const std::size_t centre = columns * i / marks;
    put(centre > text.size() / 2 ? centre - text.size() / 2 : 0, text);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace tacho::tools
