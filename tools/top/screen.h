// The terminal, borrowed and given back: full-screen drawing and keys.
//
// Lifetime at most one at a time. The destructor gives the terminal back; so do SIGINT, SIGTERM and SIGHUP (wait() then says quit)
//          and a crash (a handler restores the terminal before the process ends).
// Threads  the one that opened it.
// Errors   open(): no terminal, or one of an unknown type.
// Cost     draw() sends only what has changed.
#pragma once

#include <chrono>
#include <memory>

#include "proto/base/error.h"
#include "tools/top/controls.h"
#include "tools/top/pages/page.h"

namespace tacho::tools {

class TopScreen {
 public:
  // Whether there is a terminal that can be drawn on; the error says what to do instead.
  static Result<void> check_terminal();
  // Colours unless they are refused (colour.h).
  static Result<std::unique_ptr<TopScreen>> open(bool mouse);
  ~TopScreen();

  std::size_t width() const;
  std::size_t height() const;
  // What the locale says the terminal can show; without any locale set: UTF-8, as terminals are these days.
  Charset charset() const { return charset_; }
  bool colours() const { return colours_; }

  void draw(const TopPage& page);

  // Returns at a key, a resize, when wake_fd is readable, after so long, or at a signal to end; none: only wake_fd, or time.
  TopInput wait(int wake_fd, std::chrono::milliseconds limit);

 private:
  explicit TopScreen(Charset charset) : charset_(charset) {}
  static TopInput read_key();

  Charset charset_;
  bool colours_ = false;
};

}  // namespace tacho::tools
