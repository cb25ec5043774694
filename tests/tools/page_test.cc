#include "tools/page/page.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "proto/gzip.h"
#include "tools/page/assets.h"

namespace tacho::tools {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kEnough = 8u << 20;

std::optional<HttpResponse> ask(std::string path, Headers headers = {}, std::string method = "GET") {
  HttpRequest r;
  r.method = std::move(method);
  REQUIRE(parse_target(path, r));
  r.headers = std::move(headers);
  return Page({.live = true, .node = "node \"7\"", .interval_ms = 500}).handle(r);
}

std::string_view header(const HttpResponse& r, std::string_view name) { return header_value(r.headers, name); }

}  // namespace

TEST_CASE("what is not the page's is left to others") {
  CHECK_FALSE(ask("/metrics"));
  CHECK_FALSE(ask("/api/v1/query?query=1"));
  CHECK_FALSE(ask("/pages"));
  CHECK_FALSE(ask("/page"));
}

TEST_CASE("/ is the page, packed for who can unpack it") {
  const auto plain = ask("/");
  REQUIRE(plain);
  CHECK(plain->status == 200);
  CHECK(plain->content_type == "text/html; charset=utf-8");
  CHECK(plain->body.starts_with("<!DOCTYPE html>"));
  CHECK(header(*plain, "Content-Encoding").empty());
  const auto packed = ask("/", {{"Accept-Encoding", "gzip, br"}});
  REQUIRE(packed);
  CHECK(header(*packed, "Content-Encoding") == "gzip");
  CHECK(packed->body.size() < plain->body.size());
  CHECK(gunzip(packed->body, kEnough).value() == plain->body);
  CHECK(header(*plain, "Vary") == "Accept-Encoding");
}

TEST_CASE("all that the page names is there") {
  const std::string index = ask("/")->body;
  std::size_t named = 0;
  for (const std::string_view attribute : {"src=\"", "href=\""}) {
    for (std::size_t at = index.find(attribute); at != std::string::npos; at = index.find(attribute, at + 1)) {
      const std::size_t begin = at + attribute.size();
      const std::string target = index.substr(begin, index.find('"', begin) - begin);
      INFO(target);
      CHECK(target.find("//") == std::string::npos);  // nothing from elsewhere
      if (!target.starts_with("page/")) continue;
      ++named;
      CHECK(ask("/" + target)->status == 200);
    }
  }
  CHECK(named >= 4);
  // Modules name each other.
  std::size_t imported = 0;
  for (const PageAsset& asset : page_assets()) {
    if (!asset.name.ends_with(".js") || asset.name.starts_with("dygraph")) continue;
    const std::string text = gunzip(asset.packed, asset.size).value();
    for (std::size_t at = text.find("from '."); at != std::string::npos; at = text.find("from '.", at + 1)) {
      const std::string target = text.substr(at + 6, text.find('\'', at + 6) - at - 6);
      const auto path = (std::filesystem::path("/page") / asset.name).parent_path() / target;
      INFO(asset.name << " imports " << target);
      CHECK(ask(path.lexically_normal().string())->status == 200);
      ++imported;
    }
    CHECK(text.find("innerHTML") == std::string::npos);  // labels are text
    CHECK(text.find("eval(") == std::string::npos);
  }
  CHECK(imported > 50);
}

TEST_CASE("a browser that has this version is not sent it again") {
  const auto first = ask("/page/main.js");
  REQUIRE(first);
  const std::string etag(header(*first, "ETag"));
  REQUIRE(etag.size() > 10);
  CHECK(header(*first, "Cache-Control") == "no-cache");
  for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const auto again = ask("/page/main.js", {{"If-None-Match", known}});
    CHECK(again->status == 304);
    CHECK(again->body.empty());
    CHECK(header(*again, "ETag") == etag);
  }
  CHECK(ask("/page/main.js", {{"If-None-Match", "\"other\""}})->status == 200);
  CHECK(header(*ask("/page/style.css"), "ETag") != etag);
  // Packed it is other bytes, so it is another version.
  const auto packed = ask("/page/main.js", {{"Accept-Encoding", "gzip"}});
  CHECK(header(*packed, "ETag") != etag);
  CHECK(ask("/page/main.js", {{"Accept-Encoding", "gzip"}, {"If-None-Match", std::string(header(*packed, "ETag"))}})->status ==
        304);
  CHECK(ask("/page/main.js", {{"If-None-Match", std::string(header(*packed, "ETag"))}})->status == 200);
}

TEST_CASE("no path leads out of the page's table") {
  for (const char* path : {"/page/", "/page/../page/main.js", "/page/%2e%2e/etc/passwd", "/page//etc/passwd", "/page/main.js/",
                           "/page/MAIN.JS", "/page/data/", "/page/data/../main.js", "/page/main.js%00", "/page/nothing.js"}) {
    INFO(path);
    const auto answer = ask(path);
    REQUIRE(answer);
    CHECK(answer->status == 404);
  }
}

TEST_CASE("the page is read, not written to") {
  CHECK(ask("/", {}, "HEAD")->status == 200);
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    const auto answer = ask("/", {}, method);
    CHECK(answer->status == 405);
    CHECK(header(*answer, "Allow") == "GET");
  }
}

TEST_CASE("nothing from elsewhere and nothing inline may run on it") {
  for (const char* path : {"/", "/page/main.js", "/page/about.json"}) {
    const auto answer = ask(path);
    const std::string_view policy = header(*answer, "Content-Security-Policy");
    CHECK(policy.find("default-src 'none'") != std::string_view::npos);
    CHECK(policy.find("script-src 'self';") != std::string_view::npos);
    CHECK(policy.find("unsafe") == std::string_view::npos);
    CHECK(header(*answer, "X-Content-Type-Options") == "nosniff");
  }
}

TEST_CASE("the page is told which node this is, and PromQL's functions") {
  CHECK(ask("/page/about.json")->body == R"({"live":true,"node":"node \"7\"","version":")" TACHO_VERSION
                                         R"(","intervalMs":500})");
  const std::string functions = ask("/page/functions.json")->body;
  CHECK(functions.find(R"({"name":"rate","args":["range vector"],"variadic":0})") != std::string::npos);
}

TEST_CASE("the page's files are small, and their table is in order") {
  std::size_t packed = 0;
  for (std::size_t i = 0; i < page_assets().size(); ++i) {
    const PageAsset& asset = page_assets()[i];
    packed += asset.packed.size();
    if (i > 0) CHECK(page_assets()[i - 1].name < asset.name);
  }
  CHECK(packed < 128'000);
}

}  // namespace tacho::tools
