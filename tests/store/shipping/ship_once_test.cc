// A stretch of seconds sent while somebody waits for it.
#include "store/shipping/ship_once.h"

#include <catch2/catch.hpp>

#include "tests/store/shipping/ship_fakes.h"

namespace tacho::store {
namespace {

using ship_test::FakeClock;
using ship_test::FakeReceiver;
using ship_test::FakeStore;

constexpr TimeMs kStart = 1'795'439'400'000;

struct Stretch {
  FakeClock clock{kStart};
  FakeStore store;
  FakeReceiver receiver;
  ShipOnceOptions options;
  ShippedWindow window;

  Stretch() {
    for (const char* name : {"a", "b"}) {
      const std::size_t series = store.add_series(Labels::of(name), MetricType::gauge);
      for (int i = 1; i <= 10; ++i) store.put(series, kStart + i * 1000, i);
    }
    ShipRules rules;
    rules.external_labels = Labels(std::vector<Label>{{"node", "n1"}});
    window = make_raw_window(store, {}, {kStart + 1000, kStart + 8000}, rules).value();
  }
  Result<ShippedOnce> send() { return ship_once(window, nullptr, receiver, clock, options); }
  std::optional<double> at(const char* name, int second) const {
    return receiver.value(Labels::of(name, {{"node", "n1"}, {"resolution", "1s"}}), kStart + second * 1000);
  }
};

}  // namespace

TEST_CASE("seconds on demand: each at its own time, marked, in order, and no others") {
  for (const WriteVersion version : {WriteVersion::v1, WriteVersion::v2}) {
    Stretch s;
    s.options.version = version;
    s.options.samples_per_send_max = 3;
    const auto sent = s.send().value();
    CHECK(sent.samples == 16);
    CHECK(sent.version == version);
    for (const char* name : {"a", "b"}) {
      for (int i = 1; i <= 8; ++i) CHECK(s.at(name, i) == i);
      CHECK_FALSE(s.at(name, 9));
    }
    CHECK(s.receiver.requests == 6);
    CHECK(s.receiver.complaints.empty());
  }
}

TEST_CASE("seconds on demand: no faster than asked") {
  Stretch s;
  s.options.samples_per_send_max = 4;
  s.options.samples_per_second = 2;
  REQUIRE(s.send());
  CHECK(s.clock.wall_ms() == kStart + 8000);  // also before what may follow
}

TEST_CASE("seconds on demand: what fails in passing is tried again, what stays is said, what is refused is counted") {
  Stretch s;
  int failures = 3;
  s.receiver.behave = [&](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> {
    if (failures-- > 0) return failures % 2 ? Result<HttpResponse>(failure("reset")) : FakeReceiver::answer(503);
    return r.accept(body);
  };
  CHECK(s.send().value().samples == 16);

  Stretch down;
  down.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("connection refused"); };
  CHECK(down.send().error().message == "0 samples were sent, then, in 5 attempts: connection refused");

  Stretch strict;
  strict.options.samples_per_send_max = 8;
  strict.receiver.behave = [n = 0](FakeReceiver& r, const std::string& body) mutable -> Result<HttpResponse> {
    return n++ == 0 ? FakeReceiver::answer(400, "too old\n") : r.accept(body);
  };
  const auto sent = strict.send().value();
  CHECK(sent.samples == 8);
  CHECK(sent.refused == 8);
  CHECK(sent.refusal == "400 too old");
}

TEST_CASE("seconds on demand: to a receiver of version 1 in version 1") {
  for (const int status : {204, 400, 415}) {
    Stretch s;
    s.options.version = WriteVersion::v2;
    s.receiver.knows_v2 = false;
    s.receiver.answer_to_v2 = status;
    s.options.samples_per_send_max = 8;
    const auto sent = s.send().value();
    CHECK(sent.samples == 16);
    CHECK(sent.version == WriteVersion::v1);
    CHECK(s.receiver.requests == 3);
    CHECK(s.at("b", 8) == 8);
  }
}

}  // namespace tacho::store
