#include "tools/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace tacho::tools {
namespace {

constexpr auto kQuiet = std::chrono::seconds(1);
constexpr auto kRepaint = std::chrono::milliseconds(200);

}  // namespace

Progress::Progress(std::string what) : what_(std::move(what)) {
  if (::isatty(STDERR_FILENO) != 0) thread_ = std::jthread([this](std::stop_token stop) { paint(std::move(stop)); });
}

Progress::~Progress() = default;

void Progress::set(std::size_t done, std::size_t all) {
  all_.store(all, std::memory_order_relaxed);
  done_.store(done, std::memory_order_relaxed);
}

void Progress::paint(std::stop_token stop) {
  const auto never = [] { return false; };
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, stop, kQuiet, never);
  bool painted = false;
  while (!stop.stop_requested()) {
    const std::size_t all = all_.load(std::memory_order_relaxed), done = done_.load(std::memory_order_relaxed);
    const std::string share = all > 0 ? fmt::format(" {} %", done * 100 / all) : std::string(" ...");
    std::fprintf(stderr, "\r\x1b[Ktacho: %s%s", what_.c_str(), share.c_str());
    std::fflush(stderr);
    painted = true;
    ended_.wait_for(lock, stop, kRepaint, never);
  }
  if (painted) std::fputs("\r\x1b[K", stderr);
}

}  // namespace tacho::tools
