// What the user has chosen: which page, which time, what of the list. No terminal in it, and no samples.
//
// Threads  values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/terminal/sparkline.h"
#include "tools/top/row.h"
#include "tools/top/view.h"
#include "tools/top/view_time.h"

namespace tacho::tools {

inline constexpr std::size_t kPageWidthMin = 80;
inline constexpr std::size_t kPageHeightMin = 24;
inline constexpr std::size_t kHeaderLines = 3;  // node, window, titles
inline constexpr std::size_t kFrameLines = kHeaderLines + 1;

// What stays the same of an event when the list is asked again, and others come or go.
struct TopEventId {
  TimeMs time = 0;
  std::string kind, device;
  bool operator==(const TopEventId&) const = default;
};

enum class TopSort : std::uint8_t { name, now, max };
enum class TopPrompt : std::uint8_t { none, filter, time };

struct TopState {
  std::size_t width = kPageWidthMin;
  std::size_t height = kPageHeightMin;
  Charset charset = Charset::utf8;
  bool colours = false;  // curves can be told apart by them
  ViewTime time;

  TopSubject subject;    // the page: of everything, or of one thing
  bool events = false;   // the list of events instead
  bool of_file = false;  // nobody adds to it
  bool within = false;   // a page of several nodes is around it, to which Esc goes back
  bool help = false;     // over whatever page it is

  std::optional<TopRowId> selected;  // of the overview; nothing: its first
  std::size_t first_line = 0;        // of the list that scrolls, at the top; too large is as far as it goes
  std::string filter;
  TopSort sort = TopSort::name;
  bool all_rows = false;            // quiet lines too
  std::optional<TopEventId> event;  // of the list of events; nothing: the one before the cursor
  int jump = 0;                     // to the next event (1) or the one before (-1), as soon as they are known

  TopPrompt prompt = TopPrompt::none;
  std::string typed;
  std::string message;  // of the last key: why it did nothing; "" none

  bool asking = false;         // there has been no view yet
  std::string problem;         // why there is no newer view; "" when all is well
  std::int64_t silent_ms = 0;  // how long an answer has been waited for
};

}  // namespace tacho::tools
