#include "sampler/host/storage/statfs_pool.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "proto/base/check.h"

namespace tacho::sampler {

int system_statfs(const char* path, struct statfs& out) {
  while (::statfs(path, &out) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

// All but the path belongs to Shared::mutex.
class StatfsPool::Place {
 public:
  explicit Place(std::string path) : path_(std::move(path)) {}

 private:
  friend class StatfsPool;
  friend struct StatfsPool::Shared;
  enum class State : unsigned char { idle, waiting, asked, answered };

  const std::string path_;
  State state_ = State::idle;
  bool trusted_ = false;     // it answered in time when it was asked last
  std::uint64_t round_ = 0;  // in which it was asked last
  Answer answer_;
};

struct StatfsPool::Shared {
  explicit Shared(StatfsCall statfs_call) : call(statfs_call) {}

  const StatfsCall call;
  mutable std::mutex mutex;  // guards all below, and the places
  std::condition_variable wake_threads;
  std::condition_variable wake_asker;
  bool stopping = false;
  std::uint64_t round = 0;  // calls of ask()
  std::size_t threads = 0;
  std::size_t asked = 0;                        // calls under way
  std::vector<std::shared_ptr<Place>> waiting;  // the next one last
  std::unordered_map<std::string, std::weak_ptr<Place>> places;

  // Whether the next place may be asked. Those that are trusted lie last, so are taken first.
  bool could_be_taken() const { return !waiting.empty() && (waiting.back()->trusted_ || asked < kDoubtfulMax); }
};

StatfsPool::StatfsPool(StatfsCall call) : shared_(std::make_shared<Shared>(call)) {}

StatfsPool::~StatfsPool() {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->wake_threads.notify_all();
  // Those that do not hang end at once.
  shared_->wake_asker.wait(lock, [&] { return shared_->threads == shared_->asked; });
}

std::shared_ptr<StatfsPool::Place> StatfsPool::place(const std::string& path) {
  const std::lock_guard lock(shared_->mutex);
  std::erase_if(shared_->places, [](const auto& item) { return item.second.expired(); });
  std::weak_ptr<Place>& known = shared_->places[path];
  if (std::shared_ptr<Place> place = known.lock()) return place;
  auto place = std::make_shared<Place>(path);
  known = place;
  shared_->waiting.reserve(shared_->places.size());
  return place;
}

void StatfsPool::work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (true) {
    // What was needed while others hung is not needed for ever: one thread waits for the next round.
    const bool enough_wait = shared->threads - shared->asked > 1;
    if (!shared->stopping && !shared->could_be_taken() && enough_wait) break;
    shared->wake_threads.wait(lock, [&] { return shared->stopping || shared->could_be_taken(); });
    if (shared->stopping) break;
    const std::shared_ptr<Place> place = std::move(shared->waiting.back());
    shared->waiting.pop_back();
    place->state_ = Place::State::asked;
    ++shared->asked;
    lock.unlock();
    struct statfs stat{};
    const int error = shared->call(place->path_.c_str(), stat);
    lock.lock();
    --shared->asked;
    place->answer_ = {Outcome::answered, error, stat};
    place->state_ = Place::State::answered;
    shared->wake_asker.notify_all();
  }
  --shared->threads;
  shared->wake_asker.notify_all();
}

// Detached: one that hangs cannot be joined.
void StatfsPool::start_thread() {
  ++shared_->threads;
  std::thread([shared = shared_] {
    ::pthread_setname_np(::pthread_self(), "tacho-statfs");
    work(shared);
  }).detach();
}

void StatfsPool::ask(std::span<const std::shared_ptr<Place>> places, std::chrono::milliseconds patience, std::span<Answer> out) {
  using State = Place::State;
  TACHO_CHECK(out.size() == places.size());
  const auto deadline = std::chrono::steady_clock::now() + patience;
  Shared& s = *shared_;
  std::unique_lock lock(s.mutex);
  ++s.round;
  for (const bool trusted : {false, true}) {
    for (std::size_t i = places.size(); i-- > 0;) {
      Place& place = *places[i];
      if (place.trusted_ != trusted || place.state_ == State::waiting || place.state_ == State::asked) continue;
      place.state_ = State::waiting;
      place.round_ = s.round;
      s.waiting.push_back(places[i]);
    }
  }

  const auto is_under_way = [&](const auto& p) { return p->round_ == s.round && p->state_ == State::asked; };
  const auto is_due = [&](const auto& p) { return p->round_ == s.round && p->state_ == State::waiting; };
  bool held_up = s.threads == 0;
  while (true) {
    const bool due = std::any_of(places.begin(), places.end(), is_due);
    const bool under_way = std::any_of(places.begin(), places.end(), is_under_way);
    if (!due && !under_way) break;
    if (due && s.could_be_taken()) {
      if (s.threads > s.asked) {
        s.wake_threads.notify_one();
      } else if (held_up && s.threads < kThreadsMax) {
        start_thread();
      }
    }
    // Nothing of this round can move any more unless a call of an earlier one returns.
    if (!under_way && (!s.could_be_taken() || (s.threads == s.asked && s.threads == kThreadsMax))) break;
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) break;
    held_up = s.wake_asker.wait_until(lock, std::min(deadline, now + kHeldUp)) == std::cv_status::timeout;
  }

  for (std::size_t i = 0; i < places.size(); ++i) {
    Place& place = *places[i];
    out[i] = {};
    if (place.state_ == State::answered && place.round_ == s.round) {
      out[i] = place.answer_;
    } else if (place.state_ != State::waiting) {
      out[i].outcome = Outcome::hangs;
    }
    if (place.state_ != State::waiting) place.trusted_ = out[i].outcome == Outcome::answered;
    if (place.state_ != State::asked) place.state_ = State::idle;
  }
  s.waiting.clear();
}

std::size_t StatfsPool::hanging() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->asked;
}

std::size_t StatfsPool::threads() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->threads;
}

}  // namespace tacho::sampler
