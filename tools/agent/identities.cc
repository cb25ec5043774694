#include "tools/agent/identities.h"

#include <pthread.h>

#include <algorithm>

#include "proto/base/log.h"
#include "proto/base/sample.h"

namespace tacho::tools {

Result<std::unique_ptr<Identities>> Identities::open(IdentityOptions options, IdentityProducers producers, const Clock& clock) {
  std::unique_ptr<Identities> out(new Identities(std::move(options), std::move(producers), clock));
  auto log = store::IdentityLog::open({.folder = out->options_.folder, .bytes_max = out->options_.bytes_max});
  if (!log) return failure("the log of identities: {}", log.error());
  out->log_ = std::move(*log);
  out->first_poll();
  return out;
}

void Identities::keep(const std::vector<store::Identity>& told) {
  const auto kept = log_->append(told, told.empty() ? 0 : options_.oldest());
  if (!kept) write_failures_.fetch_add(1, std::memory_order_relaxed);
  if (!kept && !failing_) log_error("identities cannot be written: {}; they are kept in memory, and tried again", kept.error());
  if (kept && failing_) log_info("identities are written again");
  failing_ = !kept;
}

// Seconds that come once more are of whom they are now, and not of whom they were the first time.
std::vector<store::Identity> Identities::told_again(TimeMs now) const {
  std::vector<store::Identity> out;
  for (store::Identity& identity : log_->in_force()) {
    if (identity.from <= now) continue;
    identity.from = now;
    out.push_back(std::move(identity));
  }
  return out;
}

void Identities::first_poll() {
  const TimeMs now = polled_ = clock_.wall_ms();
  std::vector<store::Identity> told = told_again(now);
  std::vector<store::Identity> before = log_->in_force();
  for (store::Identity& identity : before) identity.from = std::min(identity.from, now);
  const auto again = static_cast<std::ptrdiff_t>(told.size());
  for (const auto& producer : producers_) {
    producer->resume(before);
    for (store::Identity& identity : producer->poll(now)) told.push_back(std::move(identity));
  }
  // Of scopes that nobody looks after any more.
  for (const store::Identity& old : before) {
    const bool is_told =
        std::any_of(told.begin() + again, told.end(), [&](const store::Identity& i) { return i.scope == old.scope; });
    const bool is_owned = std::any_of(producers_.begin(), producers_.end(), [&](const auto& p) { return p->owns(old.scope); });
    if (!is_told && !is_owned) told.push_back({old.scope, {}, {}, now});
  }
  keep(told);
}

void Identities::poll() {
  const MonoNs begun = clock_.mono();
  const TimeMs now = clock_.wall_ms();
  std::vector<store::Identity> told;
  if (now < polled_ - kStepMs) {
    log_warn("the clock has stepped back by {:.3f} s: those seconds' samples are now of whom they are this time",
             static_cast<double>(polled_ - now) / 1000);
    told = told_again(now);
  }
  polled_ = now;
  for (const auto& producer : producers_) {
    for (store::Identity& identity : producer->poll(now)) told.push_back(std::move(identity));
  }
  keep(told);
  poll_seconds_.store(static_cast<double>(clock_.mono() - begun) / kNsPerSecond, std::memory_order_relaxed);
}

void Identities::start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "tacho-identity");
    run();
  });
}

void Identities::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; })) {
    lock.unlock();
    poll();
    lock.lock();
  }
}

bool Identities::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  bool clean = true;
  for (const auto& producer : producers_) clean = producer->stop() && clean;
  return clean;
}

store::TimelineSource Identities::timeline() const {
  return [log = log_.get()] { return log->timeline(); };
}

void Identities::add_gauges(std::vector<sampler::SelfGauge>& out) const {
  const auto add = [&](const char* name, auto read) {
    out.push_back({name, {}, [log = log_.get(), read] { return static_cast<double>(read(*log)); }});
  };
  add("tacho_identity_scopes", [](const store::IdentityLog& l) { return l.scopes(); });
  add("tacho_identity_stretches", [](const store::IdentityLog& l) { return l.identities(); });
  add("tacho_identity_log_bytes", [](const store::IdentityLog& l) { return l.bytes(); });
  add("tacho_identity_changed_timestamp_seconds",
      [](const store::IdentityLog& l) { return l.changed() == 0 ? absent() : static_cast<double>(l.changed()) / 1000; });
  add("tacho_identity_dropped_total", [](const store::IdentityLog& l) { return l.dropped(); });
  add("tacho_identity_damaged_total", [](const store::IdentityLog& l) { return l.damaged(); });
  out.push_back({"tacho_identity_write_failures_total", {}, [this] {
                   return static_cast<double>(write_failures_.load(std::memory_order_relaxed));
                 }});
  out.push_back({"tacho_identity_poll_seconds", {}, [this] { return poll_seconds_.load(std::memory_order_relaxed); }});
}

}  // namespace tacho::tools
