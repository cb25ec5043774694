// Sends a node's minutes to one remote write endpoint, in order, each once, through whatever happens to the receiver.
//
// The ring is the outbox: what has to be sent lies in the store anyway, so all that is kept is a cursor (ship_cursor.h), the end of the
// last window that the endpoint took or that was given up. After a restart the shipper goes on there, and computes what is due from the
// rows that are there, those from before a crash included. What the endpoint has not taken after spill_after goes to an outbox on
// the disk (outbox.h), so that an outage may last longer than the ring holds seconds.
//
// Shape    one window at a time, one request at a time: that is the bound on memory, and it keeps each series in order. A window is due
//          `grace` after its end, so that the rows of slow sources are in, plus the node's own offset, so that ten thousand nodes do not
//          send in the same second.
// Units    windows and cursor in TimeMs (wall time); waiting and back-off in MonoNs.
// Threads  step() and run(): one thread. stats(): any.
// Errors   nothing comes out; each is counted and logged (a failing endpoint at most once a minute).
// Cost     a window: one select over two minutes of the store, one cursor file.
// Lifetime store, transport and clock outlive the shipper.
//
// Behind     when the endpoint is back after an outage, at most catch_up windows go out in the time of one, at moments of each node's
//          own: ten thousand nodes that all have an hour to tell do not tell it in a second.
//
// What becomes of a request
//   2xx                       taken: next request; after the last one the cursor moves.
//   5xx, 429, network, time   tried again, for ever, after a back-off that doubles from backoff_min to backoff_max, with jitter;
//                             Retry-After is honoured. Requests of the window that were taken already are not sent again.
//   other answers             refused: its samples are dropped, counted and logged with the receiver's text; next request.
// In version 2, where that is configured, also
//   2xx that counts nothing   the receiver knows only version 1, and stored nothing: the same again, and all later ones, in version 1.
//   415                       the same.
//   400                       may mean either: the request once more in version 1; taken, then all later ones as well; else it was refused.
// What becomes of a window
//   sent, or refused          the cursor moves on.
//   overwritten               neither ring nor outbox holds it any more: dropped, counted. (A window being retried is in memory and stays.)
//   too_old                   older than age_limit, where one is set: dropped, counted.
//   damaged                   its record in the outbox cannot be read any more: dropped, counted.
//   empty                     there was no row (no agent was running): the cursor moves on, nothing is sent.
//
// The clock. A window end at or before the cursor is never sent again, so after a step backwards nothing is sent
// until the clock has passed the cursor; after a step forwards the windows in between are empty. After a crash
// between an answer and the cursor's file the window is sent a second time, with the same values and times, which
// receivers take as one.
//
// Not done here: staleness markers for all series when the node goes away for good. Nothing on the node can know
// that; after a restart the series go on, and until then the receiver's look-back (five minutes) ends them.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "proto/http.h"
#include "store/queryable.h"
#include "store/shipping/outbox.h"
#include "store/shipping/ship_cursor.h"
#include "store/shipping/ship_requests.h"
#include "store/shipping/ship_window.h"

namespace tacho::store {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// How a body gets to the endpoint. An answer of any status is a response; an error means that none came.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<HttpResponse> send(const std::string& body, const HttpHeaders& headers) = 0;
};

constexpr std::int64_t kShipOffsetMaxMs = 20'000;

struct ShipperOptions {
  ShipRules rules;
  std::size_t samples_per_send_max = 2000;
  WriteVersion version = WriteVersion::v1;
  std::int64_t grace_ms = 5000;
  std::int64_t offset_ms = 0;  // ship_offset_ms(); 0..kShipOffsetMaxMs
  std::int64_t backoff_min_ms = 30;
  std::int64_t backoff_max_ms = 30'000;
  int catch_up = 10;  // windows in the time of one, at most, when many are due
  bool retry_on_429 = true;
  std::int64_t age_limit_ms = 0;                // 0: none
  std::int64_t metadata_interval_ms = 600'000;  // version 1; 0: metadata is not sent
  std::int64_t spill_after_ms = 300'000;        // a window that waits longer goes to the outbox, where there is one
  std::uint64_t seed = 0;                       // of the jitter; 0: a random one
};

// Where in 0..spread_ms this node sends, from a hash of its name; the same after a restart.
std::int64_t ship_offset_ms(std::string_view node, std::int64_t spread_ms);

struct ShipperStats {
  std::uint64_t samples_sent = 0;
  std::uint64_t requests_sent = 0;
  std::uint64_t bytes_sent = 0;    // bodies that were taken
  std::uint64_t windows_sent = 0;  // every request was taken
  std::uint64_t windows_empty = 0;
  std::map<std::string, std::uint64_t, std::less<>> failures;         // attempts to be repeated: network, 5xx, 429, store, cursor
  std::map<std::string, std::uint64_t, std::less<>> windows_dropped;  // in part or whole: refused, overwritten, too_old, damaged
  std::map<std::string, std::uint64_t, std::less<>> samples_dropped;  // refused, invalid, duplicate, not_written, unnamed
  std::uint64_t samples_pending = 0;                                  // of the window being sent
  WriteVersion version = WriteVersion::v1;                            // that is spoken now
  std::uint64_t outbox_windows = 0;
  std::uint64_t outbox_bytes = 0;
  TimeMs cursor = 0;        // end of the newest window that is done with; 0: not started
  std::int64_t lag_ms = 0;  // wall time minus cursor, at the last step
};

class Shipper {
 public:
  // Requires: 0 <= offset_ms <= kShipOffsetMaxMs, 0 < backoff_min_ms <= backoff_max_ms. `outbox`: null for none.
  Shipper(const Queryable& store, Transport& transport, const Clock& clock, ShipCursor cursor, ShipperOptions options,
          std::unique_ptr<Outbox> outbox = nullptr);

  // Does what is due now, at most one request, and says when to call again (at once, when that is not in the future).
  // The time is never more than a second away, because a wall clock that steps can make a window due at any moment.
  MonoNs step();
  // step() until stopped; returns at most one exchange (the transport's timeout) after that.
  void run(const std::stop_token& stop);

  ShipperStats stats() const;

 private:
  struct InFlight {
    ShippedWindow window;
    std::vector<RequestCut> cuts;
    std::vector<std::string> metadata;  // sent behind the samples
    std::size_t next = 0;               // requests before it are done with
    std::string body;                   // of the next; empty: not made yet
    bool tried_v1 = false;              // the next has been refused in version 2
    bool refused = false;               // at least one request was

    std::size_t requests() const { return cuts.size() + metadata.size(); }
    std::size_t samples_of(std::size_t request) const { return request < cuts.size() ? cuts[request].samples() : 0; }
  };

  // shipper.cc
  void start_cursor();
  MonoNs next_call() const;
  void publish_stats();
  void back_off(std::string_view reason, const std::string& text, std::int64_t retry_after_ms = 0);
  void finish_window(const InFlight& done);
  void rest_before_next();
  void save_cursor();
  void set_cursor(TimeMs end);
  void log_failure(const std::string& text);
  void log_recovery();
  std::int64_t random_below(std::int64_t bound);

  // shipper_windows.cc: which window is next, and where it comes from
  bool is_due(TimeMs window_end) const;
  void open_window();
  TimeMs next_end() const;
  Result<std::optional<ShippedWindow>> take_window(TimeMs end, TimeRange bounds);
  bool drop_lost(TimeMs window_end, TimeRange bounds);
  void drop_windows(TimeMs first_end, TimeMs last_end, std::string_view reason, std::string_view why);
  void spill();

  // shipper_requests.cc: what becomes of it
  void send_next(InFlight& window);
  std::string body_of(const InFlight& window) const;
  void add_metadata_when_due(InFlight& window);
  void speak_v1(const std::string& why);
  void count_taken(InFlight& window, const HttpResponse& answer, bool is_v2);
  void count_refused(InFlight& window, const HttpResponse& answer);

  const Queryable& store_;
  Transport& transport_;
  const Clock& clock_;
  const ShipCursor file_;
  const ShipperOptions options_;
  const std::int64_t step_ms_;  // windows end at multiples of it
  std::mt19937_64 random_;

  bool started_ = false;
  TimeMs cursor_ = 0;
  TimeMs saved_cursor_ = -1;
  TimeMs first_window_ = 0;  // end of the first window after a start without a cursor: there was nothing before it to lose
  std::optional<InFlight> in_flight_;
  MonoNs retry_at_{0};
  std::int64_t backoff_ms_ = 0;  // 0: the last attempt succeeded
  std::optional<MonoNs> metadata_sent_;
  std::optional<MonoNs> failure_logged_;
  bool failing_in_log_ = false;  // the log's last word on the endpoint is that it fails
  std::uint64_t failures_in_a_row_ = 0;
  bool left_out_logged_ = false;
  bool cursor_failure_logged_ = false;

  WriteVersion version_;
  std::unique_ptr<MetricBook> book_;  // of version 2; made anew with each window

  const std::unique_ptr<Outbox> outbox_;
  TimeMs spilled_ = 0;  // end of the newest window that was looked at for the outbox
  MonoNs spill_again_at_{0};
  bool spill_failure_logged_ = false;

  mutable std::mutex stats_mutex_;  // guards stats_
  ShipperStats stats_;
};

}  // namespace tacho::store
