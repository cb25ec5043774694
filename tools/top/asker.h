// Asks on a thread of its own, so that keys never wait: once a second, and whenever the page wants something else.
//
// Lifetime shared: a server that hangs holds the thread, which must then outlive the screen.
// Threads  start(), ask(), take(), stop(): the one that draws.
// Errors   the newest attempt's, as a text beside the newest view.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "proto/base/file.h"
#include "store/queryable.h"
#include "tools/top/data/data.h"
#include "tools/top/model.h"

namespace tacho::tools {

class TopAsker : public std::enable_shared_from_this<TopAsker> {
 public:
  TopAsker(std::unique_ptr<store::Queryable> store, std::unique_ptr<TopData> data);

  // Asks at once.
  void start(TopAsk ask);
  // Once, after start(). False: still waiting for an answer; the thread is left to itself.
  bool stop();

  // What is wanted from now on; what was wanted before and not asked yet is not asked.
  void ask(TopAsk ask);
  // What the node is called until it says so itself. Before start().
  std::string fallback_name() const { return data_->fallback_name(); }
  // Whether all that was asked for is answered, within so long; events may be on their way.
  bool wait(std::chrono::milliseconds limit);
  // The newest view since the last call, with the newest events, and the problem of the newest attempt; false when there was none.
  bool take(TopView& view, std::string& problem);
  // How long the question in hand has been waiting for its answer; 0: there is none.
  std::int64_t silent_ms();
  // Readable when there is something to take.
  int wake_fd() const { return wake_.get(); }

 private:
  void work();
  void tell();

  std::unique_ptr<store::Queryable> store_;  // null: asked over HTTP
  std::unique_ptr<TopData> data_;
  TopModel model_;  // the asking thread's, once it is started
  Fd wake_;
  std::thread thread_;

  std::mutex mutex_;  // guards what follows; never held while asking
  std::condition_variable changed_;
  TopAsk ask_;
  bool wanted_ = false;  // ask_ has not been asked yet
  bool asking_view_ = false;
  std::optional<MonoNs> asking_since_;
  bool stopping_ = false;
  bool ended_ = false;
  bool fresh_ = false;
  std::optional<TopView> view_;
  TopEvents events_;
  std::string problem_;
};

}  // namespace tacho::tools
