#include "sampler/identity/kubelet_watch.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

namespace tacho::sampler {
namespace {

constexpr std::int64_t kListMs = 5000;
constexpr std::int64_t kPodsMs = 5000;

}  // namespace

std::expected<std::vector<PodEntry>, KubeletError> KubeletClient::list() { return list_pod_resources(socket_, kListMs); }

Result<std::vector<Pod>> KubeletClient::pods() { return pods_.fetch(kPodsMs); }

KubeletWatch::KubeletWatch(std::unique_ptr<KubeletSide> side, std::int64_t interval_ms, const Clock& clock)
    : side_(std::move(side)), interval_ms_(interval_ms), clock_(clock) {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "tacho-kubelet");
    run();
  });
}

KubeletWatch::~KubeletWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::shared_ptr<const KubeletAnswer> KubeletWatch::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

void KubeletWatch::ask_soon() {
  {
    const std::lock_guard lock(mutex_);
    soon_ = true;
  }
  wake_.notify_all();
}

void KubeletWatch::run() {
  using std::chrono::milliseconds;
  std::int64_t rest = interval_ms_;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    soon_ = false;
    const std::uint64_t number = latest_->number + 1;
    lock.unlock();
    auto answer = std::make_shared<KubeletAnswer>();
    answer->number = number;
    answer->begun = clock_.wall_ms();
    answer->list = side_->list();
    answer->pods = side_->pods();
    const bool ok = answer->list.has_value();
    lock.lock();
    latest_ = std::move(answer);
    rest = ok ? interval_ms_ : std::min(2 * rest, std::max(kRestMaxMs, interval_ms_));
    // Whoever wants it sooner waits for the least time between two; a kubelet that fails is not asked sooner.
    wake_.wait_for(lock, milliseconds(std::min(kApartMs, rest)), [&] { return stopping_; });
    wake_.wait_for(lock, milliseconds(std::max<std::int64_t>(rest - kApartMs, 0)), [&] { return stopping_ || (soon_ && ok); });
  }
}

}  // namespace tacho::sampler
