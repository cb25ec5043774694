// A line on a terminal's stderr about what takes more than a second; nothing anywhere else, and nothing before.
//
//   Progress progress("writing FILE");
//   progress.set(done, all);
//
// Threads  one of its own, only where stderr is a terminal; set() from any.   Cost  set(): two atomic stores.
// Lifetime the line is gone when it ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace tacho::tools {

class Progress {
 public:
  explicit Progress(std::string what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void set(std::size_t done, std::size_t all);

 private:
  void paint(std::stop_token stop);

  const std::string what_;
  // Writer: whoever works. The line may show one of them newer than the other: it is for a person's eye.
  std::atomic<std::size_t> done_{0}, all_{0};
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;
};

}  // namespace tacho::tools
