// All nodes at once: those that hang or fail hold up nobody.
#include "tools/top/fleet/fleet.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>

using namespace tacho;
using namespace tacho::tools;

namespace {

// Answers at once, or only when it is let go.
struct Nodes : std::enable_shared_from_this<Nodes> {
  std::promise<void> let_go;
  std::shared_future<void> open{let_go.get_future()};
  std::atomic<int> looks{0};  // relaxed: a count that guards nothing
  std::atomic<int> most_hanging{0}, hanging{0};

  FleetNode::Ask make(const NodeAddress& node) {
    if (node.name.starts_with("hangs")) {
      return [this, self = shared_from_this()](const std::string&, const Params&) -> Result<query::QueryResult> {
        const int now = ++hanging;
        for (int most = most_hanging; now > most && !most_hanging.compare_exchange_weak(most, now);) {
        }
        open.wait();
        --hanging;
        return failure("it took too long");
      };
    }
    return [this, self = shared_from_this()](const std::string&, const Params&) -> Result<query::QueryResult> {
      ++looks;
      return query::QueryResult{};
    };
  }
};

std::vector<NodeAddress> addresses(int hanging, int good) {
  std::vector<NodeAddress> out;
  for (int i = 0; i < hanging; ++i) out.push_back({"hangs-" + std::to_string(i), "http://h", {}});
  for (int i = 0; i < good; ++i) out.push_back({"good-" + std::to_string(i), "http://g", {}});
  return out;
}

template <typename Condition>
bool comes_true(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < until) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace

TEST_CASE("nodes that hang do not hold up those that answer") {
  const auto nodes = std::make_shared<Nodes>();  // threads may outlive this
  auto fleet = std::make_shared<Fleet>(addresses(30, 5), [&](const NodeAddress& n) { return nodes->make(n); });
  fleet->start();
  // The good ones are asked again and again by the two threads that are left.
  CHECK(comes_true([&] { return nodes->looks >= 5 * 3 * 2; }));
  for (std::size_t i = 30; i < 35; ++i) CHECK(comes_true([&] { return fleet->view().nodes[i].asked; }));
  CHECK(comes_true([&] { return nodes->hanging == 30; }));
  nodes->let_go.set_value();
  CHECK(comes_true([&] { return !fleet->view().nodes[0].problem.empty(); }));
  CHECK(comes_true([&] { return nodes->hanging == 0; }));
  fleet->stop();  // true where they end within its time, which a busy machine may not grant
  const std::weak_ptr<Fleet> left = fleet;
  fleet.reset();
  CHECK(comes_true([&] { return left.expired(); }));
}
