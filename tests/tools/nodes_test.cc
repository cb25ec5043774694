#include "tools/answers/nodes.h"

#include <catch2/catch.hpp>

#include "proto/base/file.h"
#include "proto/http_server.h"
#include "query/api/api.h"
#include "store/memory_store.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

std::string parsed(const std::string& list) {
  const auto nodes = parse_nodes(list);
  if (!nodes) return nodes.error().message;
  std::string out;
  for (const NodeAddress& n : *nodes) out += n.name + "=" + n.url + (n.labels.empty() ? "" : n.labels.to_string()) + " ";
  return out;
}

// An agent's API over some text.
struct Served {
  store::MemoryStore store;
  query::Api api;
  std::unique_ptr<HttpServer> server;

  explicit Served(const test::TempDir& dir, const std::string& name, const std::string& text)
      : store([&] {
          REQUIRE(replace_file(dir / name, text + "# EOF\n"));
          auto loaded = store::MemoryStore::load(dir / name);
          REQUIRE(loaded);
          return std::move(*loaded);
        }()),
        api(store) {
    auto started = HttpServer::start({.listen = "127.0.0.1:0"}, [this](const HttpRequest& r) { return api.handle(r); });
    REQUIRE(started);
    server = std::move(*started);
  }
};

}  // namespace

TEST_CASE("a list of nodes: hosts, ports, URLs, and what each is called") {
  CHECK(parsed("127.0.0.1") == "127.0.0.1:9980=http://127.0.0.1:9980 ");
  CHECK(parsed("127.0.0.1:80,https://node-7.example/tacho") ==
        "127.0.0.1:80=http://127.0.0.1:80 node-7.example:443/tacho=https://node-7.example/tacho ");
  CHECK(parsed("[::1]:99") == "[::1]:99=http://[::1]:99 ");
  CHECK(parsed("::1") == "[::1]:9980=http://[::1]:9980 ");
  CHECK(parsed("[::1]") == "[::1]:9980=http://[::1]:9980 ");
  CHECK(parsed("127.0.0.1,127.0.0.1:9980") == "127.0.0.1:9980=http://127.0.0.1:9980 ");
  CHECK(parsed("") == "--nodes: there is an empty entry in ''");
  CHECK(parsed("127.0.0.1,,127.0.0.2").find("empty entry") != std::string::npos);
  CHECK(parsed("127.0.0.1:nope").find("'127.0.0.1:nope' is no node") != std::string::npos);
}

TEST_CASE("a file_sd file is the nodes in it, with their labels; what is wrong in it is told by its line") {
  const test::TempDir dir;
  const auto file = [&](const std::string& name, const std::string& text) {
    REQUIRE(replace_file(dir / name, text));
    return parsed(dir / name);
  };
  CHECK(file("sd.json", R"([{"targets": ["10.0.0.1:80", "10.0.0.2"], "labels": {"rack": "r1", "__meta_x": "y"}}])") ==
        "10.0.0.1:80=http://10.0.0.1:80{rack=\"r1\"} 10.0.0.2:9980=http://10.0.0.2:9980{rack=\"r1\"} ");
  CHECK(file("sd.yml", "- targets: ['10.0.0.3']\n") == "10.0.0.3:9980=http://10.0.0.3:9980 ");
  CHECK(file("none.yml", "- labels: {a: b}\n").ends_with("none.yml:1: targets is missing, or no list"));
  CHECK(file("bad.yml", "- targets: ['10.0.0.3',\n").find("bad.yml:2") != std::string::npos);
  CHECK(file("what.yml", "a: b\n").ends_with("what.yml:1: a file_sd file is a list of {targets: [...], labels: {...}}"));
  CHECK(parsed(dir / "gone.yml").find("gone.yml") != std::string::npos);
}

TEST_CASE("answers of several nodes are one, each series named by its node, and who is silent is told") {
  const test::TempDir dir;
  Served a(dir, "a.om", "load{cpu=\"0\"} 1 1000\nload{cpu=\"1\"} 2 1000\n");
  Served b(dir, "b.om", "load{cpu=\"0\",node=\"mine\"} 3 1000\n");
  const std::string silent = "127.0.0.1:1";
  const auto nodes = parse_nodes(a.server->address() + "," + b.server->address() + "," + silent);
  REQUIRE(nodes);
  const auto text = [&](const NodesAnswer& answer) {
    std::string out;
    for (const query::ResultSeries& s : answer.result.series) {
      std::string labels = s.labels.to_string();
      for (const auto& [served, name] : {std::pair(&a, "A"), std::pair(&b, "B")}) {
        if (const auto at = labels.find(served->server->address()); at != std::string::npos)
          labels.replace(at, served->server->address().size(), name);
      }
      out += fmt::format("{} {}x{} ", labels, s.points.back().v, s.points.size());
    }
    return out;
  };
  const auto instant = ask_nodes(*nodes, "/api/v1/query", {{"query", "load"}, {"time", "1000"}}, 5000);
  CHECK(text(instant) ==
        "load{cpu=\"0\",node=\"A\"} 1x1 load{cpu=\"1\",node=\"A\"} 2x1 load{cpu=\"0\",exported_node=\"mine\",node=\"B\"} 3x1 ");
  CHECK(instant.answered == 2);
  REQUIRE(instant.silent.size() == 1);
  CHECK(instant.silent[0].starts_with(silent + ": "));
  const auto range =
      ask_nodes(*nodes, "/api/v1/query_range", {{"query", "sum(load)"}, {"start", "1000"}, {"end", "1004"}, {"step", "1"}}, 5000);
  CHECK(range.result.type == query::ValueType::matrix);
  CHECK(range.result.series.size() == 2);
  CHECK(range.result.series[0].points.size() == 5);
  const auto scalar = ask_nodes(*nodes, "/api/v1/query", {{"query", "scalar(sum(load))"}, {"time", "1000"}}, 5000);
  CHECK(text(scalar) == "{node=\"A\"} 3x1 {node=\"B\"} 3x1 ");
  const auto wrong = ask_nodes(*nodes, "/api/v1/query", {{"query", "sum("}}, 5000);
  CHECK(wrong.answered == 0);
  CHECK(wrong.silent[0].find("parse error") != std::string::npos);
}
