// The terminal, borrowed and given back: full-screen drawing and keys.
//
// Lifetime at most one at a time. The destructor gives the terminal back; so do SIGINT, SIGTERM and SIGHUP (wait() then says quit)
//          and a crash (a handler restores the terminal before the process ends).
// Threads  the one that opened it.
// Errors   open(): no terminal, or one of an unknown type.
// Cost     draw() sends only what has changed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proto/base/error.h"
#include "tools/top/page.h"

namespace tacho::tools {

enum class TopKey : std::uint8_t {
  none,
  quit,
  pause,
  up,
  down,
  page_up,
  page_down,
  home,
  end,
  all_rows,
  charset,
  help,
  resized,
  other
};

class TopScreen {
 public:
  // Whether there is a terminal that can be drawn on; the error says what to do instead.
  static Result<void> check_terminal();
  // Colours unless they are refused (colour.h).
  static Result<std::unique_ptr<TopScreen>> open();
  ~TopScreen();

  std::size_t width() const;
  std::size_t height() const;
  // What the locale says the terminal can show; without any locale set: UTF-8, as terminals are these days.
  Charset charset() const { return charset_; }

  void draw(const TopPage& page);

  // Returns at a key, a resize, when wake_fd is readable, or a signal to end; none: only wake_fd.
  TopKey wait(int wake_fd);

 private:
  explicit TopScreen(Charset charset) : charset_(charset) {}
  TopKey read_key();

  Charset charset_;
  bool colours_ = false;
};

}  // namespace tacho::tools
