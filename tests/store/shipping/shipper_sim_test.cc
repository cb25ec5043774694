// A node's days in a second: a fake clock, a receiver that fails in every way we know of, kills, clock steps, a ring
// that overwrites. One seed drives everything; TACHO_SEED replays one, TACHO_ROUNDS runs more.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <random>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "store/shipping/shipper.h"
#include "tests/store/shipping/ship_fakes.h"

namespace tacho::store {
namespace {

using ship_test::FakeClock;
using ship_test::FakeReceiver;
using ship_test::FakeStore;
using ship_test::TempFolder;

constexpr TimeMs kMinute = 60'000;
constexpr TimeMs kStart = 1'795'439'400'000;

std::uint64_t env_or(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// How the receiver behaves for a while.
enum class Mood {
  well,
  refuses_connections,
  error_500,
  overloaded_503,
  limits_429,
  hangs,
  resets_after_taking,
  fails_after_taking,
  bad_request
};
constexpr int kMoods = 9;

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    options_.seed = seed + 1;
    options_.offset_ms = static_cast<std::int64_t>(below(5000));
    options_.samples_per_send_max = 1 + below(20);
    options_.metadata_interval_ms = 600'000;
    has_outbox_ = seed % 3 != 0;
    options_.spill_after_ms = static_cast<std::int64_t>(below(20)) * kMinute;
    outbox_bytes_ = once_in(3) ? 12'000 : 10'000'000;
    if (seed % 3 == 2) options_.version = WriteVersion::v2;
    receiver_.knows_v2 = once_in(2);
    receiver_.answer_to_v2 = std::array{415, 204, 400}[below(3)];
    for (int i = 0; i < 12; ++i) {
      const auto type = i % 3 == 0 ? MetricType::counter : i % 3 == 1 ? MetricType::gauge : MetricType::unknown;
      const auto rollup = i % 4 == 0 ? Rollup::max | Rollup::min : Rollup::none;
      store_.add_series(Labels::of("m" + std::to_string(i)), type, rollup);
    }
    last_.assign(12, 0);
    alive_.assign(12, true);
    receiver_.behave = [this](FakeReceiver& r, const std::string& body) { return behave(r, body); };
  }

  void run(std::int64_t seconds) {
    start();
    for (std::int64_t i = 0; i < seconds; ++i) second();
    mood_ = Mood::well;  // let it finish
    mood_left_ = 1'000'000;
    for (int i = 0; i < 4000; ++i) second(false);
    stop();
  }

  void check() const {
    for (const std::string& complaint : receiver_.complaints) FAIL_CHECK(complaint);
    std::uint64_t not_delivered = 0, had_no_rows = 0;
    for (TimeMs end = kStart + kMinute; end <= cursor_; end += kMinute) {
      const auto expected = reference(end);
      if (expected.empty()) ++had_no_rows;
      not_delivered += delivered(end, expected) ? 0 : 1;
    }
    // A lost window of which nobody can say any more whether it had rows may be counted as dropped without having had
    // any.
    CAPTURE(not_delivered, dropped_, had_no_rows);
    CHECK(not_delivered <= dropped_ + unnamed_);
    CHECK(dropped_ <= not_delivered + had_no_rows);
    CHECK(lag_ms_ < 3 * kMinute);
  }

  std::uint64_t dropped() const { return dropped_; }
  std::size_t windows() const { return receiver_.times().size(); }
  std::size_t repeated() const { return receiver_.repeated; }
  std::uint64_t most_in_outbox() const { return most_in_outbox_; }
  std::size_t in_v2() const { return receiver_.requests_v2; }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool once_in(std::uint64_t n) { return below(n) == 0; }

  void start() {
    std::unique_ptr<Outbox> outbox;
    if (has_outbox_) {
      const OutboxOptions options{folder_.path() + "/outbox", outbox_bytes_, 4096};
      outbox = std::move(*Outbox::open(options));
      if (once_in(4)) damage_outbox(options.folder), outbox = std::move(*Outbox::open(options));
    }
    shipper_ =
        std::make_unique<Shipper>(store_, receiver_, clock_, ShipCursor(folder_.path(), "sim"), options_, std::move(outbox));
  }
  // A byte of one of its files is another. What is lost by it is counted: windows as dropped, or samples without a name.
  void damage_outbox(const std::string& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::string bytes = read_file(entry.path().string()).value();
      if (bytes.empty() || !once_in(2)) continue;
      char& byte = bytes[below(bytes.size())];
      byte = static_cast<char>(byte ^ (1 << below(8)));
      (void)replace_file(entry.path().string(), bytes);
      return;
    }
  }
  void stop() {
    if (!shipper_) return;
    const ShipperStats stats = shipper_->stats();
    for (const auto& [reason, count] : stats.windows_dropped) dropped_ += count;
    if (const auto at = stats.samples_dropped.find("unnamed"); at != stats.samples_dropped.end()) unnamed_ += at->second;
    most_in_outbox_ = std::max(most_in_outbox_, stats.outbox_windows);
    cursor_ = stats.cursor;
    lag_ms_ = stats.lag_ms;
    shipper_.reset();
  }

  void second(bool trouble = true) {
    clock_.advance_ms(1000);
    if (trouble) {
      if (once_in(4 * 3600)) clock_.step_wall_ms(static_cast<std::int64_t>(below(400'000)) - 200'000);
      if (once_in(1500)) stop(), down_left_ = static_cast<std::int64_t>(below(300));
    }
    if (!shipper_ && (--down_left_ < 0 || !trouble)) start();
    if (--mood_left_ < 0) change_mood();
    if (shipper_) rows(trouble);
    // The ring holds forty minutes; it gives up whole minutes, so that the reference knows what was there.
    store_.overwrite_before((clock_.wall_ms() / kMinute - 40) * kMinute + 1);
    for (int i = 0; shipper_ && i < 1000; ++i) {
      if (shipper_->step() > clock_.mono()) break;
      // A kill between two requests of a window.
      if (trouble && once_in(400)) stop(), down_left_ = static_cast<std::int64_t>(below(100));
    }
  }

  void rows(bool trouble) {
    const TimeMs t = clock_.wall_ms() / 1000 * 1000;
    if (t <= last_row_ || (trouble && once_in(50))) return;
    last_row_ = t;
    store_.put_row("g", 1000, t);
    for (std::size_t i = 0; i < last_.size(); ++i) {
      if (once_in(700)) {
        if (alive_[i]) store_.put(i, t, stale_marker());
        alive_[i] = !alive_[i];
        continue;
      }
      if (!alive_[i] || once_in(100)) continue;
      last_[i] = i % 3 == 0 ? last_[i] + static_cast<double>(below(1000)) : static_cast<double>(below(1'000'000)) / 7;
      store_.put(i, t, once_in(5000) ? normal_nan() : last_[i]);
    }
  }

  void change_mood() {
    mood_ = once_in(2) ? Mood::well : static_cast<Mood>(below(kMoods));
    // Mostly minutes, now and then longer than the ring.
    mood_left_ = static_cast<std::int64_t>(once_in(15) ? below(4 * 3600) : below(400));
  }

  Result<HttpResponse> behave(FakeReceiver& r, const std::string& body) {
    // Even in a good mood, one request in a hundred fails.
    const Mood now = mood_ == Mood::well && mood_left_ < 900'000 && once_in(100) ? static_cast<Mood>(below(kMoods)) : mood_;
    switch (now) {
      case Mood::well: break;
      case Mood::refuses_connections: return failure("connection refused");
      case Mood::error_500: return FakeReceiver::answer(500, "oops");
      case Mood::overloaded_503: return FakeReceiver::answer(503, "", {{"Retry-After", std::to_string(below(40))}});
      case Mood::limits_429: return FakeReceiver::answer(429, "", {{"Retry-After", "1"}});
      case Mood::hangs: clock_.advance_ms(30'000); return failure("no answer within 30 s");
      case Mood::resets_after_taking: r.accept(body); return failure("connection reset");
      case Mood::fails_after_taking: r.accept(body); return FakeReceiver::answer(500);
      case Mood::bad_request: return FakeReceiver::answer(400, "no");
    }
    return r.accept(body);
  }

  // What a window must come to, from the raw rows, the slow way: {series name -> value}.
  std::map<std::string, double> reference(TimeMs end) const {
    std::map<std::string, double> out;
    for (const auto& s : store_.all()) {
      long double sum = 0;
      double max = -INFINITY, min = INFINITY, last = 0;
      int count = 0, before = 0, numbers = 0;
      bool ended = false, ended_before = false;
      for (std::size_t i = 0; i < s.times.size() && s.times[i] <= end; ++i) {
        const double v = s.values[i];
        if (s.times[i] <= end - 2 * kMinute) continue;
        const bool now = s.times[i] > end - kMinute;
        (now ? ended : ended_before) = is_stale(v);
        if (is_stale(v)) continue;
        ++(now ? count : before);
        if (!now) continue;
        sum += v;
        last = v;
        if (std::isnan(v)) continue;
        ++numbers;
        max = std::max(max, v);
        min = std::min(min, v);
      }
      const std::string name(s.info.labels.metric_name());
      double value = s.info.type == MetricType::gauge ? static_cast<double>(sum / count) : last;
      if (count == 0) {
        if (!ended && !(ended_before && before > 0)) continue;
        value = max = min = stale_marker();
      } else if (numbers == 0) {
        max = min = normal_nan();
      }
      out[name] = value;
      if (has(s.info.rollup, Rollup::max)) out[name + ":1m_max"] = max;
      if (has(s.info.rollup, Rollup::min)) out[name + ":1m_min"] = min;
    }
    return out;
  }

  // All of it; what did arrive must be right in any case.
  bool delivered(TimeMs end, const std::map<std::string, double>& expected) const {
    bool all = true;
    for (const auto& [name, value] : expected) {
      const auto got = receiver_.value(Labels::of(name), end);
      if (!got) {
        // The marker of a series whose last minute was lost is not owed: the receiver never saw that minute.
        if (!is_stale(value)) all = false;
        continue;
      }
      const bool same = is_stale(value)     ? is_stale(*got)
                        : std::isnan(value) ? std::isnan(*got) && !is_stale(*got)
                                            : std::fabs(*got - value) <= 1e-12 * std::fabs(value);
      if (!same) FAIL_CHECK(name << " at " << end << " is " << *got << ", not " << value);
    }
    for (const auto& [labels, stored] : receiver_.samples) {
      const std::string name(labels.metric_name());
      if (name != kRatioMetric && stored.contains(end) && !expected.contains(name))
        FAIL_CHECK(name << " at " << end << " was made up");
    }
    return all;
  }

  std::mt19937_64 random_;
  TempFolder folder_;
  FakeClock clock_{kStart};
  FakeStore store_;
  FakeReceiver receiver_;
  ShipperOptions options_;
  std::unique_ptr<Shipper> shipper_;
  std::vector<double> last_;
  std::vector<bool> alive_;
  TimeMs last_row_ = 0;
  Mood mood_ = Mood::well;
  std::int64_t mood_left_ = 60;
  std::int64_t down_left_ = 0;
  bool has_outbox_ = false;
  std::uint64_t outbox_bytes_ = 0;
  std::uint64_t unnamed_ = 0;
  std::uint64_t most_in_outbox_ = 0;
  std::uint64_t dropped_ = 0;
  TimeMs cursor_ = 0;
  std::int64_t lag_ms_ = 0;
};

}  // namespace

TEST_CASE("whatever happens, every window is delivered once in effect or counted as dropped") {
  set_log_level(LogLevel::error);
  const std::uint64_t rounds = env_or("TACHO_ROUNDS", 12);
  const std::uint64_t first = env_or("TACHO_SEED", 1);
  std::uint64_t dropped = 0, windows = 0, repeated = 0, in_outbox = 0, in_v2 = 0;
  for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
    CAPTURE(seed);
    Simulation simulation(seed);
    simulation.run(8 * 3600);
    simulation.check();
    dropped += simulation.dropped();
    windows += simulation.windows();
    repeated += simulation.repeated();
    in_outbox = std::max(in_outbox, simulation.most_in_outbox());
    in_v2 += simulation.in_v2();
  }
  set_log_level(LogLevel::info);
  // That the paths meant were taken at all.
  if (rounds >= 12) {
    CHECK(windows > 12 * 200);
    CHECK(dropped > 0);
    CHECK(repeated > 0);
    CHECK(in_outbox > 40);  // longer than the ring holds
    CHECK(in_v2 > 100);
  }
}

}  // namespace tacho::store
