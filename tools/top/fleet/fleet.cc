#include "tools/top/fleet/fleet.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "tools/top/asking_signals.h"

namespace tacho::tools {
namespace {

// After the full second the sources are read and their rows published; a little later a look finds them all.
constexpr std::int64_t kAfterTickNs = 150 * kNsPerMs;
constexpr auto kStopWait = std::chrono::milliseconds(200);
constexpr std::uint64_t kBackOffMax = 4;  // doublings

std::int64_t until_next_tick_ns() {
  const std::int64_t since = (system_clock().wall_ns() - kAfterTickNs) % kNsPerSecond;
  return kNsPerSecond - since;
}

}  // namespace

Fleet::MakeAsk Fleet::over_http() {
  return [](const NodeAddress& node) -> FleetNode::Ask {
    return [url = node.url](const std::string& path, const Params& params) -> Result<query::QueryResult> {
      const auto body = ask(url, path, params, kFleetTimeoutMs);
      return body ? parse_answer(*body) : std::unexpected(body.error());
    };
  };
}

Fleet::Fleet(std::vector<NodeAddress> nodes, MakeAsk make) : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (NodeAddress& n : nodes) {
    auto node = std::make_unique<Node>(make(n));
    node->view.name = std::move(n.name);
    node->view.url = std::move(n.url);
    nodes_.push_back(std::move(node));
  }
}

void Fleet::start() {
  const AskingSignals signals;
  working_ = std::min(nodes_.size(), kNodesAtOnce);
  for (std::size_t i = 0; i < std::min(nodes_.size(), kNodesAtOnce); ++i)
    threads_.emplace_back([self = shared_from_this()] { self->work(); });
}

bool Fleet::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  const bool ended = changed_.wait_for(lock, kStopWait, [&] { return working_ == 0; });
  lock.unlock();
  for (std::thread& t : threads_) ended ? t.join() : t.detach();
  return ended;
}

FleetView Fleet::view() const {
  std::vector<FleetNodeView> out;
  const std::lock_guard lock(mutex_);
  const MonoNs now = system_clock().mono();
  for (const auto& node : nodes_) {
    out.push_back(node->view);
    out.back().answer_age_ms = (now - node->answered) / kNsPerMs;
    if (out.back().age_ms) *out.back().age_ms += out.back().answer_age_ms;
  }
  return finish_fleet_view(std::move(out));
}

void Fleet::take_wake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
}

// With the mutex held. Whoever is due and free; null: nobody before wait_until.
Fleet::Node* Fleet::next_due(MonoNs now, MonoNs& wait_until) {
  wait_until = now + kNsPerSecond;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const std::size_t at = (next_ + i) % nodes_.size();
    Node& node = *nodes_[at];
    if (node.busy || (node.failures > 0 && failing_busy_ >= kFailingAtOnce)) continue;
    if (node.due - now > 0) {
      wait_until = std::min(wait_until, node.due);
      continue;
    }
    next_ = at + 1;
    return &node;
  }
  return nullptr;
}

void Fleet::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const MonoNs now = system_clock().mono();
    MonoNs wait_until{0};
    Node* node = next_due(now, wait_until);
    if (node == nullptr) {
      changed_.wait_for(lock, std::chrono::nanoseconds(wait_until - now));
      continue;
    }
    const bool was_failing = node->failures > 0;
    node->busy = true;
    failing_busy_ += was_failing;
    lock.unlock();
    const auto looked = node->model.look();
    lock.lock();
    failing_busy_ -= was_failing;
    finish(*node, now, looked);
    if (was_failing) changed_.notify_all();  // another that fails may have its turn
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
  }
  --working_;
  changed_.notify_all();
}

// With the mutex held.
void Fleet::finish(Node& node, MonoNs began, const Result<void>& looked) {
  node.busy = false;
  node.view.asked = true;
  node.failures = looked ? 0 : node.failures + 1;
  node.view.problem = looked ? "" : looked.error().message;
  if (looked) {
    node.answered = began;
    node.view.history = node.model.history();
    node.view.age_ms = node.model.sample_age_ms();
    node.view.own_name = node.model.own_name();
    node.view.interval_ms = node.model.interval_ms();
  }
  const std::uint64_t doublings = std::min(node.failures, kBackOffMax + 1);
  const std::int64_t later = doublings > 1 ? ((std::int64_t{1} << (doublings - 1)) - 1) * kNsPerSecond : 0;
  node.due = system_clock().mono() + until_next_tick_ns() + later;
}

}  // namespace tacho::tools
