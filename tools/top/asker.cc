#include "tools/top/asker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "proto/base/clock.h"
#include "tools/top/asking_signals.h"

namespace tacho::tools {
namespace {

// After the full second the sources are read and their rows published; a little later a look finds them all.
constexpr std::int64_t kAfterTickNs = 120 * kNsPerMs;
// How long a quit waits for an answer that is on its way.
constexpr auto kQuitWait = std::chrono::milliseconds(200);

std::chrono::nanoseconds until_next_look() {
  const std::int64_t now = system_clock().wall_ns();
  const std::int64_t since = (now - kAfterTickNs) % kNsPerSecond;
  return std::chrono::nanoseconds(kNsPerSecond - since);
}

}  // namespace

TopAsker::TopAsker(std::unique_ptr<store::Queryable> store, std::unique_ptr<TopData> data)
    : store_(std::move(store)), data_(std::move(data)), model_(*data_), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void TopAsker::start(TopAsk ask) {
  ask_ = std::move(ask);
  wanted_ = true;
  const AskingSignals signals;
  thread_ = std::thread([self = shared_from_this()] { self->work(); });
}

bool TopAsker::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  const bool ended = changed_.wait_for(lock, kQuitWait, [&] { return ended_; });
  lock.unlock();
  ended ? thread_.join() : thread_.detach();
  return ended;
}

void TopAsker::ask(TopAsk ask) {
  const std::lock_guard lock(mutex_);
  ask_ = std::move(ask);
  wanted_ = true;
  changed_.notify_all();
}

bool TopAsker::wait(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return !wanted_ && !asking_view_; });
}

bool TopAsker::take(TopView& view, std::string& problem) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  if (!fresh_) return false;
  fresh_ = false;
  problem = problem_;
  if (view_) view = std::move(*view_);
  view_.reset();
  view.events = events_.list;
  view.events_problem = events_.problem;
  return true;
}

std::int64_t TopAsker::silent_ms() {
  const std::lock_guard lock(mutex_);
  return asking_since_ ? (system_clock().mono() - *asking_since_) / kNsPerMs : 0;
}

// With the mutex held.
void TopAsker::tell() {
  fresh_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
  changed_.notify_all();
}

void TopAsker::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, until_next_look(), [&] { return stopping_ || wanted_; });
    if (stopping_) break;
    TopAsk ask = ask_;
    ask.hurried = std::exchange(wanted_, false);
    asking_since_ = system_clock().mono();
    asking_view_ = true;
    lock.unlock();
    auto view = model_.refresh(ask);
    lock.lock();
    asking_since_.reset();
    asking_view_ = false;
    problem_ = view ? "" : view.error().message;
    if (view) view_ = std::move(*view);
    tell();
    // No view waits for events, and no key that was pressed meanwhile.
    if (wanted_ || stopping_ || !ask.events || !model_.events_due(system_clock().mono())) continue;
    asking_since_ = system_clock().mono();
    lock.unlock();
    TopEvents events = model_.ask_events(system_clock().mono());
    lock.lock();
    asking_since_.reset();
    events_ = std::move(events);
    tell();
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace tacho::tools
