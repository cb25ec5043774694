// Which window a shipper sends next, and where it comes from: the store, or the outbox.
#include <algorithm>

#include "proto/base/log.h"
#include "store/shipping/ship_text.h"
#include "store/shipping/shipper.h"

namespace tacho::store {
namespace {

constexpr int kWindowsAStep = 120;  // empty or lost ones that one step passes over
constexpr int kSpillsAStep = 10;
constexpr std::int64_t kSpillRetryNs = 60 * kNsPerSecond;

}  // namespace

// The outbox may have windows of an interval that is configured no more.
TimeMs Shipper::next_end() const {
  const TimeMs end = (cursor_ / step_ms_ + 1) * step_ms_;
  const auto kept = outbox_ ? outbox_->next(cursor_) : std::nullopt;
  return kept ? std::min(end, *kept) : end;
}

bool Shipper::is_due(TimeMs window_end) const { return clock_.wall_ms() >= window_end + options_.grace_ms + options_.offset_ms; }

// Passes over what is empty or lost, and opens the first window that is due and has samples.
void Shipper::open_window() {
  const TimeRange bounds = store_.bounds();
  for (int i = 0; i < kWindowsAStep; ++i) {
    const TimeMs end = next_end();
    if (!is_due(end)) break;
    const bool is_kept = outbox_ && outbox_->next(end - 1) == end;
    if (!is_kept && !options_.rules.policy.ends_at(end)) {
      set_cursor(end);
      continue;
    }
    if (drop_lost(end, bounds)) continue;
    auto window = take_window(end, bounds);
    if (!window) return back_off("store", window.error().message);
    if (!*window) {
      drop_windows(end, end, "damaged", "its record in the outbox cannot be read");
      continue;
    }
    InFlight opened{.window = std::move(**window), .cuts = {}, .metadata = {}, .body = {}};
    opened.cuts = cut_window(opened.window, options_.samples_per_send_max);
    if (!opened.cuts.empty()) {
      if (version_ == WriteVersion::v2) book_ = std::make_unique<MetricBook>(store_.metadata());
      add_metadata_when_due(opened);
      in_flight_ = std::move(opened);
      return;
    }
    finish_window(opened);
  }
  save_cursor();
}

// Of what the outbox has and what the ring still tells, the fuller: the one was whole when it was put away, but for seconds; the other may
// have lost some groups' rows since, or, where the clock was ahead when it was put away, have got them since. nullopt: the outbox had
// it, and neither can tell it any more.
Result<std::optional<ShippedWindow>> Shipper::take_window(TimeMs end, TimeRange bounds) {
  const bool is_kept = outbox_ && outbox_->next(end - 1) == end;
  const bool is_told = !is_kept || (!bounds.empty() && end >= bounds.min);
  std::optional<ShippedWindow> made;
  if (is_told) {
    auto window = make_window(store_, end, options_.rules);
    if (!window && !is_kept) return std::unexpected(window.error());
    if (window) made = std::move(*window);
  }
  if (!is_kept) return made;
  auto kept = outbox_->read(end);
  if (!kept) log_error("remote write {}: {}", file_.endpoint(), kept.error());
  if (!kept || (made && made->samples.size() > kept->samples.size())) return made;
  return std::optional(std::move(*kept));
}

// Windows whose rows are gone. Their values cannot be told any more; that they are missing can.
bool Shipper::drop_lost(TimeMs window_end, TimeRange bounds) {
  const TimeMs too_old = options_.age_limit_ms > 0 ? clock_.wall_ms() - options_.age_limit_ms : 0;
  // Cursors are multiples of the step, but for one after a window of an interval that is configured no more.
  const auto last_before = [&](TimeMs t) { return std::max(window_end, (t - 1) / step_ms_ * step_ms_); };
  if (window_end < too_old) {
    drop_windows(window_end, last_before(too_old), "too_old", "older than sample_age_limit");
    return true;
  }
  if (bounds.empty() || window_end >= bounds.min || window_end == first_window_) return false;
  const auto kept = outbox_ ? outbox_->next(window_end - 1) : std::nullopt;
  if (kept == window_end) return false;
  drop_windows(window_end, last_before(kept ? std::min(bounds.min, *kept) : bounds.min), "overwritten",
               outbox_ ? "neither the ring nor the outbox holds them any more" : "the ring holds their seconds no more");
  return true;
}

void Shipper::drop_windows(TimeMs first_end, TimeMs last_end, std::string_view reason, std::string_view why) {
  std::uint64_t count = 0;
  for (TimeMs end = first_end; end <= last_end; end += step_ms_) count += options_.rules.policy.ends_at(end) ? 1 : 0;
  log_warn("remote write {}: dropped {} windows, {} to {}: {}", file_.endpoint(), count, rfc3339(first_end), rfc3339(last_end),
           why);
  set_cursor(last_end);
  save_cursor();  // at once: a restart must not count them again
  if (outbox_) outbox_->forget(cursor_);
  const std::lock_guard lock(stats_mutex_);
  stats_.windows_dropped[std::string(reason)] += count;
}

// Puts into the outbox what has waited for long, windows without a row as well: what is not there is lost, not empty. What cannot be put
// there now is in the ring for a while; what the ring has lost already is not put there.
void Shipper::spill() {
  if (!outbox_ || clock_.mono() < spill_again_at_) return;
  const TimeRange bounds = store_.bounds();
  spilled_ = std::max(spilled_, cursor_);
  for (int i = 0; i < kSpillsAStep; ++i) {
    const TimeMs end = (spilled_ / step_ms_ + 1) * step_ms_;
    if (clock_.wall_ms() < end + options_.grace_ms + options_.spill_after_ms) return;
    if (options_.rules.policy.ends_at(end) && end > outbox_->last() && end >= bounds.min) {
      const auto window = make_window(store_, end, options_.rules);
      // After a step of the clock there may be a million empty ones; nobody asks for them while the endpoint is well.
      const bool is_wanted = !window || !window->samples.empty() || failures_in_a_row_ > 0;
      const Result<void> kept = !is_wanted ? Result<void>() : window ? outbox_->append(*window) : std::unexpected(window.error());
      if (!kept) {
        if (!spill_failure_logged_)
          log_error("remote write {}: outbox: {}; tried again each minute, and what is not in it is lost when the ring is full",
                    file_.endpoint(), kept.error());
        spill_failure_logged_ = true;
        spill_again_at_ = clock_.mono() + kSpillRetryNs;
        const std::lock_guard lock(stats_mutex_);
        ++stats_.failures["outbox"];
        return;
      }
      spill_failure_logged_ = false;
    }
    spilled_ = end;
  }
}

}  // namespace tacho::store
