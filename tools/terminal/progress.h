// How far something is that takes long: a bar on a terminal's line, gone when it is done. What ends within a second shows nothing.
//
// Shape    made as the work begins; advance() as often as one likes: the line is written at most ten times a second.
// Units    of `done` and `total` whatever they are; the line shows their share.
// Threads  one.   Errors  none: where no terminal is, nothing is written.
// Cost     advance() reads the clock each time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "proto/base/clock.h"

namespace tacho::tools {

class Progress {
 public:
  using Write = std::function<void(const std::string&)>;
  // `what` it is: "reading seconds.om". On the standard error, if that is a terminal and it is `wanted`.
  explicit Progress(std::string what, bool wanted = true);
  // For tests: null writes nothing.
  Progress(std::string what, Write write, std::size_t width, const Clock& clock);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t done, std::uint64_t total);
  // Before anything else is written: the line is empty again.
  void clear();

 private:
  std::string what_;
  Write write_;
  std::size_t width_;
  const Clock& clock_;
  MonoNs begun_;
  MonoNs next_;
  bool shown_ = false;
};

}  // namespace tacho::tools
