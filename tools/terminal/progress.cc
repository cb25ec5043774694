#include "tools/terminal/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tools/terminal/terminal.h"

namespace tacho::tools {
namespace {

constexpr std::int64_t kSilentNs = kNsPerSecond;
constexpr std::int64_t kBetweenNs = 100 * kNsPerMs;
constexpr std::size_t kBarMax = 40;

Progress::Write write_to_stderr() {
  if (!terminal_size(STDERR_FILENO)) return nullptr;
  return [](const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  };
}

// No wider than the terminal: a line that wraps cannot be cleared by going back to its beginning.
std::string line_text(const std::string& what, double share, double seconds_left, std::size_t width) {
  const std::string numbers = fmt::format(" {:3.0f} %, {:.0f} s left", share * 100, seconds_left);
  const std::size_t beside = what.size() + numbers.size() + 3;  // a space and the brackets
  if (beside + 8 > width) return (what + numbers).substr(0, width);
  const std::size_t bar = std::min(width - beside, kBarMax);
  const auto done = std::min(static_cast<std::size_t>(share * static_cast<double>(bar)), bar);
  return fmt::format("{} [{}{}]{}", what, std::string(done, '#'), std::string(bar - done, '.'), numbers);
}

}  // namespace

Progress::Progress(std::string what, bool wanted)
    : Progress(std::move(what), wanted ? write_to_stderr() : nullptr, terminal_size(STDERR_FILENO).value_or(TerminalSize()).width,
               system_clock()) {}

Progress::Progress(std::string what, Write write, std::size_t width, const Clock& clock)
    : what_(std::move(what)),
      write_(std::move(write)),
      width_(std::max<std::size_t>(width, 2) - 1),  // the last column's character would move some terminals to the next line
      clock_(clock),
      begun_(clock.mono()),
      next_(begun_ + kSilentNs) {}

void Progress::clear() {
  if (shown_) write_("\r" + std::string(width_, ' ') + "\r");
  shown_ = false;
}

void Progress::advance(std::uint64_t done, std::uint64_t total) {
  if (!write_ || done == 0 || total == 0) return;
  const MonoNs now = clock_.mono();
  if (now - next_ < 0) return;
  next_ = now + kBetweenNs;
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const double elapsed = static_cast<double>(now - begun_) / static_cast<double>(kNsPerSecond);
  const std::string line = line_text(what_, share, elapsed * (1 - share) / share, width_);
  write_("\r" + line + std::string(width_ - line.size(), ' '));
  shown_ = true;
}

}  // namespace tacho::tools
