// One agent that ships to one receiver, in the hands of a test: a row a second, a clock that is set.
#pragma once

#include <memory>
#include <optional>

#include "store/shipping/shipper.h"
#include "tests/store/shipping/ship_fakes.h"

namespace tacho::store::ship_test {

inline constexpr TimeMs kMinute = 60'000;
inline constexpr TimeMs kStart = 1'795'439'400'000;  // a whole minute

// One agent with one endpoint: a gauge (its peaks matter) and a counter, a row each second.
struct Agent {
  TempFolder folder;
  FakeClock clock{kStart};
  FakeStore store;
  FakeReceiver receiver;
  ShipperOptions options;
  std::unique_ptr<Shipper> shipper;
  std::size_t gauge = store.add_series(Labels::of("load"), MetricType::gauge, Rollup::max);
  std::size_t counter = store.add_series(Labels::of("bytes_total"), MetricType::counter);
  double total = 0;
  TimeMs last_row = 0;

  Agent() {
    options.seed = 1;
    options.metadata_interval_ms = 0;
    options.catch_up = 1'000'000;  // no pauses but where they are asked for
    start();
  }
  void start() {
    shipper = std::make_unique<Shipper>(store, receiver, clock, ShipCursor(folder.path(), "test"), options);
    shipper->step();
  }
  void kill() { shipper.reset(); }

  void row(TimeMs t) {
    if (t <= last_row) return;
    last_row = t;
    store.put(gauge, t, static_cast<double>(t / 1000 % 60));
    store.put(counter, t, total += 3);
    store.put_row("cpu", 1000, t);
  }
  // Time goes by, a row a second; the shipper does what is due.
  void live(std::int64_t seconds, bool rows = true) {
    for (std::int64_t i = 0; i < seconds; ++i) {
      clock.advance_ms(1000);
      if (rows) row(clock.wall_ms() / 1000 * 1000);
      if (shipper) work();
    }
  }
  // Steps until the shipper wants to wait.
  void work() {
    for (int i = 0; i < 10'000 && shipper->step() <= clock.mono(); ++i) {
    }
  }
  std::optional<double> at(const char* name, TimeMs t) const { return receiver.value(Labels::of(name), t); }
  std::optional<double> ratio(TimeMs t) const { return receiver.value(Labels::of(kRatioMetric, {{"source", "cpu"}}), t); }
};

using Answers = std::vector<Result<HttpResponse>>;

// The first requests get these answers and are not taken; all later ones are taken.
inline void answer_first(FakeReceiver& receiver, Answers answers) {
  receiver.behave = [answers, i = std::size_t{0}](FakeReceiver& r, const std::string& body) mutable -> Result<HttpResponse> {
    if (i < answers.size()) return answers[i++];
    return r.accept(body);
  };
}

}  // namespace tacho::store::ship_test
