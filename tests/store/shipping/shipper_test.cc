// A shipper and its receiver: what is sent when, and what becomes of what is not taken.
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "proto/base/file.h"
#include "tests/store/shipping/ship_agent.h"

namespace tacho::store {
namespace {

using ship_test::Agent;
using ship_test::answer_first;
using ship_test::Answers;
using ship_test::FakeClock;
using ship_test::FakeReceiver;
using ship_test::FakeStore;
using ship_test::kMinute;
using ship_test::kStart;
using ship_test::TempFolder;

}  // namespace

TEST_CASE("a minute is sent after its end and its grace, with its rollups at its end") {
  Agent a;
  a.live(64);
  CHECK(a.receiver.requests == 0);
  a.live(1);
  CHECK(a.receiver.requests == 1);
  CHECK(a.at("load", kStart + kMinute) == (59.0 * 60 / 2) / 60);
  CHECK(a.at("load:1m_max", kStart + kMinute) == 59);
  CHECK(a.at("bytes_total", kStart + kMinute) == 180);
  CHECK(a.ratio(kStart + kMinute) == 1);
  CHECK(a.shipper->stats().windows_sent == 1);
  CHECK(a.shipper->stats().samples_sent == 4);
  CHECK(a.receiver.complaints.empty());
}

TEST_CASE("the node's offset delays its sends, and is the same each time") {
  Agent a;
  a.kill();
  a.options.offset_ms = 7000;
  a.start();
  a.live(71);
  CHECK(a.receiver.requests == 0);
  a.live(1);
  CHECK(a.receiver.requests == 1);
  CHECK(ship_offset_ms("node-1", 10'000) == ship_offset_ms("node-1", 10'000));
  CHECK(ship_offset_ms("node-1", 0) == 0);
  std::set<std::int64_t> offsets;
  for (int i = 0; i < 1000; ++i) offsets.insert(ship_offset_ms("node-" + std::to_string(i), 20'000) / 1000);
  CHECK(offsets.size() == 20);
}

TEST_CASE("the window in which the agent started is sent, with a ratio below 1") {
  Agent a;
  a.kill();
  a.clock.advance_ms(45'500);
  std::filesystem::remove(ShipCursor(a.folder.path(), "test").path());
  a.start();
  a.live(20);
  CHECK(a.at("load", kStart + kMinute) == 49);  // 46 to 59, and 0 at second 60
  CHECK(a.ratio(kStart + kMinute) == 15.0 / 60);
}

TEST_CASE("without a cursor, rows from before the start are not sent") {
  Agent a;
  a.kill();
  std::filesystem::remove(ShipCursor(a.folder.path(), "test").path());
  a.live(300);
  a.start();
  a.live(70);
  CHECK(a.receiver.times() == std::set<TimeMs>{kStart + 6 * kMinute});
}

TEST_CASE("after a kill it goes on at the cursor, and the minute of the crash says what it lacks") {
  Agent a;
  a.live(150);
  a.kill();
  a.live(50, false);
  a.start();
  a.live(200);
  CHECK(a.receiver.times() == std::set<TimeMs>{kStart + kMinute, kStart + 2 * kMinute, kStart + 3 * kMinute, kStart + 4 * kMinute,
                                               kStart + 5 * kMinute, kStart + 6 * kMinute});
  CHECK(a.ratio(kStart + 2 * kMinute) == 1);
  CHECK(a.ratio(kStart + 3 * kMinute) == 30.0 / 60);
  CHECK(a.ratio(kStart + 4 * kMinute) == 40.0 / 60);
  CHECK(a.ratio(kStart + 5 * kMinute) == 1);
  CHECK(a.receiver.repeated == 0);
}

TEST_CASE("minutes without an agent are passed over, the first says that nothing was there") {
  Agent a;
  a.live(125);
  a.kill();
  a.live(600, false);
  a.start();
  a.live(120);
  CHECK(a.ratio(kStart + 3 * kMinute) == 5.0 / 60);
  CHECK(a.ratio(kStart + 4 * kMinute) == 0);
  CHECK_FALSE(a.ratio(kStart + 5 * kMinute));
  CHECK_FALSE(a.at("load", kStart + 5 * kMinute));
  CHECK(a.shipper->stats().windows_empty == 8);
  CHECK(a.shipper->stats().windows_dropped.empty());
}

TEST_CASE("5xx, 429 and a dead network are tried again until the window is taken") {
  const auto check = [](Result<HttpResponse> answer, const char* reason) {
    Agent a;
    answer_first(a.receiver, Answers(5, answer));
    a.live(80);
    CHECK(a.receiver.requests == 6);
    CHECK(a.at("load", kStart + kMinute).has_value());
    CHECK(a.shipper->stats().failures.at(reason) == 5);
    CHECK(a.shipper->stats().windows_sent == 1);
    CHECK(a.shipper->stats().samples_dropped.empty());
  };
  check(FakeReceiver::answer(500), "5xx");
  check(FakeReceiver::answer(503), "5xx");
  check(FakeReceiver::answer(429), "429");
  check(failure("connection refused"), "network");
}

TEST_CASE("the wait between attempts doubles from the least to the most, with jitter") {
  Agent a;
  a.kill();
  a.options.backoff_min_ms = 30;
  a.options.backoff_max_ms = 5000;
  a.start();
  a.receiver.behave = [](FakeReceiver&, const std::string&) { return FakeReceiver::answer(503); };
  a.clock.advance_ms(5000);
  a.row(a.clock.wall_ms());
  a.clock.advance_ms(kMinute);
  std::int64_t expected = 30;
  for (int i = 0; i < 15; ++i) {
    const std::size_t before = a.receiver.requests;
    const MonoNs sent = a.clock.mono();
    while (a.receiver.requests == before) {
      const MonoNs next = a.shipper->step();
      if (a.receiver.requests == before) a.clock.sleep_until(next);
    }
    if (i > 0) {
      const std::int64_t waited = (a.clock.mono() - sent) / kNsPerMs;
      CHECK(waited > expected / 2);
      CHECK(waited <= expected + 1);
      expected = std::min<std::int64_t>(expected * 2, 5000);
    }
  }
}

TEST_CASE("Retry-After is a minimum, in seconds or as a date, and bounded") {
  const auto attempts_after = [](const char* retry_after, std::int64_t seconds) {
    Agent a;
    answer_first(a.receiver, {FakeReceiver::answer(503, "", {{"retry-After", retry_after}})});
    a.live(65);
    REQUIRE(a.receiver.requests == 1);
    a.live(seconds);
    return a.receiver.requests;
  };
  CHECK(attempts_after("20", 19) == 1);
  CHECK(attempts_after("20", 23) == 2);
  // kStart is Mon, 23 Nov 2026 13:10:00 GMT; the first attempt is at 13:11:05.
  CHECK(attempts_after("Mon, 23 Nov 2026 13:11:35 GMT", 29) == 1);
  CHECK(attempts_after("Mon, 23 Nov 2026 13:11:35 GMT", 35) == 2);
  CHECK(attempts_after("soon", 1) == 2);
  CHECK(attempts_after("-5", 1) == 2);
  CHECK(attempts_after("99999999999", 599) == 1);
  CHECK(attempts_after("99999999999", 661) > 1);
}

TEST_CASE("a refusal drops that request's samples once and goes on") {
  Agent a;
  answer_first(a.receiver, {FakeReceiver::answer(400, "out of bounds\nline two")});
  a.live(130);
  CHECK(a.receiver.requests == 2);
  CHECK_FALSE(a.at("load", kStart + kMinute));
  CHECK(a.at("load", kStart + 2 * kMinute));
  const ShipperStats stats = a.shipper->stats();
  CHECK(stats.samples_dropped.at("refused") == 4);
  CHECK(stats.windows_dropped.at("refused") == 1);
  CHECK(stats.windows_sent == 1);
  CHECK(stats.failures.empty());
}

TEST_CASE("429 is a refusal where it is not to be retried") {
  Agent a;
  a.kill();
  a.options.retry_on_429 = false;
  a.start();
  answer_first(a.receiver, {FakeReceiver::answer(429)});
  a.live(80);
  CHECK(a.receiver.requests == 1);
  CHECK(a.shipper->stats().windows_dropped.at("refused") == 1);
}

TEST_CASE("a window goes out in requests of bounded size, and resumes at the one that failed") {
  Agent a;
  a.kill();
  a.options.samples_per_send_max = 2;
  for (int i = 0; i < 5; ++i) {
    const auto s = a.store.add_series(Labels::of("more", {{"i", std::to_string(i)}}), MetricType::counter);
    a.store.put(s, kStart + 30'000, i);
  }
  a.start();
  // Nine samples in five requests. The third fails twice.
  std::vector<std::size_t> sizes;
  a.receiver.behave = [&sizes, n = 0](FakeReceiver& r, const std::string& body) mutable -> Result<HttpResponse> {
    ++n;
    if (n == 3 || n == 4) return FakeReceiver::answer(500);
    sizes.push_back(decode_write_request(body)->size());
    return r.accept(body);
  };
  a.live(70);
  CHECK(a.receiver.requests == 7);
  CHECK(sizes == std::vector<std::size_t>{2, 2, 2, 2, 1});
  CHECK(a.receiver.repeated == 0);
  CHECK(a.shipper->stats().samples_sent == 9);
  CHECK(a.shipper->stats().windows_sent == 1);
}

TEST_CASE("a window that was taken in part before a kill is sent again, the same") {
  Agent a;
  a.kill();
  a.options.samples_per_send_max = 1;
  a.start();
  a.receiver.behave = [n = 0](FakeReceiver& r, const std::string& body) mutable -> Result<HttpResponse> {
    if (++n > 2) return failure("connection reset");
    return r.accept(body);
  };
  a.live(70);
  CHECK(a.shipper->stats().samples_pending == 2);
  a.kill();
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) { return r.accept(body); };
  a.start();
  a.live(5);
  CHECK(a.receiver.repeated == 2);
  CHECK(a.receiver.complaints.empty());
  CHECK(a.ratio(kStart + kMinute) == 1);
}

TEST_CASE("an outage of hours is made up for, in order, when the receiver is back") {
  Agent a;
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("no route to host"); };
  a.live(3 * 3600);
  CHECK(a.shipper->stats().lag_ms > 3 * 3'600'000 - 2 * kMinute);
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) { return r.accept(body); };
  a.live(12 * 60);
  CHECK(a.receiver.times().size() == 191);
  CHECK(a.receiver.complaints.empty());
  CHECK(a.shipper->stats().windows_sent == 191);
  CHECK(a.shipper->stats().lag_ms < 2 * kMinute);
}

TEST_CASE("after an outage windows go out at ten times the usual pace, not all at once") {
  Agent a;
  a.kill();
  a.options.catch_up = 10;
  a.start();
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("no route to host"); };
  a.live(3600);
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) { return r.accept(body); };
  a.live(31);  // the last attempt before it was back may have been just now
  std::size_t before = a.receiver.times().size();
  a.live(60);
  const std::size_t in_a_minute = a.receiver.times().size() - before;
  CHECK(in_a_minute >= 7);
  CHECK(in_a_minute <= 14);
  a.live(400);
  CHECK(a.shipper->stats().lag_ms < 2 * kMinute);
  before = a.receiver.times().size();
  a.live(60);
  CHECK(a.receiver.times().size() == before + 1);
}

TEST_CASE("windows that the ring overwrote meanwhile are dropped and counted, one by one") {
  Agent a;
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> { return failure("no route to host"); };
  a.live(20 * 60);
  a.store.overwrite_before(kStart + 10 * kMinute + 1);
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) { return r.accept(body); };
  a.live(10);
  // The first window was being retried and is in memory; 2 to 10 are gone; 11 to 20 are there.
  CHECK(a.receiver.times().size() == 1 + 10);
  CHECK(a.shipper->stats().windows_dropped.at("overwritten") == 9);
  CHECK(a.shipper->stats().windows_sent == 11);
}

TEST_CASE("windows above the age limit are dropped and counted") {
  Agent a;
  a.live(65);
  a.kill();
  a.options.age_limit_ms = 600'000;
  a.live(30 * 60);
  a.start();
  a.work();
  CHECK(a.shipper->stats().windows_dropped.at("too_old") == 20);
  CHECK(a.shipper->stats().windows_sent == 10);
  CHECK(a.receiver.times().size() == 11);
}

TEST_CASE("a clock that steps back: nothing is sent twice or out of order") {
  Agent a;
  a.live(130);
  REQUIRE(a.receiver.times().size() == 2);
  a.clock.step_wall_ms(-90'000);
  a.live(80);
  CHECK(a.receiver.times().size() == 2);
  a.live(120);
  CHECK(a.receiver.times() == std::set<TimeMs>{kStart + kMinute, kStart + 2 * kMinute, kStart + 3 * kMinute});
  CHECK(a.receiver.repeated == 0);
  CHECK(a.receiver.complaints.empty());
}

TEST_CASE("a clock that steps forward: the windows in between are empty") {
  Agent a;
  a.live(130);
  a.clock.step_wall_ms(3'600'000);
  a.live(130);
  CHECK(a.shipper->stats().windows_sent == 6);  // 1, 2, 3 with 10 rows, 4 with a ratio of 0, then two at the new time
  CHECK(a.shipper->stats().windows_empty > 50);
  CHECK(a.receiver.complaints.empty());
}

TEST_CASE("a cursor in the future holds sends back until the clock has passed it") {
  Agent a;
  a.kill();
  REQUIRE(ShipCursor(a.folder.path(), "test").save(kStart + 5 * kMinute));
  a.start();
  a.live(5 * 60 + 60);
  CHECK(a.receiver.requests == 0);
  a.live(10);
  CHECK(a.receiver.times() == std::set<TimeMs>{kStart + 6 * kMinute});
}

TEST_CASE("a broken cursor file is set aside: the running minute comes next") {
  Agent a;
  a.live(130);
  a.kill();
  REQUIRE(replace_file(ShipCursor(a.folder.path(), "test").path(), "garbage"));
  a.start();
  a.live(60);
  CHECK(a.receiver.times() == std::set<TimeMs>{kStart + kMinute, kStart + 2 * kMinute, kStart + 3 * kMinute});
}

TEST_CASE("a state folder that cannot be written does not stop sending") {
  Agent a;
  a.kill();
  std::filesystem::remove_all(a.folder.path());
  a.start();
  a.live(130);
  CHECK(a.receiver.times().size() == 2);
  CHECK(a.shipper->stats().failures.at("cursor") > 0);
}

TEST_CASE("a store that cannot be read is asked again") {
  Agent a;
  a.store.fails = true;
  a.live(80);
  CHECK(a.receiver.requests == 0);
  CHECK(a.shipper->stats().failures.at("store") > 0);
  a.store.fails = false;
  a.live(10);
  CHECK(a.receiver.times() == std::set<TimeMs>{kStart + kMinute});
}

TEST_CASE("external labels are added, the series' own win") {
  Agent a;
  a.kill();
  a.options.rules.external_labels = Labels{{"cluster", "eu1"}, {"node", "n7"}};
  const auto own = a.store.add_series(Labels::of("own", {{"node", "other"}}), MetricType::counter);
  a.store.put(own, kStart + 1000, 5);
  a.start();
  a.live(70);
  const auto value = [&](const Labels& l) { return a.receiver.value(l, kStart + kMinute); };
  CHECK(value(Labels::of("load:1m_max", {{"cluster", "eu1"}, {"node", "n7"}})) == 59);
  CHECK(value(Labels::of("own", {{"cluster", "eu1"}, {"node", "other"}})) == 5);
  CHECK(value(Labels::of(kRatioMetric, {{"cluster", "eu1"}, {"node", "n7"}, {"source", "cpu"}})) == 1);
}

TEST_CASE("relabeling drops series, sees the names as shipped, and cannot make two series one") {
  Agent a;
  a.kill();
  auto& rules = a.options.rules.relabel;
  rules.push_back(*RelabelRule::create({.source_labels = {"__name__"}, .regex = ".*:1m_max", .action = RelabelAction::drop}));
  rules.push_back(*RelabelRule::create({.regex = "i", .action = RelabelAction::labeldrop}));
  for (int i = 0; i < 3; ++i) {
    const auto s = a.store.add_series(Labels::of("same", {{"i", std::to_string(i)}}), MetricType::counter);
    a.store.put(s, kStart + 1000, i);
  }
  a.start();
  a.live(70);
  CHECK_FALSE(a.at("load:1m_max", kStart + kMinute));
  CHECK(a.at("load", kStart + kMinute));
  CHECK(a.at("same", kStart + kMinute) == 0);
  CHECK(a.receiver.complaints.empty());
  CHECK(a.shipper->stats().samples_dropped.at("duplicate") == 2);
}

TEST_CASE("what no receiver takes is left out, not the request around it") {
  Agent a;
  const auto bad = [&](Labels labels) {
    a.store.put(a.store.add_series(std::move(labels), MetricType::counter), kStart + 1000, 1);
  };
  bad(Labels::of("a-b"));
  bad(Labels::of("c", {{"a.b", "1"}}));
  bad(Labels::of("d", {{"mountpoint", "/mnt/\xff"}}));
  bad(Labels{{"nameless", "1"}});
  a.live(70);
  CHECK(a.at("load", kStart + kMinute));
  CHECK(a.receiver.samples.size() == 4);
  CHECK(a.shipper->stats().samples_dropped.at("invalid") == 4);
}

TEST_CASE("what is shippable") {
  const auto value = [](const char* v) { return is_shippable(Labels::of("x", {{"a", v}})); };
  CHECK(value("plain"));
  CHECK(value("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"));
  CHECK_FALSE(value("\xc0\x80"));          // overlong
  CHECK_FALSE(value("\xed\xa0\x80"));      // surrogate
  CHECK_FALSE(value("\xf4\x90\x80\x80"));  // above U+10FFFF
  CHECK_FALSE(value("\xe2\x82"));          // cut off
  CHECK_FALSE(value("\x80"));
}

TEST_CASE("a series that ends is ended at the receiver, also across a restart") {
  Agent a;
  const auto gone = a.store.add_series(Labels::of("gone"), MetricType::counter);
  a.store.put(gone, kStart + 10'000, 4);
  a.store.put(gone, kStart + 20'000, stale_marker());
  a.live(70);
  a.kill();
  a.start();
  a.live(130);
  CHECK(a.at("gone", kStart + kMinute) == 4);
  REQUIRE(a.at("gone", kStart + 2 * kMinute));
  CHECK(is_stale(*a.at("gone", kStart + 2 * kMinute)));
  CHECK_FALSE(a.at("gone", kStart + 3 * kMinute));
}

TEST_CASE("metadata is sent at first and then now and again, and its failure holds nothing up") {
  Agent a;
  a.kill();
  a.options.metadata_interval_ms = 600'000;
  a.start();
  std::size_t metadata = 0;
  a.receiver.behave = [&metadata](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> {
    if (!decode_write_request(body)->empty()) return r.accept(body);
    ++metadata;
    return FakeReceiver::answer(metadata == 1 ? 500 : 200);
  };
  a.live(65);
  CHECK(metadata == 1);
  CHECK(a.shipper->stats().windows_sent == 1);
  a.live(9 * 60);
  CHECK(metadata == 1);
  a.live(2 * 60);
  CHECK(metadata == 2);
  CHECK(a.receiver.times().size() == 12);
}

TEST_CASE("run() ships on its own thread and stops when asked") {
  TempFolder folder;
  FakeStore store;
  FakeReceiver receiver;
  const auto gauge = store.add_series(Labels::of("load"), MetricType::gauge);
  const TimeMs minute = system_clock().wall_ms() / kMinute * kMinute;
  for (TimeMs t = minute - kMinute + 1000; t <= minute; t += 1000) store.put(gauge, t, 2);
  const ShipCursor cursor(folder.path(), "test");
  REQUIRE(cursor.save(minute - kMinute));
  ShipperOptions options;
  options.grace_ms = 0;
  Shipper shipper(store, receiver, system_clock(), cursor, options);
  std::jthread thread([&](std::stop_token stop) { shipper.run(stop); });
  while (shipper.stats().windows_sent == 0) std::this_thread::yield();
  thread.request_stop();
  thread.join();
  CHECK(receiver.value(Labels::of("load"), minute) == 2);
  CHECK(*cursor.load() >= minute);
}

TEST_CASE("the policy decides what of a window is shipped, and how often") {
  Agent a;
  a.kill();
  const auto matcher = [](const char* name) { return std::vector<Matcher>{Matcher::equal("__name__", name)}; };
  std::vector<RollupRule> rules(3);
  rules[0].matches = {matcher("load")};
  rules[0].interval_ms = 15'000;
  rules[0].keep = Outputs{{Output::Kind::max}, {Output::Kind::average}, {Output::Kind::quantile, 0.5}, {Output::Kind::count}};
  rules[1].matches = {matcher("bytes_total")};
  rules[1].drop = true;
  rules[2].matches = {matcher("slow")};
  rules[2].interval_ms = 300'000;
  rules[2].keep_raw = true;
  a.options.rules.policy = RollupPolicy(rules, kMinute);
  const std::size_t slow = a.store.add_series(Labels::of("slow"), MetricType::gauge);
  for (int i = 1; i <= 5; ++i) a.store.put(slow, kStart + i * kMinute - 7000, i);
  a.start();
  a.live(310);
  CHECK(a.at("load", kStart + 15'000) == 8);
  CHECK(a.at("load:15s_max", kStart + 15'000) == 15);
  CHECK(a.at("load:15s_p50", kStart + 30'000) == 23);
  CHECK(a.at("load:15s_count", kStart + kMinute) == 15);
  CHECK_FALSE(a.at("load:1m_max", kStart + kMinute));
  CHECK_FALSE(a.at("bytes_total", kStart + kMinute));
  CHECK_FALSE(a.at("slow", kStart + kMinute));
  CHECK(a.at("slow", kStart + 300'000) == 3);
  const auto seconds = Labels::of("slow", {{"resolution", "1s"}});
  for (int i = 1; i <= 5; ++i) CHECK(a.receiver.value(seconds, kStart + i * kMinute - 7000) == i);
  CHECK(a.ratio(kStart + kMinute) == 1);
  CHECK_FALSE(a.ratio(kStart + 15'000));
  CHECK(a.receiver.complaints.empty());
}

}  // namespace tacho::store
