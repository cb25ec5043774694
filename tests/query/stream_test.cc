// The live stream: what its pieces say, with a clock and a store of the test's own.
#include "query/stream/live_stream.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "query/api/api.h"
#include "query/json/object.h"
#include "store/aliases/view.h"
#include "tests/query/test_store.h"

using namespace tacho;
using namespace tacho::query;
namespace json = boost::json;

namespace {

constexpr TimeMs kBegin = 1'700'000'000'000;
TimeMs at(int second) { return kBegin + second * 1000; }

struct Piece {
  std::string text;
  std::map<std::string, json::value> data;  // by the event's name
  std::string id;

  bool has(const std::string& event) const { return data.contains(event); }
  const json::object& of(const std::string& event) const { return data.at(event).as_object(); }
  std::string values() const { return json::serialize(of("points").at("values")); }
  std::string times() const { return json::serialize(of("points").at("time")); }
  std::string series() const { return json::serialize(of("series").at("queries")); }
};

Piece read(const std::string& text) {
  Piece out{text, {}, {}};
  std::string event;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = text.find('\n', i);
    REQUIRE(end != std::string::npos);
    const std::string line = text.substr(i, end - i);
    i = end + 1;
    if (line.starts_with("event: ")) event = line.substr(7);
    if (line.starts_with("id: ")) out.id = line.substr(4);
    if (line.starts_with("data: ")) out.data[event] = json::parse(line.substr(6));
  }
  return out;
}

// A stream over a store that grows while the clock goes on.
struct Live {
  TestStore store;
  Engine engine;
  TimeMs now = at(10) + 200;
  std::shared_ptr<StreamAccount> account = std::make_shared<StreamAccount>();
  std::unique_ptr<LiveStream> stream;
  std::atomic<bool> abandoned = false;

  void start(LiveStreamOptions o) { start(std::move(o), store); }
  void start(LiveStreamOptions o, const store::Queryable& of) {
    o.now = [this] { return now; };
    o.account = account;
    REQUIRE(account->enter(16));
    stream = std::make_unique<LiveStream>(of, engine, std::move(o));
  }
  Piece next() {
    auto piece = stream->next(abandoned);
    REQUIRE(piece);
    return read(*piece);
  }
  Piece next_at(int second) {
    now = at(second) + 200;
    return next();
  }
};

Labels up(const char* instance) { return Labels::of("up", {{"instance", instance}}); }

}  // namespace

TEST_CASE("a stream begins with the list of series, and gives the newest steps each second") {
  Live l;
  for (int s = 0; s <= 12; ++s) l.store.add(up("a"), at(s), s);
  l.start({.queries = {"up", "1 +", "2.5"}});
  CHECK(l.stream->wait_ms() == 0);
  const Piece first = l.next();
  CHECK(first.text.starts_with("retry: 2000\n\nevent: series\ndata: "));
  CHECK(first.series() ==
        R"([{"series":[{"__name__":"up","instance":"a"}]},)"
        R"({"error":"invalid parameter \"query\": 1:4: parse error: unexpected end of input","errorType":"bad_data"},)"
        R"({"series":[{}]}])");
  CHECK(first.times() == "[1700000008,1700000009,1700000010]");
  CHECK(first.values() == "[[[8,9,10]],[],[[2.5E0,2.5E0,2.5E0]]]");
  CHECK(first.id == "1700000010000");
  CHECK(l.stream->wait_ms() == 950);
  CHECK(l.next().text.empty());  // asked too early
  const Piece second = l.next_at(11);
  CHECK_FALSE(second.has("series"));
  CHECK(second.values() == "[[[9,10,11]],[],[[2.5E0,2.5E0,2.5E0]]]");
  CHECK(second.text.find(R"({"time":[1700000009,1700000010,1700000011],"values":[[[9,10,11]],[],[[2.5,2.5,2.5]]]})") !=
        std::string::npos);
}

TEST_CASE("a step's value is of that step or null, and a late one replaces the null") {
  Live l;
  l.store.add(up("a"), at(8), 8);
  l.store.add(up("a"), at(10), 10);
  l.start({.queries = {"up", "last_over_time(up[2s])"}});
  CHECK(l.next().values() == "[[[8,null,10]],[[8,8,10]]]");
  CHECK(l.next_at(11).values() == "[[[null,10,null]],[[8,10,10]]]");
  l.store.add(up("a"), at(11), 11);
  l.store.add(up("a"), at(12), 12);
  CHECK(l.next_at(12).values() == "[[[10,11,12]],[[10,11,12]]]");
  Live wide;
  wide.store.add(up("a"), at(8), 8);
  wide.start({.queries = {"up"}, .lookback_ms = 5000});
  CHECK(wide.next().values() == "[[[8,8,8]]]");
}

TEST_CASE("values that are no numbers are strings") {
  Live l;
  for (int s = 8; s <= 10; ++s) l.store.add(up("a"), at(s), s - 9);
  l.start({.queries = {"up / 0"}});
  CHECK(l.next().values() == R"([[["-Inf","NaN","+Inf"]]])");
}

TEST_CASE("a new series makes a new list; one that falls silent stays in it for a minute") {
  Live l;
  for (int s = 0; s <= 200; ++s) l.store.add(up("b"), at(s), s);
  l.start({.queries = {"up"}, .depth = 1});
  CHECK(l.next().values() == "[[[10]]]");
  l.store.add(up("a"), at(11), 1);
  const Piece both = l.next_at(11);
  CHECK(both.series() == R"([{"series":[{"__name__":"up","instance":"a"},{"__name__":"up","instance":"b"}]}])");
  CHECK(both.values() == "[[[1],[11]]]");
  for (int s = 12; s <= 71; ++s) {
    const Piece p = l.next_at(s);
    CHECK_FALSE(p.has("series"));
    CHECK(p.values() == fmt::format("[[[null],[{}]]]", s));
  }
  const Piece gone = l.next_at(72);
  CHECK(gone.series() == R"([{"series":[{"__name__":"up","instance":"b"}]}])");
  CHECK(gone.values() == "[[[72]]]");
}

TEST_CASE("the values of a stream are query_range's for the same seconds") {
  Live l;
  for (int k = 0; k < 5; ++k) {
    for (int s = k; s <= 60; s += 1 + k % 2) l.store.add(up(std::to_string(k).c_str()), at(s), (s * 37 + k * 11) % 100 / 8.0);
  }
  const std::vector<std::string> queries{"up", "sum(up)", "rate(up[5s])", "up > 5", "topk(2, up)", "max_over_time(up[3s])"};
  l.start({.queries = queries, .depth = 4});
  std::vector<json::value> lists;
  for (int s = 10; s <= 50; ++s) {
    const Piece p = l.next_at(s);
    if (p.has("series")) {
      lists.clear();
      for (const json::value& q : p.of("series").at("queries").as_array()) lists.push_back(q.at("series"));
    }
    JsonText expected;
    expected.raw(R"("values":)");
    write_list(expected, lists, [&](const json::value& list) {
      const std::string& query = queries[static_cast<std::size_t>(&list - lists.data())];
      const query::Result wanted = l.engine.range(l.store, query, at(s - 3), at(s), 1000, {.lookback_ms = 1000});
      REQUIRE(wanted);
      std::map<Labels, std::map<TimeMs, double>> values;
      for (const ResultSeries& r : wanted->series) {
        for (const Sample& x : r.points) values[r.labels][x.t] = x.v;
      }
      write_list(expected, list.as_array(), [&](const json::value& series) {
        std::vector<Label> labels;
        for (const auto& [k, v] : series.as_object()) labels.push_back({std::string(k), std::string(v.as_string())});
        const auto of_series = values.extract(Labels(labels));
        write_list(expected, std::vector<int>{3, 2, 1, 0}, [&](int back) {
          const bool has = !of_series.empty() && of_series.mapped().contains(at(s - back));
          has ? expected.number(of_series.mapped().at(at(s - back))) : expected.raw("null");
        });
      });
      CHECK(values.empty());  // all of them are in the list
    });
    expected.raw('}');
    INFO("at " << s);
    const std::string wanted = expected.take();
    CHECK(p.text.substr(p.text.find(R"("values")"), wanted.size()) == wanted);
  }
}

TEST_CASE("what forty expressions ask for is read from the store at once") {
  Live l;
  for (int s = 0; s <= 60; ++s) {
    for (const char* instance : {"a", "b"}) l.store.add(up(instance), at(s), s);
    l.store.add(Labels::of("other", {{"Abc", "before __name__"}}), at(s), s);
  }
  LiveStreamOptions o;
  for (int i = 0; i < 20; ++i) o.queries.push_back(fmt::format("rate(up{{instance=\"{}\"}}[{}s])", i % 2 ? "a" : "b", 2 + i));
  for (int i = 0; i < 20; ++i) o.queries.push_back(fmt::format("other + {}", i));
  l.start(o);
  (void)l.next();
  l.store.selects = 0;
  CHECK(l.next_at(11).values().find("null") == std::string::npos);
  CHECK(l.store.selects <= 3);  // a set each, as this store answers select_any
}

TEST_CASE("a selector that lists a name twice has each series once") {
  Live l;
  for (int s = 0; s <= 60; ++s) l.store.add(up("a"), at(s), s), l.store.add(Labels::of("other"), at(s), 1);
  l.start({.queries = {R"(sum({__name__=~"up|up"}))", R"(sum({__name__=~"up|other|up"}))", "other", "up"}, .depth = 1});
  CHECK(l.next().values() == "[[[10]],[[11]],[[1]],[[10]]]");
  CHECK(l.next_at(11).values() == "[[[11]],[[12]],[[1]],[[11]]]");
}

TEST_CASE("a list of names with a metric and its alias counts each series once, whatever else is asked for") {
  store::AliasRule rule;
  rule.name = "alias";
  rule.set = "test";
  rule.terms = {{.metric = "up", .where = {}}};
  rule.labels = std::make_shared<const store::AliasLabels>();
  const auto table = std::make_shared<const store::AliasTable>(std::vector{rule});
  Live l;
  const store::AliasView view(l.store, table);
  for (int s = 0; s <= 60; ++s) l.store.add(up("a"), at(s), s), l.store.add(Labels::of("other"), at(s), 1);
  l.start({.queries = {R"(count({__name__=~"up|alias"}))", "count(alias)", "count(up)", "count(other)"}, .depth = 1}, view);
  for (int s = 10; s < 14; ++s) CHECK(l.next_at(s).values() == "[[[1]],[[1]],[[1]],[[1]]]");
}

TEST_CASE("what is too much to fetch at once is not tried again each step") {
  Live l;
  l.store.fails_together = true;
  for (int s = 0; s <= 200; ++s) l.store.add(up("a"), at(s), s), l.store.add(Labels::of("other"), at(s), 1);
  l.start({.queries = {"up", "other"}, .depth = 1});
  for (int s = 10; s <= 80; ++s) CHECK(l.next_at(s).values() == fmt::format("[[[{}]],[[1]]]", s));
  CHECK(l.store.together == 2);  // in the second step, and a minute later
}

TEST_CASE("the times of a stream are whole steps, however long its client was away") {
  for (const std::int64_t step : {7'000, 700, 11'000}) {
    for (const std::int64_t depth : {1, 3}) {
      Live l;
      l.now = at(1000) + 4321;
      l.start({.queries = {"1"}, .step_ms = step, .depth = depth, .last = l.now - 400'000});
      const Piece p = l.next();
      for (const json::value& t : p.of("points").at("time").as_array())
        CHECK(std::llround(t.to_number<double>() * 1000) % step == 0);
      CHECK(p.of("points").at("time").as_array().size() > 20);
    }
  }
}

TEST_CASE("a text that cannot be parsed is told in the first piece") {
  Live l;
  l.start({.queries = {"1 +"}});
  const Piece p = l.next();
  CHECK(p.series().find("bad_data") != std::string::npos);
  CHECK(p.values() == "[[]]");
  CHECK_FALSE(l.next_at(11).has("series"));
}

TEST_CASE("steps that were skipped, and those that a client missed, come in the next points") {
  Live l;
  for (int s = 0; s <= 1000; ++s) l.store.add(up("a"), at(s), s);
  l.start({.queries = {"up"}, .depth = 2});
  (void)l.next();
  const Piece late = l.next_at(14);
  CHECK(late.values() == "[[[10,11,12,13,14]]]");
  CHECK(late.of("points").at("skipped").as_int64() == 3);
  CHECK(l.account->skipped == 3);
  CHECK_FALSE(l.next_at(15).of("points").contains("skipped"));

  l.start({.queries = {"up"}, .depth = 2, .last = at(11)});
  const Piece back = l.next();
  CHECK(back.values() == "[[[11,12,13,14,15]]]");
  CHECK_FALSE(back.of("points").contains("skipped"));
  // Minutes at most; and what is of another clock counts as nothing.
  l.now = at(900) + 200;
  l.start({.queries = {"up"}, .last = at(1)});
  CHECK(l.next().of("points").at("time").as_array().size() == 301);
  l.start({.queries = {"up"}, .last = at(5000)});
  CHECK(l.next().of("points").at("time").as_array().size() == 3);
}

TEST_CASE("a clock that steps back is followed") {
  Live l;
  for (int s = 0; s <= 100; ++s) l.store.add(up("a"), at(s), s);
  l.start({.queries = {"up"}, .depth = 1});
  CHECK(l.next_at(50).values() == "[[[50]]]");
  CHECK(l.next_at(48).text.empty());  // it will be there again in a moment
  CHECK(l.stream->wait_ms() <= 1000);
  CHECK(l.next_at(20).values() == "[[[20]]]");
}

TEST_CASE("after the clock stepped back events are told again") {
  Live l;
  const Labels errors = Labels::of("accel_errors_total", {{"vendor", "nvidia"}, {"accel", "3"}, {"code", "79"}});
  l.start({.queries = {"1"}, .events = EventLimits{}});
  for (int s = 1000; s < 1010; ++s) {
    l.store.add(errors, at(s), 0);
    CHECK_FALSE(l.next_at(s).has("events"));
  }
  // Samples of the other time are out of the window; what comes is new.
  l.store = TestStore();
  std::vector<int> told;
  for (int s = 100; s < 120; ++s) {
    l.store.add(errors, at(s), s < 110 ? 0 : 1);
    if (l.next_at(s).has("events")) told.push_back(s);
  }
  CHECK(told == std::vector<int>{110});
}

TEST_CASE("where steps are long a comment goes out each fifteen seconds") {
  Live l;
  l.start({.queries = {"up"}, .step_ms = 60'000});
  (void)l.next();
  CHECK(l.stream->wait_ms() <= 15'000);
  for (int s = 11; s < 25; ++s) CHECK(l.next_at(s).text.empty());
  CHECK(l.next_at(25).text == ": nothing new\n\n");
  CHECK(l.next_at(26).text.empty());
}

TEST_CASE("a stream of events alone has its steps, too, so that a client knows how far it came") {
  Live l;
  l.start({.events = EventLimits{}});
  CHECK(l.next().values() == "[]");
  const Piece p = l.next_at(11);
  CHECK(p.id == std::to_string(at(11)));
  CHECK(p.times() == "[1700000009,1700000010,1700000011]");
}

TEST_CASE("more series than a stream may have are an error of the expression that has them") {
  Live l;
  for (std::size_t i = 0; i <= kStreamSeriesMax; ++i) l.store.add(up(std::to_string(i).c_str()), at(10), 1);
  l.start({.queries = {"count(up)", "up"}, .depth = 1});
  const Piece p = l.next();
  CHECK(p.values() == fmt::format("[[[{}]],[]]", kStreamSeriesMax + 1));
  CHECK(p.series().find("5000 series; ask for fewer") != std::string::npos);
  CHECK_FALSE(l.next_at(11).series().empty());  // none has a value now: they are told anew
}

TEST_CASE("a client that goes ends the evaluation, and the stream's place is free") {
  Live l;
  l.store.add(up("a"), at(10), 1);
  l.start({.queries = {"up"}});
  l.abandoned = true;
  CHECK_FALSE(l.stream->next(l.abandoned));
  CHECK(l.account->open == 1);
  l.stream.reset();
  CHECK(l.account->open == 0);
}

TEST_CASE("events are told once, an episode at its begin and at its end") {
  Live l;
  const Labels card = Labels::of("accel_up", {{"vendor", "nvidia"}, {"accel", "3"}});
  for (int s = 0; s < 10; ++s) l.store.add(card, at(s), 1);
  l.start({.events = EventLimits{}});
  std::vector<std::string> told;
  for (int s = 10; s <= 120; ++s) {
    l.store.add(card, at(s), s >= 20 && s < 60 ? 0 : 1);
    const Piece p = l.next_at(s);
    if (!p.has("events")) continue;
    CHECK(p.id == std::to_string(at(s)));
    for (const json::value& e : p.data.at("events").as_array())
      told.push_back(fmt::format("{}: {} {} {}", s, json::serialize(e.at("time")), std::string(e.at("text").as_string()),
                                 e.as_object().contains("end") ? json::serialize(e.at("end")) : "goes on"));
  }
  CHECK(told == std::vector<std::string>{"20: 1700000020 nvidia 3 did not answer goes on",
                                         "60: 1700000020 nvidia 3 did not answer for 40s 1700000060"});
}

TEST_CASE("an episode that a stream begins in is told at once, and its end when its rows end without a word") {
  Live l;
  const Labels card = Labels::of("accel_up", {{"vendor", "nvidia"}, {"accel", "3"}});
  const Labels other = Labels::of("accel_up", {{"vendor", "nvidia"}, {"accel", "4"}});
  const auto add = [&](int s) {
    if (s <= 50) l.store.add(card, at(s), s > -50 ? 0 : 1);
    l.store.add(other, at(s), 1);
  };
  for (int s = -100; s < 10; ++s) add(s);
  l.start({.events = EventLimits{}});
  std::vector<std::string> told;
  for (int s = 10; s <= 200; ++s) {
    add(s);
    const Piece p = l.next_at(s);
    if (!p.has("events")) continue;
    for (const json::value& e : p.data.at("events").as_array())
      told.push_back(fmt::format("{}: {} {}{}", s, json::serialize(e.at("time")),
                                 e.as_object().contains("began_earlier") ? "< " : "",
                                 e.as_object().contains("end") ? json::serialize(e.at("end")) : "goes on"));
  }
  CHECK(told == std::vector<std::string>{"10: 1700000000 < goes on", "141: 1700000000 < 1700000050"});
}

namespace {

HttpResponse ask(const Api& api, std::vector<std::pair<std::string, std::string>> query, const std::string& method = "GET") {
  HttpRequest r;
  r.method = method;
  r.path = "/api/v1/stream";
  r.query = std::move(query);
  return api.handle(r);
}

}  // namespace

TEST_CASE("the stream's endpoint: parameters, the limit, and where nothing is live") {
  const TestStore store;
  const auto account = std::make_shared<StreamAccount>();
  const Api api(store, {.streams = account, .streams_max = 2});
  auto first = ask(api, {{"query", "up"}, {"events", "1"}});
  CHECK(first.status == 200);
  CHECK(first.content_type == "text/event-stream");
  REQUIRE(first.stream);
  auto second = ask(api, {{"query", "up"}}, "POST");
  REQUIRE(second.stream);
  const auto full = ask(api, {{"query", "up"}});
  CHECK(full.status == 503);
  CHECK(
      full.body ==
      R"({"status":"error","errorType":"unavailable","error":"2 streams are open, which is query.streams_max; close one, or raise the limit"})");
  CHECK(account->refused == 1);
  second.stream.reset();
  CHECK(ask(api, {{"query", "up"}}).status == 200);
  for (const auto& wrong : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {},
           {{"query", "up"}, {"step", "soon"}},
           {{"query", "up"}, {"step", "1ms"}},
           {{"query", "up"}, {"depth", "0"}},
           {{"query", "up"}, {"depth", "61"}},
           {{"query", "up"}, {"lookback_delta", "x"}},
           std::vector<std::pair<std::string, std::string>>(65, {"query", "up"})}) {
    const auto answer = ask(api, wrong);
    CHECK(answer.status == 400);
    CHECK_FALSE(answer.stream);
  }
  CHECK(ask(api, {{"query", "up"}}, "DELETE").status == 405);
  // No stream has sent this.
  auto odd = ask(api, {{"query", "1"}, {"step", "7s"}, {"last_event_id", "-9223372036854775808"}});
  REQUIRE(odd.stream);
  const std::atomic<bool> abandoned = false;
  CHECK(read(odd.stream->next(abandoned).value()).of("points").at("time").as_array().size() == 3);
  odd.stream.reset();
  const Api dead(store);
  const auto answer = ask(dead, {{"query", "up"}});
  CHECK(answer.status == 404);
  CHECK(answer.body.find("there is nothing live here") != std::string::npos);
  CHECK(account->open == 1);
}
