#include "store/shipping/shipper.h"

#include <xxhash.h>

#include <algorithm>
#include <condition_variable>

#include "proto/base/check.h"
#include "proto/base/duration.h"
#include "proto/base/log.h"
#include "store/shipping/ship_text.h"

namespace tacho::store {
namespace {

constexpr std::int64_t kPollNs = kNsPerSecond;
constexpr std::int64_t kLogEveryNs = 60 * kNsPerSecond;

}  // namespace

std::int64_t ship_offset_ms(std::string_view node, std::int64_t spread_ms) {
  TACHO_CHECK(spread_ms >= 0 && spread_ms <= kShipOffsetMaxMs);
  return spread_ms == 0
             ? 0
             : static_cast<std::int64_t>(XXH3_64bits(node.data(), node.size()) % static_cast<std::uint64_t>(spread_ms));
}

Shipper::Shipper(const Queryable& store, Transport& transport, const Clock& clock, ShipCursor cursor, ShipperOptions options,
                 std::unique_ptr<Outbox> outbox)
    : store_(store),
      transport_(transport),
      clock_(clock),
      file_(std::move(cursor)),
      options_(std::move(options)),
      step_ms_(options_.rules.policy.step_ms()),
      random_(options_.seed ? options_.seed : std::random_device{}()),
      version_(options_.version),
      outbox_(std::move(outbox)) {
  TACHO_CHECK(options_.offset_ms >= 0 && options_.offset_ms <= kShipOffsetMaxMs);
  TACHO_CHECK(options_.backoff_min_ms > 0 && options_.backoff_min_ms <= options_.backoff_max_ms);
  TACHO_CHECK(options_.samples_per_send_max > 0);
}

MonoNs Shipper::step() {
  if (!started_) start_cursor();
  if (clock_.mono() >= retry_at_) {
    if (!in_flight_) open_window();
    if (in_flight_) send_next(*in_flight_);
  }
  spill();
  publish_stats();
  return next_call();
}

void Shipper::publish_stats() {
  const std::lock_guard lock(stats_mutex_);
  stats_.cursor = cursor_;
  stats_.lag_ms = clock_.wall_ms() - cursor_;
  stats_.samples_pending = 0;
  if (in_flight_) {
    for (std::size_t i = in_flight_->next; i < in_flight_->requests(); ++i) stats_.samples_pending += in_flight_->samples_of(i);
  }
  stats_.version = version_;
  if (outbox_) {
    stats_.outbox_windows = outbox_->windows();
    stats_.outbox_bytes = outbox_->bytes();
    if (outbox_->unnamed() > 0) stats_.samples_dropped["unnamed"] = outbox_->unnamed();
  }
}

MonoNs Shipper::next_call() const {
  const MonoNs now = clock_.mono();
  if (retry_at_ > now) return std::min(retry_at_, now + kPollNs);
  const TimeMs due = next_end() + options_.grace_ms + options_.offset_ms;
  const std::int64_t wait_ms = in_flight_ ? 0 : due - clock_.wall_ms();
  return now + std::clamp<std::int64_t>(wait_ms * kNsPerMs, 0, kPollNs);
}

void Shipper::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;  // nobody notifies it but the stop token
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    const std::int64_t wait_ns = step() - clock_.mono();
    if (wait_ns > 0) wake.wait_for(lock, stop, std::chrono::nanoseconds(wait_ns), [] { return false; });
  }
}

ShipperStats Shipper::stats() const {
  const std::lock_guard lock(stats_mutex_);
  return stats_;
}

// Without a cursor: the window that is running now. What the store holds from before was there when nobody asked for
// it.
void Shipper::start_cursor() {
  started_ = true;
  const TimeMs now = clock_.wall_ms();
  const auto loaded = file_.load();
  if (!loaded) log_error("remote write {}: {}", file_.endpoint(), loaded.error());
  if (const auto end = loaded.value_or(std::nullopt)) {
    cursor_ = saved_cursor_ = *end;
    spilled_ = std::max(cursor_, outbox_ ? outbox_->last() : 0);
    log_info("remote write {}: going on after {}", file_.endpoint(), rfc3339(cursor_));
    if (cursor_ > now)
      log_warn("remote write {}: the clock says {}, which was sent already; nothing is sent until it has passed {}",
               file_.endpoint(), rfc3339(now), rfc3339(cursor_));
    return;
  }
  if (!loaded && outbox_ && outbox_->windows() > 0) {
    // What waits there has not been taken; where the ring's own minutes begin to be due nobody knows better.
    cursor_ = *outbox_->next(0) - 1;
    spilled_ = outbox_->last();
    log_info("remote write {}: going on with what waits in the outbox, from {} on", file_.endpoint(), rfc3339(cursor_ + 1));
    save_cursor();
    return;
  }
  cursor_ = now / step_ms_ * step_ms_;
  first_window_ = cursor_ + step_ms_;
  spilled_ = cursor_;
  if (outbox_) outbox_->forget(outbox_->last());  // of an endpoint that had this name before
  save_cursor();
}

// Half of the wait is random: nodes that failed together do not come back together. What the receiver asked for is a
// minimum.
void Shipper::back_off(std::string_view reason, const std::string& text, std::int64_t retry_after) {
  backoff_ms_ = backoff_ms_ == 0 ? options_.backoff_min_ms : std::min(backoff_ms_ * 2, options_.backoff_max_ms);
  std::int64_t wait_ms = backoff_ms_ / 2 + 1 + random_below(backoff_ms_ / 2 + 1);
  if (retry_after > 0) wait_ms = retry_after + random_below(retry_after / 10 + backoff_ms_);
  retry_at_ = clock_.mono() + wait_ms * kNsPerMs;
  ++failures_in_a_row_;
  {
    const std::lock_guard lock(stats_mutex_);
    ++stats_.failures[std::string(reason)];
  }
  log_failure(text);
}

void Shipper::finish_window(const InFlight& done) {
  set_cursor(done.window.end);
  if (outbox_) outbox_->forget(cursor_);
  const std::size_t left_out = done.window.invalid + done.window.duplicates;
  if (left_out && !left_out_logged_) {
    left_out_logged_ = true;
    log_warn(
        "remote write {}: of each window, {} samples are left out because no receiver takes their labels, {} because relabeling "
        "gave "
        "them the labels of others",
        file_.endpoint(), done.window.invalid, done.window.duplicates);
  }
  const std::lock_guard lock(stats_mutex_);
  if (done.window.invalid) stats_.samples_dropped["invalid"] += done.window.invalid;
  if (done.window.duplicates) stats_.samples_dropped["duplicate"] += done.window.duplicates;
  if (done.window.samples.empty()) {
    ++stats_.windows_empty;
  } else if (done.refused) {
    ++stats_.windows_dropped["refused"];
  } else {
    ++stats_.windows_sent;
  }
}

// Half of the pause is random: nodes that came back together do not go on together.
void Shipper::rest_before_next() {
  if (!is_due(next_end())) return;
  const std::int64_t pause_ms = step_ms_ / options_.catch_up;
  retry_at_ = clock_.mono() + (pause_ms / 2 + random_below(pause_ms + 1)) * kNsPerMs;
}

void Shipper::set_cursor(TimeMs end) {
  TACHO_CHECK(end > cursor_, fmt::format("cursor {} to {}", cursor_, end));
  cursor_ = end;
}

// A file that cannot be written costs, after a restart, windows sent twice; sending does not stop for it.
void Shipper::save_cursor() {
  if (cursor_ == saved_cursor_) return;
  if (const auto saved = file_.save(cursor_); saved) {
    saved_cursor_ = cursor_;
    cursor_failure_logged_ = false;
    return;
  } else if (!cursor_failure_logged_) {
    cursor_failure_logged_ = true;
    log_error("remote write {}: {}; after a restart, minutes will be sent twice", file_.endpoint(), saved.error());
  }
  const std::lock_guard lock(stats_mutex_);
  ++stats_.failures["cursor"];
}

void Shipper::log_failure(const std::string& text) {
  const MonoNs now = clock_.mono();
  if (failure_logged_ && now - *failure_logged_ < kLogEveryNs) return;
  failure_logged_ = now;
  failing_in_log_ = true;
  log_warn("remote write {}: {}; {} behind, attempt {} follows", file_.endpoint(), text,
           format_duration(std::max<std::int64_t>(0, clock_.wall_ms() - cursor_) / 1000 * 1000), failures_in_a_row_ + 1);
}

void Shipper::log_recovery() {
  if (failing_in_log_) log_info("remote write {}: works again after {} failed attempts", file_.endpoint(), failures_in_a_row_);
  failing_in_log_ = false;
  failures_in_a_row_ = 0;
}

std::int64_t Shipper::random_below(std::int64_t bound) {
  return std::uniform_int_distribution<std::int64_t>(0, std::max<std::int64_t>(bound, 1) - 1)(random_);
}

}  // namespace tacho::store
