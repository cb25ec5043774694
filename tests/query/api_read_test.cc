#include <bit>
#include <catch2/catch.hpp>

#include "proto/remote_read.h"
#include "proto/remote_series.h"
#include "proto/snappy_message.h"
#include "query/api/api.h"
#include "store/memory_store.h"

using namespace tacho;
using namespace tacho::query;

namespace {

constexpr std::string_view kData =
    "cpu{cpu=\"0\"} 1 100\ncpu{cpu=\"0\"} 2 101\ncpu{cpu=\"0\"} StaleNaN 102\ncpu{cpu=\"1\"} 7 100\n"
    "load{node=\"own\"} 0.5 100\n# EOF\n";

// A node that is read from afar: what comes back, series by series.
class Node {
 public:
  explicit Node(Labels external = {}, std::size_t samples_max = 1000)
      : store_(store::MemoryStore::parse(kData, "data").value()),
        api_(store_, {.engine = {.samples_max = samples_max}, .external_labels = std::move(external)}) {}

  HttpResponse post(std::string body) const {
    return api_.handle({.method = "POST", .path = "/api/v1/read", .body = std::move(body)});
  }
  HttpResponse read(std::vector<ReadMatcher> matchers, TimeMs start = 0, TimeMs end = 200'000,
                    ReadResponseType type = ReadResponseType::samples) const {
    return post(encode_read_request({{{start, end, std::move(matchers)}}, type}));
  }
  // cpu{cpu="0"}: 100=1 101=2
  std::vector<std::string> series(std::vector<ReadMatcher> matchers, TimeMs start = 0, TimeMs end = 200'000) const {
    const HttpResponse r = read(std::move(matchers), start, end);
    REQUIRE(r.status == 200);
    return lines(r.body);
  }

 private:
  enum class Response : protozero::pbf_tag_type { results = 1 };
  enum class QueryResult : protozero::pbf_tag_type { series = 1 };

  static std::vector<std::string> lines(const std::string& body) {
    const std::string message = unpack_message(body, "answer").value();
    std::vector<std::string> out;
    protozero::pbf_message<Response> response(message);
    while (response.next(Response::results)) {
      protozero::pbf_message<QueryResult> result(response.get_message());
      while (result.next(QueryResult::series)) out.push_back(line(result.get_message()));
    }
    return out;
  }
  static std::string line(protozero::pbf_message<SeriesField> m) {
    std::vector<Label> labels;
    std::string samples;
    while (m.next()) {
      if (m.tag() == SeriesField::labels) {
        labels.push_back(read_label(m.get_message()));
      } else {
        const Sample s = read_sample(m.get_message());
        samples += fmt::format(" {}={}", s.t / 1000, is_stale(s.v) ? "stale" : fmt::format("{}", s.v));
      }
    }
    return Labels(std::move(labels)).to_string() + ":" + samples;
  }

  store::MemoryStore store_;
  Api api_;
};

using Op = ReadMatcher::Op;
using Lines = std::vector<std::string>;
const ReadMatcher kCpu{Op::equal, "__name__", "cpu"};

}  // namespace

TEST_CASE("API: remote read gives the samples in the range, both ends in, markers too") {
  const Node n;
  CHECK(n.series({kCpu}) == Lines{R"(cpu{cpu="0"}: 100=1 101=2 102=stale)", R"(cpu{cpu="1"}: 100=7)"});
  CHECK(n.series({kCpu}, 101'000, 102'000) == Lines{R"(cpu{cpu="0"}: 101=2 102=stale)"});
  CHECK(n.series({kCpu, {Op::not_equal, "cpu", "0"}}) == Lines{R"(cpu{cpu="1"}: 100=7)"});
  CHECK(n.series({{Op::regex, "__name__", "lo.*"}, {Op::not_regex, "node", "x|y"}}) == Lines{R"(load{node="own"}: 100=0.5)"});
  CHECK(n.series({{Op::equal, "__name__", "nothing"}}).empty());
  CHECK(n.series({kCpu}, 2, 1).empty());
  const auto r = n.read({kCpu});
  CHECK(r.content_type == "application/x-protobuf");
  CHECK(r.headers == std::vector<std::pair<std::string, std::string>>{{"Content-Encoding", "snappy"}});
}

TEST_CASE("API: remote read answers with external labels, and matches by them") {
  const Node n({{"a_cluster", "eu1"}, {"node", "n1"}});
  CHECK(n.series({kCpu, {Op::equal, "a_cluster", "eu1"}}) ==
        Lines{R"(cpu{a_cluster="eu1",cpu="0",node="n1"}: 100=1 101=2 102=stale)",
              R"(cpu{a_cluster="eu1",cpu="1",node="n1"}: 100=7)"});
  // Another cluster's question; a label of the series' own.
  CHECK(n.series({kCpu, {Op::equal, "a_cluster", "us1"}}).empty());
  CHECK(n.series({{Op::equal, "__name__", "load"}}) == Lines{R"(load{a_cluster="eu1",node="own"}: 100=0.5)"});
  CHECK(n.series({{Op::equal, "__name__", "load"}, {Op::equal, "node", "n1"}}).empty());
}

TEST_CASE("API: remote read streams when it is asked to") {
  const Node n;
  const auto r = n.read({kCpu}, 0, 200'000, ReadResponseType::streamed_xor_chunks);
  CHECK(r.status == 200);
  CHECK(r.content_type == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  CHECK(r.headers.empty());
  StreamedResponse want;
  want.begin_query();
  const TimeMs times[] = {100'000, 101'000, 102'000};
  const double values[] = {1, 2, stale_marker()}, seven[] = {7};
  want.add(Labels::of("cpu", {{"cpu", "0"}}), times, values);
  want.add(Labels::of("cpu", {{"cpu", "1"}}), std::span(times).first(1), seven);
  CHECK(r.body == want.finish());
}

TEST_CASE("API: remote read refuses what it cannot answer, and says why") {
  const Node n;
  CHECK(n.post("nonsense\xff\xff\xff").status == 400);
  CHECK(n.read({{Op::regex, "a", "("}}).status == 400);
  const auto much = Node({}, 2).read({kCpu});
  CHECK(much.status == 400);
  CHECK(much.body.find("more than 2 (query.samples_max)") != std::string::npos);
  const store::MemoryStore store = store::MemoryStore::parse(kData, "data").value();
  CHECK(Api(store).handle({.method = "GET", .path = "/api/v1/read"}).status == 405);
}

TEST_CASE("API: remote read of many queries at once is bounded by their number, their samples and their labels") {
  const ReadQuery all{0, 200'000, {{ReadMatcher::Op::not_equal, "__name__", ""}}};
  CHECK(Node().post(encode_read_request({std::vector<ReadQuery>(64, all), ReadResponseType::samples})).status == 200);
  const HttpResponse many = Node().post(encode_read_request({std::vector<ReadQuery>(65, all), ReadResponseType::samples}));
  CHECK(many.status == 400);
  CHECK(many.body == "the read request has 65 queries, 64 are allowed\n");
  // Five samples a query: the third has none left.
  const HttpResponse spent = Node({}, 10).post(encode_read_request({std::vector<ReadQuery>(3, all), ReadResponseType::samples}));
  CHECK(spent.status == 400);
  CHECK(spent.body.find("query.samples_max") != std::string::npos);
  CHECK(Node({}, 10).post(encode_read_request({std::vector<ReadQuery>(2, all), ReadResponseType::samples})).status == 200);
}

TEST_CASE("API: a remote read that has waited for longer than a query may is not begun") {
  const auto store = store::MemoryStore::parse(kData, "data").value();
  const Api api(store, {.engine = {.timeout_ms = 30'000}});
  HttpRequest request{.method = "POST", .path = "/api/v1/read"};
  request.body = encode_read_request({{{0, 200'000, {{ReadMatcher::Op::equal, "__name__", "cpu"}}}}, ReadResponseType::samples});
  request.received = system_clock().mono() + (-31 * kNsPerSecond);
  const HttpResponse late = api.handle(request);
  CHECK(late.status == 503);
  CHECK(late.body.find("timed out after 30s (query.timeout)") != std::string::npos);
  request.received = system_clock().mono();
  CHECK(api.handle(request).status == 200);
}

TEST_CASE("API: federate tells the external labels") {
  const store::MemoryStore store = store::MemoryStore::parse(kData, "data").value();
  const Api api(store, {.now = [] { return TimeMs{101'000}; }, .external_labels = {{"node", "n1"}}});
  CHECK(api.handle({.method = "GET", .path = "/federate", .query = {{"match[]", "{__name__=~'cpu|load'}"}}}).body ==
        "# TYPE cpu untyped\ncpu{cpu=\"0\",node=\"n1\"} 2 101000\ncpu{cpu=\"1\",node=\"n1\"} 7 100000\n"
        "# TYPE load untyped\nload{node=\"own\"} 0.5 100000\n");
}
