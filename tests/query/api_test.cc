#include "query/api/api.h"

#include <catch2/catch.hpp>

#include "store/memory_store.h"

using namespace tacho;
using namespace tacho::query;

namespace {

constexpr std::string_view kData =
    "# TYPE cpu counter\n# HELP cpu Busy \\\"seconds\\\".\n# UNIT cpu seconds\n# TYPE load gauge\n# HELP load "
    "Runnable.\n# TYPE h histogram\n"
    "cpu_seconds_total{cpu=\"0\"} 1 100\ncpu_seconds_total{cpu=\"1\"} 10 100\nload 0.5 100\nended 1 100\nold 7 1\n"
    "h_bucket{le=\"1\"} 1 100\nh_bucket{le=\"+Inf\"} 2 100\nh_count 2 100\nh_sum 1.5 100\nhaz{x=\"a<b>&\\\"\\n\"} 3 "
    "100\n"
    "cpu_seconds_total{cpu=\"0\"} 2 101\ncpu_seconds_total{cpu=\"1\"} 11.5 101\nload 0.6 101.5\nended StaleNaN "
    "101\n# EOF\n";

// A server without a transport: one call a request.
class Node {
 public:
  explicit Node(ApiOptions options = {})
      : store_(store::MemoryStore::parse(kData, "data").value()), api_(store_, at_101(std::move(options))) {}

  HttpResponse call(const std::string& method, const std::string& target,
                    std::vector<std::pair<std::string, std::string>> headers = {}) const {
    HttpRequest r{.method = method, .headers = std::move(headers)};
    REQUIRE(parse_target(target, r));
    return api_.handle(r);
  }
  std::string get(const std::string& target) const {
    const auto r = call("GET", target);
    CHECK(r.status == 200);
    return r.body;
  }
  // "400 body"
  std::string refused(const std::string& target) const {
    const auto r = call("GET", target);
    return std::to_string(r.status) + " " + r.body;
  }

 private:
  static ApiOptions at_101(ApiOptions o) {
    if (!o.now) o.now = [] { return TimeMs{101'750}; };
    return o;
  }
  store::MemoryStore store_;
  Api api_;
};

std::string bad_data(const std::string& message) {
  return R"(400 {"status":"error","errorType":"bad_data","error":")" + message + "\"}";
}

std::string header(const HttpResponse& r, std::string_view name) {
  HttpRequest q;
  q.headers = r.headers;
  return std::string(q.header(name));
}

}  // namespace

// The texts of this case and the next are those that Debian's Prometheus 2.42 gives.
TEST_CASE("API: query answers byte for byte") {
  const Node n;
  CHECK(n.get("/api/v1/query?query=vector(1)&time=1.5") ==
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.500,"1"]}]}})");
  CHECK(n.get("/api/v1/query?query=1&time=1.5") == R"({"status":"success","data":{"resultType":"scalar","result":[1.5,"1"]}})");
  CHECK(n.get("/api/v1/query?query=%22a%3Cb%26%22&time=1.05") ==
        R"({"status":"success","data":{"resultType":"string","result":[1.05,"a\u003cb\u0026"]}})");
  CHECK(n.get("/api/v1/query_range?query=1&start=1&end=2&step=1s") ==
        R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"1"]]}]}})");
  CHECK(n.get("/api/v1/query?query=1&time=2020-01-01T00:00:00.5Z") ==
        R"({"status":"success","data":{"resultType":"scalar","result":[1577836800.5,"1"]}})");
  CHECK(n.get("/api/v1/query?query=nothing") == R"({"status":"success","data":{"resultType":"vector","result":[]}})");
  CHECK(
      n.get("/api/v1/query?query=load") ==
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"load"},"value":[101.750,"0.6"]}]}})");
  CHECK(
      n.get("/api/v1/query?query=cpu_seconds_total[5s]&time=101") ==
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"cpu_seconds_total","cpu":"0"},"values":[[100,"1"],[101,"2"]]},{"metric":{"__name__":"cpu_seconds_total","cpu":"1"},"values":[[100,"10"],[101,"11.5"]]}]}})");
  // A label's value is not escaped for HTML, a string is.
  CHECK(n.get("/api/v1/query?query=haz&time=101").find(R"({"__name__":"haz","x":"a<b>&\"\n"})") != std::string::npos);
}

TEST_CASE("API: errors in Prometheus's words, types and codes") {
  const Node n;
  CHECK(n.refused("/api/v1/query?query=foo(")
            .starts_with(R"(400 {"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:)"));
  CHECK(n.refused("/api/v1/query").find("invalid parameter \\\"query\\\": 1:1: parse error: no expression found in input") !=
        std::string::npos);
  CHECK(n.refused("/api/v1/query?query=1&time=abc") ==
        bad_data(R"(invalid parameter \"time\": Invalid time value for 'time': cannot parse \"abc\" to a valid timestamp)"));
  CHECK(n.refused("/api/v1/query?query=1&timeout=abc") ==
        bad_data(R"(invalid parameter \"timeout\": cannot parse \"abc\" to a valid duration)"));
  CHECK(n.refused("/api/v1/query?query=1&lookback_delta=abc") ==
        bad_data(R"(invalid parameter \"lookback_delta\": cannot parse \"abc\" to a valid duration)"));
  CHECK(n.refused("/api/v1/query_range?query=1") ==
        bad_data(R"(invalid parameter \"start\": cannot parse \"\" to a valid timestamp)"));
  CHECK(n.refused("/api/v1/query_range?query=1&start=2&end=1&step=1") ==
        bad_data(R"(invalid parameter \"end\": end timestamp must not be before start time)"));
  CHECK(
      n.refused("/api/v1/query_range?query=1&start=1&end=2&step=0") ==
      bad_data(
          R"(invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer)"));
  CHECK(n.refused("/api/v1/query_range?query=1&start=1&end=2&step=x") ==
        bad_data(R"(invalid parameter \"step\": cannot parse \"x\" to a valid duration)"));
  CHECK(n.refused("/api/v1/query_range?query=1&start=1&end=11002&step=1") ==
        bad_data("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
                 "(?step=XX), or raise query.steps_max"));
  CHECK(n.call("GET", "/api/v1/query_range?query=1&start=1&end=11001&step=1").status == 200);
  CHECK(
      n.refused("/api/v1/query_range?query=load[5m]&start=1&end=2&step=1") ==
      bad_data(
          R"(invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or instant Vector)"));
  CHECK(n.refused("/api/v1/series") == bad_data("no match[] parameter provided"));
  CHECK(n.refused("/api/v1/series?match[]=up&start=x") ==
        bad_data(R"(invalid parameter \"start\": Invalid time value for 'start': cannot parse \"x\" to a valid timestamp)"));
  CHECK(n.refused("/api/v1/series?match[]=up%7B")
            .starts_with(R"(400 {"status":"error","errorType":"bad_data","error":"invalid parameter \"match[]\": 1:)"));
  CHECK(n.call("GET", "/api/v1/series?match[]=%7B%7D").status == 400);
  CHECK(n.refused("/api/v1/metadata?limit=x") == bad_data("limit must be a number"));
  CHECK(n.refused("/api/v1/labels?limit=-1") == bad_data(R"(invalid parameter \"limit\": limit must be non-negative)"));
  // One series twice on one side of a match: the query is good, the data are not.
  const auto r = n.call("GET", "/api/v1/query?query=cpu_seconds_total*on()cpu_seconds_total&time=101");
  CHECK(r.status == 422);
  CHECK(r.body.starts_with(R"({"status":"error","errorType":"execution","error":")"));
  CHECK(r.content_type == "application/json");
}

TEST_CASE("API: series, labels, label values") {
  const Node n;
  CHECK(
      n.get("/api/v1/series?match[]=cpu_seconds_total&match[]=%7Bcpu=%221%22%7D&match[]=load") ==
      R"({"status":"success","data":[{"__name__":"cpu_seconds_total","cpu":"0"},{"__name__":"cpu_seconds_total","cpu":"1"},{"__name__":"load"}]})");
  CHECK(n.get("/api/v1/series?match[]=nothing") == R"({"status":"success","data":[]})");
  CHECK(n.get("/api/v1/series?match[]=old&start=50") == R"({"status":"success","data":[]})");
  CHECK(n.get("/api/v1/labels") == R"({"status":"success","data":["__name__","cpu","le","x"]})");
  CHECK(n.get("/api/v1/labels?match[]=load") == R"({"status":"success","data":["__name__"]})");
  CHECK(n.get("/api/v1/label/cpu/values") == R"({"status":"success","data":["0","1"]})");
  CHECK(n.get("/api/v1/label/nope/values") == R"({"status":"success","data":[]})");
  CHECK(n.get("/api/v1/label/U__c_70_u/values") == R"({"status":"success","data":["0","1"]})");
  CHECK(n.get("/api/v1/label/x/values") == R"({"status":"success","data":["a\u003cb\u003e\u0026\"\n"]})");
  CHECK(n.get("/api/v1/label/__name__/values?match[]=%7Ble!=%22%22%7D") == R"({"status":"success","data":["h_bucket"]})");
  CHECK(n.get("/api/v1/label/cpu/values?limit=1") ==
        R"({"status":"success","data":["0"],"warnings":["results truncated due to limit"]})");
  CHECK(n.refused("/api/v1/label/%ff/values").starts_with("400 "));
}

TEST_CASE("API: limit and stats of a query") {
  const Node n;
  CHECK(
      n.get("/api/v1/query?query=cpu_seconds_total&time=101&limit=1") ==
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"cpu_seconds_total","cpu":"0"},"value":[101,"2"]}]},"warnings":["results truncated due to limit"]})");
  const auto stats = n.get("/api/v1/query?query=load&time=101.5&stats=all");
  CHECK(stats.find(R"(,"stats":{"timings":{"evalTotalTime":)") != std::string::npos);
  CHECK(stats.find(R"("samples":{"totalQueryableSamples":)") != std::string::npos);
  CHECK(n.get("/api/v1/query?query=load&time=110&lookback_delta=5s") ==
        R"({"status":"success","data":{"resultType":"vector","result":[]}})");
}

TEST_CASE("API: metadata, and what a node has none of") {
  const Node n;
  CHECK(n.get("/api/v1/metadata?metric=cpu") ==
        R"({"status":"success","data":{"cpu":[{"type":"counter","help":"Busy \"seconds\".","unit":"seconds"}]}})");
  CHECK(n.get("/api/v1/metadata?limit=1").find("load") == std::string::npos);
  CHECK(n.get("/api/v1/metadata?limit=0") == R"({"status":"success","data":{}})");
  CHECK(n.get("/api/v1/rules") == R"({"status":"success","data":{"groups":[]}})");
  CHECK(n.get("/api/v1/alerts") == R"({"status":"success","data":{"alerts":[]}})");
  CHECK(n.get("/api/v1/query_exemplars?query=up") == R"({"status":"success","data":[]})");
  CHECK(n.get("/api/v1/targets").find("\"activeTargets\":[]") != std::string::npos);
  CHECK(n.get("/api/v1/format_query?query=load/2") == R"({"status":"success","data":"load / 2"})");
  CHECK(n.get("/api/v1/status/buildinfo").starts_with(R"({"status":"success","data":{"version":"3.)"));
}

// As Prometheus 3 draws them (web/api/v1/translate_ast.go): keys in order of the alphabet, lengths in milliseconds.
TEST_CASE("API: parse_query gives the tree") {
  const Node n;
  const auto tree = [&n](const char* query) {
    const std::string body = n.get("/api/v1/parse_query?query=" + url_encode(query));
    constexpr std::string_view kBefore = R"({"status":"success","data":)";
    CHECK(body.starts_with(kBefore));
    return body.substr(kBefore.size(), body.size() - kBefore.size() - 1);
  };
  const std::string up = R"({"anchored":false,"matchers":[{"name":"__name__","type":"=","value":"up"}],"name":"up","offset":0,)"
                         R"("smoothed":false,"startOrEnd":null,"timestamp":null,"type":"vectorSelector"})";
  CHECK(tree("up") == up);
  CHECK(tree("-(1.5)") ==
        R"({"expr":{"expr":{"type":"numberLiteral","val":"1.5"},"type":"parenExpr"},"op":"-","type":"unaryExpr"})");
  CHECK(tree("\"a<\"") == R"({"type":"stringLiteral","val":"a\u003c"})");
  CHECK(tree("sum by (a) (up)") ==
        R"({"expr":)" + up + R"(,"grouping":["a"],"op":"sum","param":null,"type":"aggregation","without":false})");
  CHECK(tree("topk(2, up)").find(R"("op":"topk","param":{"type":"numberLiteral","val":"2"},)") != std::string::npos);
  CHECK(
      tree("rate({a=~\"b.*\"}[5m] @ 1.5 offset 1s)") ==
      R"({"args":[{"anchored":false,"matchers":[{"name":"a","type":"=~","value":"b.*"}],"name":"","offset":1000,"range":300000,)"
      R"("smoothed":false,"startOrEnd":null,"timestamp":1500,"type":"matrixSelector"}],)"
      R"("func":{"argTypes":["matrix"],"name":"rate","returnType":"vector","variadic":0},"type":"call"})");
  CHECK(tree("time()") == R"({"args":[],"func":{"argTypes":[],"name":"time","returnType":"scalar","variadic":0},"type":"call"})");
  CHECK(tree("up[1m:10s] @ end()") ==
        R"({"expr":)" + up + R"(,"offset":0,"range":60000,"startOrEnd":"end","step":10000,"timestamp":null,"type":"subquery"})");
  CHECK(tree("1 == bool 2") == R"({"bool":true,"lhs":{"type":"numberLiteral","val":"1"},"matching":null,"op":"==",)"
                               R"("rhs":{"type":"numberLiteral","val":"2"},"type":"binaryExpr"})");
  CHECK(
      tree("up * on (a) group_left (b) up")
          .find(
              R"("matching":{"card":"many-to-one","fillValues":{"lhs":null,"rhs":null},"include":["b"],"labels":["a"],"on":true},"op":"*")") !=
      std::string::npos);
  CHECK(n.refused("/api/v1/parse_query?query=up(").starts_with(R"(400 {"status":"error","errorType":"bad_data")"));
}

TEST_CASE("API: runtimeinfo, replay, pools") {
  const Node n;
  const std::string body = n.get("/api/v1/status/runtimeinfo");
  CHECK(body.starts_with(R"({"status":"success","data":{"startTime":"1970-01-01T00:01:41.75Z","hostname":")"));
  CHECK(body.find(R"("reloadConfigSuccess":true,"lastConfigTime":"1970-01-01T00:01:41.75Z","corruptionCount":0,)") !=
        std::string::npos);
  CHECK(body.ends_with(R"("storageRetention":"1m40s"}})"));
  CHECK(n.get("/api/v1/status/walreplay") == R"({"status":"success","data":{"min":0,"max":0,"current":0}})");
  CHECK(n.get("/api/v1/scrape_pools") == R"({"status":"success","data":{"scrapePools":[]}})");
  CHECK(n.refused("/api/v1/query_exemplars").starts_with("400 "));
}

TEST_CASE("API: targets tells what is scraped and how that went, as Prometheus does") {
  ApiOptions o;
  o.targets = [] {
    TargetStatus up{{{"__address__", "h:1"}, {"job", "a"}},
                    {{"instance", "h:1"}, {"job", "a"}},
                    "a",
                    "http://h:1/metrics",
                    1000,
                    900,
                    1'795'439'412'120,
                    0.0125,
                    ""};
    TargetStatus down = up, never = up;
    down.pool = "b";
    down.last_error = "GET http://h:1/metrics: \"no\"";
    never.pool = "c";
    never.last_scrape = 0;
    return std::vector<TargetStatus>{up, down, never};
  };
  const Node n(std::move(o));
  const std::string a =
      R"({"discoveredLabels":{"__address__":"h:1","job":"a"},"labels":{"instance":"h:1","job":"a"},"scrapePool":"a",)"
      R"("scrapeUrl":"http://h:1/metrics","globalUrl":"http://h:1/metrics","lastError":"","lastScrape":"2026-11-23T13:10:12.12Z",)"
      R"("lastScrapeDuration":0.0125,"health":"up","scrapeInterval":"1s","scrapeTimeout":"900ms"})";
  const std::string rest = R"(],"droppedTargets":[],"droppedTargetCounts":{}}})";
  CHECK(n.get("/api/v1/targets?scrapePool=a&state=active") == R"({"status":"success","data":{"activeTargets":[)" + a + rest);
  CHECK(n.get("/api/v1/targets?state=dropped") == R"({"status":"success","data":{"activeTargets":[)" + rest);
  const std::string all = n.get("/api/v1/targets");
  CHECK(all.find(R"("lastError":"GET http://h:1/metrics: \"no\"")") != std::string::npos);
  CHECK(all.find(R"("health":"down")") != std::string::npos);
  CHECK(all.find(R"("lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0.0125,"health":"unknown")") != std::string::npos);
}

TEST_CASE("API: status/tsdb says how dense and how long the window is") {
  const Node plain;
  const auto own = plain.get("/api/v1/status/tsdb");
  CHECK(own.find(R"("numSeries":10,)") != std::string::npos);
  CHECK(own.find(R"("windowSeconds":100.5,"seriesCount":10})") != std::string::npos);
  CHECK(own.find(R"("bytesPerSample":16,)") != std::string::npos);  // as it lies in memory
  CHECK(own.find("budgetBytes") == std::string::npos);
  CHECK(own.find(R"("seriesCountByMetricName":[{"name":"cpu_seconds_total","value":2},{"name":"h_bucket","value":2})") !=
        std::string::npos);
}

TEST_CASE("API: status/tsdb of a window in a ring says what it costs, group by group") {
  struct Ringed final : store::Queryable {
    tacho::Result<store::Selection> select(std::span<const store::Matcher>, store::TimeRange,
                                           const store::SelectLimits&) const override {
      return store::Selection{};
    }
    tacho::Result<std::vector<Labels>> series(std::span<const store::Matcher>, store::TimeRange) const override {
      return std::vector<Labels>{};
    }
    store::TimeRange bounds() const override { return {}; }
    std::vector<store::MetricMetadata> metadata() const override { return {}; }
    store::WindowStatus status() const override {
      store::WindowStatus w;
      w.budget_bytes = 1 << 20;
      w.block_bytes = 640;
      w.bytes_per_sample = 1.25;
      w.window_seconds = 3600;
      w.series = 512;
      w.groups.push_back({"cpu", 1000, 512, 2, 3600, 1843200, 1000, 3600000, 640, 512});
      w.recovery = store::Recovery{7, 1, 0};
      return w;
    }
  };
  const Ringed ringed;
  const Api api(ringed, {});
  const std::string body = api.handle({.method = "GET", .path = "/api/v1/status/tsdb"}).body;
  CHECK(body.ends_with(
      R"("bytesPerSample":1.25,"windowSeconds":3600,"seriesCount":512,"sampleCount":0,"budgetBytes":1048576,"blockBytes":640,)"
      R"("schemaBytes":0,"fullWindowSeconds":0,"recoveredRows":7,"damagedBlocks":1,"lostRows":0,)"
      R"("groups":[{"group":"cpu","intervalMs":1000,"series":512,"generations":2,"rows":3600,"samples":1843200,)"
      R"("minTime":1000,"maxTime":3600000,"blockBytes":640,"blockSamples":512}]}})"));
}

TEST_CASE("API: /metrics has the newest sample of every series that lives, a family together") {
  const Node n;
  const auto text = n.call("GET", "/metrics");
  CHECK(text.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(text.body == R"(# TYPE cpu_seconds_total untyped
cpu_seconds_total{cpu="0"} 2
cpu_seconds_total{cpu="1"} 11.5
# TYPE h histogram
h_bucket{le="+Inf"} 2
h_bucket{le="1"} 1
h_count 2
h_sum 1.5
# TYPE haz untyped
haz{x="a<b>&\"\n"} 3
# HELP load Runnable.
# TYPE load gauge
load 0.6
# TYPE old untyped
old 7
)");
  const auto om = n.call("GET", "/metrics", {{"Accept", "application/openmetrics-text; version=1.0.0"}});
  CHECK(om.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(om.body.ends_with("# EOF\n"));
  ApiOptions later;
  later.now = [] { return TimeMs{301'500}; };  // 5 minutes after 1.5 s: what is older is gone
  CHECK(Node(later).get("/metrics").find("old") == std::string::npos);
}

TEST_CASE("API: /federate has what match[] names, with times") {
  const Node n;
  CHECK(n.get("/federate?match[]=load&match[]=%7B__name__=~%22l.*|old%22%7D") ==
        "# HELP load Runnable.\n# TYPE load gauge\nload 0.6 101500\n# TYPE old untyped\nold 7 1000\n");
  CHECK(n.get("/federate").empty());
  CHECK(n.call("GET", "/federate?match[]=x(").status == 400);
}

TEST_CASE("API: methods, origins, unknown paths, health") {
  const Node n;
  CHECK(n.call("POST", "/api/v1/query?query=1&time=1").status == 200);
  CHECK(n.call("HEAD", "/api/v1/query?query=1&time=1").status == 200);
  const auto wrong = n.call("DELETE", "/api/v1/query");
  CHECK(wrong.status == 405);
  CHECK(header(wrong, "Allow") == "GET, OPTIONS, POST");
  CHECK(n.call("POST", "/api/v1/label/a/values").status == 405);
  CHECK(n.refused("/api/v1/nonsense") == "404 404 page not found\n");
  CHECK(n.refused("/nonsense") == "404 404 page not found\n");
  const auto options = n.call("OPTIONS", "/api/v1/query", {{"Origin", "http://grafana"}});
  CHECK(options.status == 204);
  CHECK(options.body.empty());
  CHECK(header(options, "Access-Control-Allow-Methods") == "GET, POST, OPTIONS");
  CHECK(header(n.call("GET", "/api/v1/query?query=1", {{"Origin", "http://grafana"}}), "Access-Control-Allow-Origin") == "*");
  CHECK(header(n.call("GET", "/api/v1/query?query=1"), "Access-Control-Allow-Origin").empty());
  CHECK(n.get("/-/healthy") == "tacho is healthy.\n");
  CHECK(n.get("/-/ready") == "tacho is ready.\n");
  ApiOptions o;
  o.ready = [] { return false; };
  CHECK(Node(o).call("GET", "/-/ready").status == 503);
}

TEST_CASE("API: the command line's JSON is the server's") {
  const auto store = store::MemoryStore::parse(kData, "data").value();
  const Engine engine;
  const Node n;
  CHECK(api_json(engine.instant(store, "cpu_seconds_total", 101'000)) == n.get("/api/v1/query?query=cpu_seconds_total&time=101"));
  CHECK(api_json(engine.range(store, "load", 100'000, 102'000, 500)) ==
        n.get("/api/v1/query_range?query=load&start=100&end=102&step=0.5"));
  for (const char* wrong : {"foo(", "rate(load)"}) {
    CHECK(api_json(engine.instant(store, wrong, 0)) == n.call("GET", "/api/v1/query?query=" + url_encode(wrong)).body);
  }
  CHECK(api_json(engine.range(store, "1", 2000, 1000, 1000)) ==
        n.call("GET", "/api/v1/query_range?query=1&start=2&end=1&step=1").body);
  CHECK(api_json(engine.range(store, "1", 1000, 2000, 0)) ==
        n.call("GET", "/api/v1/query_range?query=1&start=1&end=2&step=0").body);
}

TEST_CASE("JSON text: every string stays valid JSON") {
  JsonText out;
  out.string(std::string("\x01\x1f\t\n\r\"\\/<>&\x7f\xc3\xa9\xff\xe2\x80\xa8", 18));
  CHECK(out.take() == "\"\\u0001\\u001f\\t\\n\\r\\\"\\\\/\\u003c\\u003e\\u0026\x7f\xc3\xa9\\ufffd\\u2028\"");
  JsonText label;
  label.label_string("<\xe2\x80\xa8\xc3");
  CHECK(label.take() == "\"<\xe2\x80\xa8\\ufffd\"");
  JsonText points;
  for (const TimeMs t : {TimeMs{0}, TimeMs{-1}, TimeMs{1001}, TimeMs{-12'340}}) points.point({t, -0.0});
  CHECK(points.take() == R"([0,"-0"][-0.001,"-0"][1.001,"-0"][-12.340,"-0"])");
  // Series after series, with the same times and with others; none, one, very many.
  JsonText series;
  std::string want;
  const auto add = [&](TimeMs start, std::size_t count, double v) {
    Points list;
    want += '[';
    for (std::size_t i = 0; i < count; ++i) {
      list.push_back({start + static_cast<TimeMs>(i) * 250, i % 3 == 0 ? v : v + static_cast<double>(i)});
      JsonText one;
      one.point(list.back());
      want += (i > 0 ? "," : "") + one.take();
    }
    want += ']';
    series.points(list);
  };
  add(0, 0, 0);
  add(0, 1, 0);
  add(1'435'781'451'000, 50, 0.1);
  add(1'435'781'451'000, 60, -1e-300);
  add(-9'200'000'000'000'001, 10, 1.7976931348623157e308);
  add(1'435'781'451'001, 20'000, 12345.5);
  add(0, 3, normal_nan());
  CHECK(series.take() == want);
}

TEST_CASE("API: a query that waited for its turn too long is told so, one whose client has gone ends") {
  const store::MemoryStore store = store::MemoryStore::parse(kData, "data").value();
  const Api api(store, {.engine = {.timeout_ms = 60'000}});
  HttpRequest r{.method = "GET", .path = "/api/v1/query", .query = {{"query", "load"}, {"stats", "all"}, {"time", "101"}}};
  const MonoNs begun = system_clock().mono();
  r.received = MonoNs{begun + -300 * kNsPerMs};
  const std::string good = api.handle(r).body;
  constexpr std::string_view kWaited = R"("execQueueTime":)";
  REQUIRE(good.find(kWaited) != std::string::npos);
  const double waited = std::strtod(good.c_str() + good.find(kWaited) + kWaited.size(), nullptr);
  CHECK(waited >= 0.3);
  CHECK(waited <= 0.301 + static_cast<double>(system_clock().mono() - begun) / 1e9);
  r.received = MonoNs{system_clock().mono() + -60'001 * kNsPerMs};
  const HttpResponse late = api.handle(r);
  CHECK(late.status == 503);
  CHECK(late.body.starts_with(R"({"status":"error","errorType":"timeout","error":"query timed out in query queue)"));
  CHECK(late.body.find("query.concurrency") != std::string::npos);
  r.received.reset();
  const std::atomic<bool> gone{true};
  r.abandoned = &gone;
  const HttpResponse ended = api.handle(r);
  CHECK(ended.body.starts_with(R"({"status":"error","errorType":"canceled")"));

  CHECK(Api::is_slow(r));
  CHECK(Api::is_slow({.path = "/api/v1/read"}));
  for (const char* path : {"/-/healthy", "/metrics", "/api/v1/query_exemplars", "/api/v1/labels", "/query", "/api/v1/"})
    CHECK_FALSE(Api::is_slow({.path = path}));
  CHECK(api.handle({.method = "GET", .path = "/api/v1/status/flags"}).body ==
        R"({"status":"success","data":{"query.lookback-delta":"5m","query.max-concurrency":"2","query.max-samples":"50000000",)"
        R"("query.timeout":"1m","storage.remote.read-sample-limit":"50000000"}})");
}
