#include "sampler/isolation/child.h"

#include <algorithm>
#include <utility>

#include "proto/base/log.h"

namespace tacho::sampler {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

Child::Child(std::shared_ptr<ChildStarter> starter, std::size_t number, std::string name, std::size_t sources, const Clock& clock)
    : starter_(std::move(starter)), number_(number), name_(std::move(name)), sources_(sources), clock_(clock) {}

Child::~Child() { give_up(); }

Result<Child::Link> Child::link(std::size_t source) {
  const std::lock_guard lock(mutex_);
  if (sockets_.empty()) {
    if (given_up_) return failure("the agent ends");
    if (clock_.mono() < retry_at_) return std::unexpected(why_);
    if (auto ok = begin_life(); !ok) {
      ++ends_;
      retry_at_ = clock_.mono() + wait_ns();
      why_ = {fmt::format("the process of {} cannot be started: {}; it is tried again in {} s", name_, ok.error(),
                          wait_ns() / kNsPerSecond)};
      return std::unexpected(why_);
    }
  }
  return Link{sockets_[source], life_};
}

Result<void> Child::begin_life() {
  std::vector<std::shared_ptr<const Socket>> ours;
  std::vector<Socket> theirs;
  for (std::size_t i = 0; i < sources_; ++i) {
    auto pair = Socket::pair();
    if (!pair) return std::unexpected(pair.error());
    ours.push_back(std::make_shared<const Socket>(std::move(pair->first)));
    theirs.push_back(std::move(pair->second));
  }
  const auto pid = starter_->start(number_, theirs);
  if (!pid) return std::unexpected(pid.error());
  pid_ = *pid;
  sockets_ = std::move(ours);
  begun_ = clock_.mono();
  used({});
  lives_.store(++life_, relaxed);
  if (life_ > 1) log_info("the process of {} is started again (pid {})", name_, pid_);
  runs_.store(true, relaxed);
  return {};
}

// Who waits for an answer still gets what was sent before.
void Child::end_life() {
  for (const auto& socket : sockets_) socket->shut();
  sockets_.clear();
  runs_.store(false, relaxed);
}

std::int64_t Child::wait_ns() const { return ends_ <= 1 ? 0 : std::min(kWaitMaxNs, kNsPerSecond << std::min(ends_ - 1, 20)); }

Error Child::lost(std::uint64_t life, const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (given_up_) return {"the agent ends"};
  const bool first = life == life_ && !sockets_.empty();
  if (first) {
    end_life();
    ends_ = clock_.mono() - begun_ >= kLongLifeNs ? 1 : ends_ + 1;
    retry_at_ = clock_.mono() + wait_ns();
    ended_ = starter_->how_it_ended(number_);
  }
  // Who was struck by it knows more than who found it first.
  if (first || (life == life_ && sockets_.empty() && !what.empty())) {
    why_ = {fmt::format("the process of {} (pid {}) {}{}{}; it is started again {}", name_, pid_, ended_,
                        what.empty() ? "" : ", ", what,
                        wait_ns() == 0 ? "with the next row" : fmt::format("in {} s", wait_ns() / kNsPerSecond))};
  }
  return why_;
}

void Child::used(const AnswerHead& head) {
  cpu_ns_.store(head.cpu_ns, relaxed);
  resident_bytes_.store(head.resident_bytes, relaxed);
}

void Child::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  end_life();
}

}  // namespace tacho::sampler
