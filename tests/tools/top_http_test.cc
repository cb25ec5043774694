// What `tacho top` asks of a server over HTTP, and how often.
#include <atomic>
#include <catch2/catch.hpp>

#include "proto/http_server.h"
#include "tools/top/data/data.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

// Answers with no series; refuses what it is told to, or all.
struct Server {
  std::atomic<int> asked{0}, status{200};  // relaxed would do: each request is over before they are read
  std::unique_ptr<HttpServer> server;

  Server() {
    auto started = HttpServer::start({.listen = "127.0.0.1:0", .threads = 1}, [this](const HttpRequest& r) {
      ++asked;
      HttpResponse out;
      out.status = r.body.find("refused") != std::string::npos ? 400 : status.load();
      out.body = out.status == 200 ? R"({"status":"success","data":{"resultType":"matrix","result":[]}})"
                                   : R"({"status":"error","error":"not this"})";
      return out;
    });
    REQUIRE(started);
    server = std::move(*started);
  }
  std::unique_ptr<TopData> data() const { return top_over_http("http://" + server->address()); }
};

const std::vector<std::string> kExprs = {"a", "b", "c", "d", "e"};
const TopGrid kGrid = TopGrid::up_to(1'795'435'200'000, 1000, 10);

std::size_t failed(const TopData::Answers& answers) {
  return static_cast<std::size_t>(std::count_if(answers.begin(), answers.end(), [](const auto& a) { return !a.has_value(); }));
}

}  // namespace

TEST_CASE("a server that has no time once is asked one question again as soon as it has") {
  Server server;
  const auto data = server.data();
  for (const int status : {503, 500, 429}) {
    server.status = status;
    server.asked = 0;
    CHECK(failed(data->columns(kExprs, kGrid, 12'000)) == kExprs.size());
    CHECK(server.asked == 1);
  }
  server.status = 200;
  server.asked = 0;
  CHECK(failed(data->columns(kExprs, kGrid, 12'000)) == 0);
  CHECK(server.asked == 1);
}

TEST_CASE("an expression that a server refuses is found once, and left out of the questions until it is tried again") {
  Server server;
  const auto data = server.data();
  auto exprs = kExprs;
  exprs.push_back("refused");
  CHECK(failed(data->columns(exprs, kGrid, 12'000)) == 1);
  CHECK(server.asked == 1 + 6);
  server.asked = 0;
  for (int i = 0; i < 30; ++i) CHECK(failed(data->columns(exprs, kGrid, 12'000)) == 1);
  CHECK(server.asked == 30);
  for (int i = 0; i < 60; ++i) CHECK(failed(data->columns(exprs, kGrid, 12'000)) == 1);
  CHECK(server.asked == 90 + 6);
}

TEST_CASE(
    "the newest columns are asked for by their seconds, many columns by their peaks, and a column has the highest and the lowest "
    "of its seconds") {
  std::string body;  // written in the server's thread, read after its answer
  auto started = HttpServer::start({.listen = "127.0.0.1:0", .threads = 1}, [&](const HttpRequest& r) {
    body = r.body;
    HttpResponse out;
    out.body = R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"tacho_top_part":"0"},)"
               R"("values":[[1795435186,"3"],[1795435188,"1"],[1795435190,"2"],[1795435191,"7"]]}]}})";
    return out;
  });
  REQUIRE(started);
  const auto data = top_over_http("http://" + (*started)->address());
  const std::vector<std::string> exprs = {"a"};
  const TopGrid few{1'795'435'190'000, 5000, 2};
  const auto answers = data->columns(exprs, few, 12'000);
  REQUIRE(answers[0]);
  CHECK(body.find("start=1795435186&end=1795435195&step=1") != std::string::npos);
  CHECK(body.find("over_time") == std::string::npos);
  CHECK((*answers[0])[0].high == std::vector<double>{3, 7});
  CHECK((*answers[0])[0].low == std::vector<double>{1, 7});
  // The cursor's second came with them; it is asked for when it is wanted again.
  body.clear();
  const TopGrid second{1'795'435'188'000, 1000, 1};
  const auto now = data->columns(exprs, second, 12'000);
  CHECK(body.empty());
  CHECK((*now[0])[0].high == std::vector<double>{1});
  (void)data->columns(exprs, second, 12'000);
  CHECK(body.find("start=1795435188&end=1795435188&step=1") != std::string::npos);
  (void)data->columns(exprs, {1'795'435'190'000, 5000, 100}, 12'000);
  CHECK(body.find("max_over_time") != std::string::npos);
}
