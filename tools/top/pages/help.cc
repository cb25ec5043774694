#include "tools/top/pages/help.h"

#include "tools/terminal/sparkline.h"

namespace tacho::tools {

std::vector<TopPageLine> help_lines(Charset charset) {
  const std::string example = sparkline(std::vector<double>{0, 0.1, 0.3, 0.45, 0.6, 0.75, 0.9, 1}, {0, 1}, charset);
  std::vector<TopPageLine> out;
  const auto add = [&](std::string text, TopStyle style = TopStyle::plain) {
    TopPageLine line;
    line.add(std::move(text), style);
    out.push_back(std::move(line));
  };
  add("  time", TopStyle::heading);
  add("   space, p     pause, live again      t   go to a time: 14:03:22, -10m");
  add("   left, right  a column back, on      n N next event, the one before; also > <");
  add("   [ ]          a screen back, on      e   the list of events; enter goes there");
  add("   + -          a column is 1 s to 1 m g G oldest second, newest (live)");
  add("  list", TopStyle::heading);
  add("   up, down, PgUp, PgDn, Home, End     enter  all of this device, port or job");
  add("   /            filter: words, label=value; esc clears it, and goes back");
  add("   s            by name, now, max      z   all lines, also those that were 0");
  add("   u            blocks or ASCII        q   quit     the mouse: click and wheel");
  add("  a line", TopStyle::heading);
  add("   now          the newest second; at cursor: that second's. Empty: it has none");
  add("   " + example + "     the time shown; a space: no value. A column of many seconds");
  add("                shows the highest of them: a peak of one second is never lost");
  add("   min, max     the lowest and the highest second of the time that is shown");
  add("   !            more than is healthy; in the bar above: something happened then");
  add("   %            drawn from 0 to 100; other lines up to their maximum");
  add("   wait         share of the time in which some task waited (pressure)");
  add("  Every value is one second's, and none is made up. To ask for more: tacho query");
  return out;
}

}  // namespace tacho::tools
