// Asks all nodes, each once a second, and none that is slow or silent holds up the others.
//
// Threads  up to kNodesAtOnce of its own. Those that last failed share kFailingAtOnce of them, and are asked after 1, 2, 4, ... 16 seconds; a node
//          that answers is asked at each second. Everything here may be called by any thread.
// Bounds   a look takes at most kFleetTimeoutMs a request; of more nodes than the threads get through in a second each is asked as often as they can.
// Lifetime shared: a node that hangs holds a thread, which must then outlive the screen.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tools/answers/nodes.h"
#include "tools/top/fleet/view.h"

namespace tacho::tools {

inline constexpr std::int64_t kFleetTimeoutMs = 3000;
inline constexpr std::size_t kFailingAtOnce = 8;

class Fleet : public std::enable_shared_from_this<Fleet> {
 public:
  // How a node is asked: over HTTP, or by a test.
  using MakeAsk = std::function<FleetNode::Ask(const NodeAddress& node)>;
  static MakeAsk over_http();

  explicit Fleet(std::vector<NodeAddress> nodes, MakeAsk make = over_http());

  void start();
  // Once, after start(). False: a node still holds a thread, which is left to itself.
  bool stop();
  FleetView view() const;
  // Readable when there is something new; take_wake() makes it unreadable.
  int wake_fd() const { return wake_.get(); }
  void take_wake();

 private:
  struct Node {
    explicit Node(FleetNode::Ask ask) : model(std::move(ask)) {}
    FleetNodeView view;  // age_ms as of `answered`
    MonoNs answered{0};  // when the last look that succeeded began
    FleetNode model;     // whoever has set `busy` has it
    bool busy = false;
    std::uint64_t failures = 0;  // in a row
    MonoNs due{0};
  };
  void work();
  Node* next_due(MonoNs now, MonoNs& wait_until);
  void finish(Node& node, MonoNs began, const Result<void>& looked);

  Fd wake_;
  mutable std::mutex mutex_;  // guards what follows, but for a busy node's model; never held while asking
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::size_t failing_busy_ = 0;
  std::size_t next_ = 0;  // where the search goes on: all get their turn
  bool stopping_ = false;
  std::size_t working_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace tacho::tools
