#include "sampler/identity/kubelet_watch.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>

namespace tacho::sampler {
namespace {

constexpr std::int64_t kListMs = 5000;
constexpr std::int64_t kPodsMs = 5000;

// Of a pod its name, which is another on each node, too.
std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

}  // namespace

std::expected<std::vector<PodEntry>, KubeletError> KubeletClient::list() { return list_pod_resources(socket_, kListMs); }

Result<std::vector<Pod>> KubeletClient::pods() { return pods_.fetch(kPodsMs); }

PodsRest::PodsRest(std::string_view node) : share_(static_cast<std::int64_t>(std::hash<std::string_view>()(node) % 201)) {}

void PodsRest::note(bool told) { rest_ms_ = told ? 0 : std::clamp(2 * rest_ms_, kMinMs, kMaxMs); }

std::int64_t PodsRest::ms() const { return rest_ms_ == 0 ? 0 : std::max(kMinMs, rest_ms_ - rest_ms_ * share_ / 1000); }

struct KubeletWatch::Shared {
  Shared(std::unique_ptr<KubeletSide> with, std::int64_t each_ms, const Clock& by)
      : side(std::move(with)), interval_ms(each_ms), clock(by) {}

  const std::unique_ptr<KubeletSide> side;
  const std::int64_t interval_ms;
  const Clock& clock;
  std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  bool stopping = false;
  bool ended = false;
  bool soon = false;
  std::shared_ptr<const KubeletAnswer> latest = std::make_shared<KubeletAnswer>();
};

KubeletWatch::KubeletWatch(std::unique_ptr<KubeletSide> side, std::int64_t interval_ms, const Clock& clock)
    : shared_(std::make_shared<Shared>(std::move(side), interval_ms, clock)) {
  thread_ = std::thread([shared = shared_] {
    ::pthread_setname_np(::pthread_self(), "tacho-kubelet");
    run(shared);
  });
}

bool KubeletWatch::stop() {
  if (!thread_.joinable()) return clean_;
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->wake.notify_all();
  clean_ = shared_->wake.wait_for(lock, std::chrono::milliseconds(kStopMs), [&] { return shared_->ended; });
  lock.unlock();
  if (clean_) {
    thread_.join();
  } else {
    thread_.detach();
  }
  return clean_;
}

std::shared_ptr<const KubeletAnswer> KubeletWatch::latest() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->latest;
}

void KubeletWatch::ask_soon() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->soon = true;
  }
  shared_->wake.notify_all();
}

void KubeletWatch::run(const std::shared_ptr<Shared>& shared) {
  using std::chrono::milliseconds;
  Shared& s = *shared;
  std::int64_t rest = s.interval_ms;
  std::optional<MonoNs> pods_asked;
  PodsRest pods_rest(host_name());
  std::unique_lock lock(s.mutex);
  while (!s.stopping) {
    s.soon = false;
    auto answer = std::make_shared<KubeletAnswer>(*s.latest);  // with the pods of before
    lock.unlock();
    ++answer->number;
    answer->begun = s.clock.wall_ms();
    answer->list = s.side->list();
    const bool ok = answer->list.has_value();
    const bool absent = !ok && answer->list.error().fault == KubeletFault::no_socket;
    const std::int64_t apart_ms = std::max(absent ? s.interval_ms : 0, pods_rest.ms());
    if (!pods_asked || s.clock.mono() - *pods_asked >= apart_ms * kNsPerMs) {
      answer->pods = s.side->pods();
      pods_asked = s.clock.mono();
      pods_rest.note(answer->pods.has_value());
    }
    lock.lock();
    s.latest = std::move(answer);
    rest = ok       ? s.interval_ms
           : absent ? std::min(kAbsentMs, s.interval_ms)
                    : std::min(2 * rest, std::max(kRestMaxMs, s.interval_ms));
    // Whoever wants it sooner waits for the least time between two; a kubelet that fails is not asked sooner.
    s.wake.wait_for(lock, milliseconds(std::min(kApartMs, rest)), [&] { return s.stopping; });
    s.wake.wait_for(lock, milliseconds(std::max<std::int64_t>(rest - kApartMs, 0)), [&] { return s.stopping || (s.soon && ok); });
  }
  s.ended = true;
  s.wake.notify_all();
}

}  // namespace tacho::sampler
