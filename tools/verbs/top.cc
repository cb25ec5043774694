// tacho top: the loop. One thread asks, once a second; this one draws and reads keys, and waits for neither disk nor network.
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tools/answers/data.h"
#include "tools/top/data.h"
#include "tools/top/model.h"
#include "tools/top/page.h"
#include "tools/top/screen.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

// After the full second the sources are read and their rows published; a little later a look finds them all.
constexpr std::int64_t kAfterTickNs = 120 * kNsPerMs;
// How long a quit waits for an answer that is on its way.
constexpr auto kQuitWait = std::chrono::milliseconds(200);

// Asks once a second on a thread of its own and keeps the newest view.
// Shared ownership: a server that hangs holds the thread, which must then outlive the screen.
class Refresher : public std::enable_shared_from_this<Refresher> {
 public:
  Refresher(std::unique_ptr<store::Queryable> store, std::unique_ptr<TopData> data)
      : store_(std::move(store)), data_(std::move(data)), model_(*data_), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  // Before start(): the first view, or why there is none.
  Result<TopView> first() { return model_.refresh(); }

  void start() {
    // Signals are for the thread that draws.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([self = shared_from_this()] { self->work(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  // Once, after start(). False: still waiting for an answer; the thread is left to itself.
  bool stop() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    const bool ended = changed_.wait_for(lock, kQuitWait, [&] { return ended_; });
    lock.unlock();
    ended ? thread_.join() : thread_.detach();
    return ended;
  }

  void pause(bool paused) {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
    changed_.notify_all();
  }

  // The newest view since the last call, and the problem of the newest attempt; false when there was none.
  bool take(TopView& view, std::string& problem) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    if (!fresh_) return false;
    fresh_ = false;
    problem = problem_;
    if (view_) view = std::move(*view_);
    view_.reset();
    return true;
  }

  int wake_fd() const { return wake_.get(); }

 private:
  static std::chrono::nanoseconds until_next_look() {
    const std::int64_t now = system_clock().wall_ns();
    const std::int64_t since = (now - kAfterTickNs) % kNsPerSecond;
    return std::chrono::nanoseconds(kNsPerSecond - since);
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (changed_.wait_for(lock, until_next_look(), [&] { return stopping_; })) break;
      changed_.wait(lock, [&] { return stopping_ || !paused_; });
      if (stopping_) break;
      lock.unlock();
      auto view = model_.refresh();
      lock.lock();
      fresh_ = true;
      problem_ = view ? "" : view.error().message;
      if (view) view_ = std::move(*view);
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
    }
    ended_ = true;
    changed_.notify_all();
  }

  std::unique_ptr<store::Queryable> store_;  // null: asked over HTTP
  std::unique_ptr<TopData> data_;
  TopModel model_;  // the asking thread's, once it is started
  Fd wake_;
  std::thread thread_;

  std::mutex mutex_;  // guards what follows; never held while asking
  std::condition_variable changed_;
  bool stopping_ = false;
  bool paused_ = false;
  bool ended_ = false;
  bool fresh_ = false;
  std::optional<TopView> view_;
  std::string problem_;
};

Result<std::shared_ptr<Refresher>> make_refresher(const DataChoice& choice) {
  if (choice.url) return std::make_shared<Refresher>(nullptr, top_over_http(*choice.url));
  auto store = open_data(choice);
  if (!store) return std::unexpected(store.error());
  auto data = top_over_store(**store, choice.file ? *choice.file : host_name());
  return std::make_shared<Refresher>(std::move(*store), std::move(data));
}

// What a key changes of the page. False: quit.
bool apply(TopKey key, const TopPage& page, TopPageState& state) {
  const bool was_help = state.help;
  if (key != TopKey::none && key != TopKey::resized) state.help = false;
  if (was_help && key != TopKey::quit) return true;
  const std::size_t screenful = std::max<std::size_t>(page.rows_shown, 2) - 1;
  switch (key) {
    case TopKey::quit: return was_help;  // from the help page back to the list first
    case TopKey::pause: state.paused = !state.paused; break;
    case TopKey::up: state.first_row -= state.first_row > 0; break;
    case TopKey::down: ++state.first_row; break;
    case TopKey::page_up: state.first_row -= std::min(state.first_row, screenful); break;
    case TopKey::page_down: state.first_row += screenful; break;
    case TopKey::home: state.first_row = 0; break;
    case TopKey::end: state.first_row = page.rows; break;
    case TopKey::all_rows: state.all_rows = !state.all_rows; break;
    case TopKey::charset: state.charset = state.charset == Charset::utf8 ? Charset::ascii : Charset::utf8; break;
    case TopKey::help: state.help = true; break;
    case TopKey::none:
    case TopKey::resized:
    case TopKey::other: break;
  }
  return true;
}

void loop(TopScreen& screen, Refresher& refresher, TopView view) {
  TopPageState state;
  state.charset = screen.charset();
  for (;;) {
    state.width = screen.width();
    state.height = screen.height();
    const TopPage page = top_page(view, state);
    state.first_row = page.first_row;
    screen.draw(page);
    const TopKey key = screen.wait(refresher.wake_fd());
    const bool was_paused = state.paused;
    if (!apply(key, page, state)) return;
    if (state.paused != was_paused) refresher.pause(state.paused);
    TopView newer = view;
    std::string problem;
    // A view that was on its way when the user paused is not shown: what stands there is what was paused.
    if (refresher.take(newer, problem) && !state.paused) {
      view = std::move(newer);
      state.problem = std::move(problem);
    }
  }
}

}  // namespace

int top(const TopOptions& options) {
  if (auto ok = TopScreen::check_terminal(); !ok) return fail(ok.error());
  auto refresher = make_refresher(options.data);
  if (!refresher) return fail(refresher.error());
  auto view = (*refresher)->first();
  if (!view) return fail(view.error());
  auto screen = TopScreen::open();
  if (!screen) return fail(screen.error());
  (*refresher)->start();
  loop(**screen, **refresher, std::move(*view));
  screen->reset();
  if (!(*refresher)->stop()) {
    // A server that does not answer holds the asking thread; nothing is left to be written, so do not wait for it.
    std::fflush(nullptr);
    std::_Exit(0);
  }
  return 0;
}

}  // namespace tacho::tools
