// What becomes of a shipper's requests.
#include <algorithm>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "proto/remote_write_v2.h"
#include "store/shipping/ship_text.h"
#include "store/shipping/ship_verdict.h"
#include "store/shipping/shipper.h"

namespace tacho::store {

// Metadata rides behind a window's samples. It is repeated anyway, so a request of it that fails is not tried again. In version 2 it is
// part of the samples.
void Shipper::add_metadata_when_due(InFlight& window) {
  if (options_.metadata_interval_ms == 0 || version_ == WriteVersion::v2) return;
  const MonoNs now = clock_.mono();
  if (metadata_sent_ && now - *metadata_sent_ < options_.metadata_interval_ms * kNsPerMs) return;
  metadata_sent_ = now;
  window.metadata = encode_metadata(store_.metadata());
}

std::string Shipper::body_of(const InFlight& window) const {
  if (window.next >= window.cuts.size()) return window.metadata[window.next - window.cuts.size()];
  const WriteVersion version = window.tried_v1 ? WriteVersion::v1 : version_;
  return encode_samples(window.window, window.cuts[window.next], version, book_.get());
}

void Shipper::send_next(InFlight& window) {
  TACHO_CHECK(window.next < window.requests());
  const bool is_metadata = window.next >= window.cuts.size();
  const bool is_v2 = !is_metadata && version_ == WriteVersion::v2 && !window.tried_v1;
  if (window.body.empty()) window.body = body_of(window);
  const Result<HttpResponse> answer = transport_.send(window.body, write_headers(is_v2 ? WriteVersion::v2 : WriteVersion::v1));
  const Verdict verdict = judge(answer, is_v2, options_.retry_on_429);
  if (verdict == Verdict::retry && !is_metadata) {
    if (!answer) return back_off("network", answer.error().message);
    return back_off(answer->status == 429 ? "429" : "5xx", fmt::format("answered {} {}", answer->status, one_line(answer->body)),
                    retry_after_ms(*answer, clock_.wall_ms()));
  }
  if (verdict == Verdict::other_version) {
    // The same samples again, at once. A 400 may mean the samples: then version 1 is refused as well, and nothing is concluded.
    window.body.clear();
    if (answer->status == 400) {
      window.tried_v1 = true;
    } else {
      speak_v1(answer->status == 415 ? "it answered 415 to version 2"
                                     : "it answered 2xx to version 2 without saying what it wrote");
    }
    return;
  }
  if (verdict == Verdict::refused && !is_metadata) count_refused(window, *answer);
  if (verdict == Verdict::taken) {
    if (window.tried_v1) speak_v1("it answered 400 to version 2 and takes the same samples in version 1");
    count_taken(window, *answer, is_v2);
    log_recovery();
  }
  backoff_ms_ = 0;
  window.body.clear();
  window.tried_v1 = false;
  if (++window.next < window.requests()) return;
  finish_window(window);
  in_flight_.reset();
  save_cursor();
  rest_before_next();
}

void Shipper::speak_v1(const std::string& why) {
  if (version_ == WriteVersion::v1) return;
  version_ = WriteVersion::v1;
  log_warn("remote write {}: goes on in version 1 until the agent is started anew: {}", file_.endpoint(), why);
}

void Shipper::count_taken(InFlight& window, const HttpResponse& answer, bool is_v2) {
  const std::size_t samples = window.samples_of(window.next);
  const auto written = is_v2 ? samples_written(answer) : std::nullopt;
  const std::size_t missing = written && *written < samples ? samples - static_cast<std::size_t>(*written) : 0;
  if (missing > 0) {
    window.refused = true;
    log_error("remote write {}: of {} samples of {} the receiver says it wrote {}", file_.endpoint(), samples,
              rfc3339(window.window.end), *written);
  }
  const std::lock_guard lock(stats_mutex_);
  stats_.samples_sent += samples - missing;
  if (missing > 0) stats_.samples_dropped["not_written"] += missing;
  stats_.bytes_sent += window.body.size();
  ++stats_.requests_sent;
}

void Shipper::count_refused(InFlight& window, const HttpResponse& answer) {
  const std::size_t written = static_cast<std::size_t>(samples_written(answer).value_or(0));
  const std::size_t samples = window.samples_of(window.next) - std::min(written, window.samples_of(window.next));
  log_error("remote write {}: dropped {} samples of {}: the receiver answered {} {}", file_.endpoint(), samples,
            rfc3339(window.window.end), answer.status, one_line(answer.body));
  window.refused = true;
  const std::lock_guard lock(stats_mutex_);
  stats_.samples_dropped["refused"] += samples;
  stats_.samples_sent += written;
}

}  // namespace tacho::store
