#include "store/shipper.h"

#include <xxhash.h>

#include <algorithm>
#include <condition_variable>
#include <ctime>

#include "proto/base/check.h"
#include "proto/base/duration.h"
#include "proto/base/log.h"
#include "proto/base/number.h"
#include "proto/remote_write.h"

namespace tacho::store {
namespace {

constexpr std::int64_t kPollNs = kNsPerSecond;
constexpr std::int64_t kLogEveryNs = 60 * kNsPerSecond;
constexpr std::int64_t kRetryAfterMaxMs = 600'000;  // a receiver that says "next week" is asked again after ten minutes
constexpr int kWindowsAStep = 120;                  // empty or lost ones that one step passes over

// One line of the receiver's text: it goes to the log, never into a decision.
std::string one_line(std::string_view text) {
  std::string out(text.substr(0, 300));
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string_view find_header(const HttpHeaders& headers, std::string_view lower_name) {
  for (const auto& [name, value] : headers) {
    const bool same = std::equal(name.begin(), name.end(), lower_name.begin(), lower_name.end(),
                                 [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
    if (same) return value;
  }
  return {};
}

// Seconds, or a date (RFC 9110); 0 where there is none, or none that makes sense.
std::int64_t retry_after_ms(const HttpResponse& answer, TimeMs now) {
  const std::string text(find_header(answer.headers, "retry-after"));
  if (text.empty()) return 0;
  std::int64_t ms = 0;
  if (const auto seconds = parse_int(text)) {
    ms = std::clamp<std::int64_t>(*seconds, 0, kRetryAfterMaxMs / 1000) * 1000;
  } else {
    std::tm date{};
    if (!::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date)) return 0;
    ms = static_cast<TimeMs>(::timegm(&date)) * 1000 - now;
  }
  return std::clamp<std::int64_t>(ms, 0, kRetryAfterMaxMs);
}

std::string rfc3339(TimeMs t) {
  const std::time_t seconds = t / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

}  // namespace

std::int64_t ship_offset_ms(std::string_view node, std::int64_t spread_ms) {
  TACHO_CHECK(spread_ms >= 0 && spread_ms <= kShipOffsetMaxMs);
  return spread_ms == 0
             ? 0
             : static_cast<std::int64_t>(XXH3_64bits(node.data(), node.size()) % static_cast<std::uint64_t>(spread_ms));
}

Shipper::Shipper(const Queryable& store, Transport& transport, const Clock& clock, ShipCursor cursor, ShipperOptions options)
    : store_(store),
      transport_(transport),
      clock_(clock),
      file_(std::move(cursor)),
      options_(std::move(options)),
      headers_(remote_write_headers()),
      random_(options_.seed ? options_.seed : std::random_device{}()) {
  TACHO_CHECK(options_.offset_ms >= 0 && options_.offset_ms <= kShipOffsetMaxMs);
  TACHO_CHECK(options_.backoff_min_ms > 0 && options_.backoff_min_ms <= options_.backoff_max_ms);
  TACHO_CHECK(options_.window_ms > 0 && 3'600'000 % options_.window_ms == 0);
  TACHO_CHECK(options_.encoding.samples_per_send_max > 0);
}

MonoNs Shipper::step() {
  if (!started_) start_cursor();
  if (clock_.mono() >= retry_at_) {
    if (!in_flight_) open_window();
    if (in_flight_) send_next(*in_flight_);
  }
  publish_stats();
  return next_call();
}

void Shipper::publish_stats() {
  const std::lock_guard lock(stats_mutex_);
  stats_.cursor = cursor_;
  stats_.lag_ms = clock_.wall_ms() - cursor_;
  stats_.samples_pending = 0;
  if (in_flight_) {
    const auto& requests = in_flight_->encoded.requests;
    for (std::size_t i = in_flight_->next; i < requests.size(); ++i) stats_.samples_pending += requests[i].samples;
  }
}

MonoNs Shipper::next_call() const {
  const MonoNs now = clock_.mono();
  if (retry_at_ > now) return std::min(retry_at_, now + kPollNs);
  const TimeMs due = cursor_ + options_.window_ms + options_.grace_ms + options_.offset_ms;
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
    // Rounded down, should the window's length have changed: the next end is after the cursor all the same.
    cursor_ = saved_cursor_ = *end / options_.window_ms * options_.window_ms;
    log_info("remote write {}: going on after {}", file_.endpoint(), rfc3339(cursor_));
    if (cursor_ > now)
      log_warn("remote write {}: the clock says {}, which was sent already; nothing is sent until it has passed {}",
               file_.endpoint(), rfc3339(now), rfc3339(cursor_));
    return;
  }
  cursor_ = now / options_.window_ms * options_.window_ms;
  first_window_ = cursor_ + options_.window_ms;
  save_cursor();
}

bool Shipper::is_due(TimeMs window_end) const { return clock_.wall_ms() >= window_end + options_.grace_ms + options_.offset_ms; }

// Passes over what is empty or lost, and encodes the first window that is due and has samples.
void Shipper::open_window() {
  const TimeRange bounds = store_.bounds();
  for (int i = 0; i < kWindowsAStep; ++i) {
    const TimeMs end = cursor_ + options_.window_ms;
    if (!is_due(end)) {
      save_cursor();
      return;
    }
    if (drop_lost(end, bounds)) continue;
    auto encoded = encode_window(store_, {end, options_.window_ms}, options_.encoding);
    if (!encoded) return back_off("store", encoded.error().message);
    InFlight window{end, std::move(*encoded), 0, false};
    if (!window.encoded.requests.empty()) {
      add_metadata_when_due(window.encoded.requests);
      in_flight_ = std::move(window);
      return;
    }
    finish_window(window);
  }
  save_cursor();
}

// Windows whose rows are gone. Their values cannot be told any more; that they are missing can.
bool Shipper::drop_lost(TimeMs window_end, TimeRange bounds) {
  const std::int64_t length = options_.window_ms;
  const TimeMs too_old = options_.age_limit_ms > 0 ? clock_.wall_ms() - options_.age_limit_ms : 0;
  if (window_end < too_old) {
    drop_windows(window_end, window_end + (too_old - 1 - window_end) / length * length, "too_old", "older than sample_age_limit");
    return true;
  }
  if (bounds.empty() || window_end >= bounds.min || window_end == first_window_) return false;
  drop_windows(window_end, window_end + (bounds.min - 1 - window_end) / length * length, "overwritten",
               "the ring holds their seconds no more");
  return true;
}

void Shipper::drop_windows(TimeMs first_end, TimeMs last_end, std::string_view reason, std::string_view why) {
  const auto count = static_cast<std::uint64_t>((last_end - first_end) / options_.window_ms + 1);
  log_warn("remote write {}: dropped {} windows, {} to {}: {}", file_.endpoint(), count, rfc3339(first_end), rfc3339(last_end),
           why);
  set_cursor(last_end);
  save_cursor();  // at once: a restart must not count them again
  const std::lock_guard lock(stats_mutex_);
  stats_.windows_dropped[std::string(reason)] += count;
}

// Metadata rides behind a window's samples. It is repeated anyway, so a request of it that fails is not tried again.
void Shipper::add_metadata_when_due(std::vector<RollupRequest>& requests) {
  if (options_.metadata_interval_ms == 0) return;
  const MonoNs now = clock_.mono();
  if (metadata_sent_ && now - *metadata_sent_ < options_.metadata_interval_ms * kNsPerMs) return;
  metadata_sent_ = now;
  for (RollupRequest& request : encode_metadata(store_, options_.encoding)) requests.push_back(std::move(request));
}

void Shipper::send_next(InFlight& window) {
  TACHO_CHECK(window.next < window.encoded.requests.size());
  RollupRequest& request = window.encoded.requests[window.next];
  const Result<HttpResponse> answer = transport_.send(request.body, headers_);
  const bool is_metadata = request.samples == 0;
  const Verdict verdict = judge(answer);
  if (verdict == Verdict::retry && !is_metadata) {
    if (!answer) return back_off("network", answer.error().message);
    return back_off(answer->status == 429 ? "429" : "5xx", fmt::format("answered {} {}", answer->status, one_line(answer->body)),
                    retry_after_ms(*answer, clock_.wall_ms()));
  }
  if (verdict == Verdict::refused && !is_metadata) count_refused(window, request, *answer);
  if (verdict == Verdict::taken) {
    count_taken(request);
    log_recovery();
  }
  backoff_ms_ = 0;
  request.body = {};
  if (++window.next < window.encoded.requests.size()) return;
  finish_window(window);
  in_flight_.reset();
  save_cursor();
}

Shipper::Verdict Shipper::judge(const Result<HttpResponse>& answer) const {
  if (!answer) return Verdict::retry;
  const int status = answer->status;
  if (status >= 200 && status < 300) return Verdict::taken;
  if (status >= 500 || (status == 429 && options_.retry_on_429)) return Verdict::retry;
  return Verdict::refused;
}

void Shipper::count_taken(const RollupRequest& request) {
  const std::lock_guard lock(stats_mutex_);
  stats_.samples_sent += request.samples;
  stats_.bytes_sent += request.body.size();
  ++stats_.requests_sent;
}

void Shipper::count_refused(InFlight& window, const RollupRequest& request, const HttpResponse& answer) {
  log_error("remote write {}: dropped {} samples of {}: the receiver answered {} {}", file_.endpoint(), request.samples,
            rfc3339(window.end), answer.status, one_line(answer.body));
  window.refused = true;
  const std::lock_guard lock(stats_mutex_);
  stats_.samples_dropped["refused"] += request.samples;
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
  set_cursor(done.end);
  const std::size_t left_out = done.encoded.invalid + done.encoded.duplicates;
  if (left_out && !left_out_logged_) {
    left_out_logged_ = true;
    log_warn(
        "remote write {}: of each window, {} samples are left out because no receiver takes their labels, {} because "
        "relabeling "
        "gave them the labels of others",
        file_.endpoint(), done.encoded.invalid, done.encoded.duplicates);
  }
  const std::lock_guard lock(stats_mutex_);
  if (done.encoded.invalid) stats_.samples_dropped["invalid"] += done.encoded.invalid;
  if (done.encoded.duplicates) stats_.samples_dropped["duplicate"] += done.encoded.duplicates;
  if (done.encoded.requests.empty()) {
    ++stats_.windows_empty;
  } else if (done.refused) {
    ++stats_.windows_dropped["refused"];
  } else {
    ++stats_.windows_sent;
  }
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
