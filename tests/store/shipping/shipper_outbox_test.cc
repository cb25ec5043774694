// Outages longer than the ring holds: what waits in the outbox is sent, once and in order.
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "proto/base/file.h"
#include "tests/store/shipping/ship_agent.h"

namespace tacho::store {
namespace {

using ship_test::Agent;
using ship_test::answer_first;
using ship_test::FakeReceiver;
using ship_test::kMinute;
using ship_test::kStart;

}  // namespace

// With an outbox, and a ring that holds forty minutes.
struct Patient : Agent {
  std::uint64_t outbox_bytes = 10'000'000;
  Patient() {
    kill();
    begin();
  }
  void begin() {
    shipper = std::make_unique<Shipper>(store, receiver, clock, ShipCursor(folder.path(), "test"), options,
                                        std::move(*Outbox::open({folder.path() + "/outbox", outbox_bytes, 4096})));
    shipper->step();
  }
  void hours(std::int64_t n) {
    for (std::int64_t minute = 0; minute < 60 * n; ++minute) {
      live(60);
      store.overwrite_before(clock.wall_ms() - 40 * kMinute);
    }
  }
};

TEST_CASE("an outage longer than the ring holds is made up for out of the outbox, also across kills") {
  Patient a;
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("connection refused"); };
  for (int i = 0; i < 6; ++i) {
    a.hours(1);
    a.kill();
    a.begin();
  }
  CHECK(a.shipper->stats().outbox_windows > 350);
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> { return r.accept(body); };
  a.hours(1);
  const auto times = a.receiver.times();
  CHECK(times.size() == 7 * 60 - 1);  // the last is not due yet
  for (TimeMs t = kStart + kMinute; t <= kStart + 419 * kMinute; t += kMinute) {
    CHECK(a.at("bytes_total", t) == static_cast<double>((t - kStart) / 1000 * 3));
    CHECK(a.at("load:1m_max", t) == 59);
  }
  CHECK(a.shipper->stats().windows_dropped.empty());
  CHECK(a.shipper->stats().outbox_windows <= 1);
  CHECK(a.receiver.complaints.empty());
  CHECK(a.receiver.repeated == 0);
}

TEST_CASE("an outbox that is full gives up its oldest windows, each counted once") {
  Patient a;
  a.kill();
  a.outbox_bytes = 20'000;
  a.begin();
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("connection refused"); };
  a.hours(6);
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> { return r.accept(body); };
  a.hours(1);
  const std::uint64_t dropped = a.shipper->stats().windows_dropped["overwritten"];
  CHECK(dropped > 100);
  CHECK(a.receiver.times().size() + dropped == 7 * 60 - 1);
  CHECK(a.receiver.complaints.empty());
}

TEST_CASE("an outbox that cannot be written is said once, and costs nothing while the ring holds the minutes") {
  Patient a;
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("connection refused"); };
  std::filesystem::remove_all(a.folder.path() + "/outbox");
  a.live(20 * 60);
  CHECK(a.shipper->stats().failures["outbox"] > 1);
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> { return r.accept(body); };
  a.live(60);
  CHECK(a.receiver.times().size() == 20);
  CHECK(a.shipper->stats().windows_dropped.empty());
}

TEST_CASE("seconds that are kept arrive after an outage as well, while the ring has them") {
  Patient a;
  a.kill();
  std::vector<RollupRule> rules(1);
  rules[0].matches = {{Matcher::equal("__name__", "load")}};
  rules[0].keep_raw = true;
  a.options.rules.policy = RollupPolicy(rules, kMinute);
  a.begin();
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("connection refused"); };
  a.live(12 * 60);
  CHECK(a.shipper->stats().outbox_windows > 5);
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> { return r.accept(body); };
  a.live(2 * 60);
  for (TimeMs t = kStart + 1000; t <= kStart + 12 * kMinute; t += 1000)
    CHECK(a.receiver.value(Labels::of("load", {{"resolution", "1s"}}), t) == static_cast<double>(t / 1000 % 60));
  CHECK(a.receiver.complaints.empty());
}

TEST_CASE("windows in the outbox of an interval that is configured no more are sent, not skipped") {
  Patient a;
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("connection refused"); };
  a.hours(2);
  a.kill();
  a.options.rules.policy = RollupPolicy({}, 300'000);
  a.begin();
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> { return r.accept(body); };
  a.live(10 * 60);
  for (TimeMs t = kStart + kMinute; t <= kStart + 110 * kMinute; t += kMinute)
    CHECK(a.at("bytes_total", t) == static_cast<double>((t - kStart) / 1000 * 3));
  CHECK(a.shipper->stats().windows_dropped.empty());
  CHECK(a.receiver.complaints.empty());
}

TEST_CASE("a cursor that cannot be read does not cost what waits in the outbox") {
  Patient a;
  a.live(61);
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("connection refused"); };
  a.hours(2);
  a.kill();
  REQUIRE(replace_file(ShipCursor(a.folder.path(), "test").path(), "torn"));
  a.begin();
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> { return r.accept(body); };
  a.live(10 * 60);
  for (TimeMs t = kStart + 2 * kMinute; t <= kStart + 120 * kMinute; t += kMinute) CHECK(a.at("bytes_total", t));
  CHECK(a.receiver.complaints.empty());
}

}  // namespace tacho::store
