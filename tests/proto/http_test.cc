#include "proto/http.h"

#include <catch2/catch.hpp>

#include "proto/base/host_port.h"
#include "proto/base/utf8.h"
#include "proto/gzip.h"
#include "proto/http_client.h"

using namespace tacho;

TEST_CASE("forms are decoded in order, with repeated names") {
  std::vector<std::pair<std::string, std::string>> q;
  parse_form("query=rate%28a%5B5m%5D%29+%2B+1&match[]=a&match%5B%5D=b&empty=&bare&&x=%zz%4", q);
  HttpRequest r;
  r.query = q;
  CHECK(r.param("query") == "rate(a[5m]) + 1");
  CHECK(r.params("match[]") == std::vector<std::string_view>{"a", "b"});
  CHECK(r.param("empty") == "");
  CHECK(r.param("bare") == "");
  CHECK(r.param("x") == "%zz%4");
  CHECK_FALSE(r.param("nothing"));
}

TEST_CASE("a target is split into the decoded path and the query") {
  const auto path = [](std::string_view target) {
    HttpRequest r;
    return parse_target(target, r) ? r.path + "|" + (r.query.empty() ? "" : r.query[0].first + "=" + r.query[0].second) : "bad";
  };
  CHECK(path("/") == "/|");
  CHECK(path("/api/v1/label/a%20b/values?x=1+2#frag") == "/api/v1/label/a b/values|x=1 2");
  CHECK(path("/a+b") == "/a+b|");
  CHECK(path("http://node:9980/x?y=1") == "/x|y=1");
  CHECK(path("http://node") == "/|");
  CHECK(path("/a%2") == "bad");
  CHECK(path("/a%gg") == "bad");
}

TEST_CASE("header helpers") {
  CHECK(accepts_gzip("gzip"));
  CHECK(accepts_gzip("deflate, GZIP;q=0.5"));
  CHECK_FALSE(accepts_gzip("gzip;q=0"));
  CHECK_FALSE(accepts_gzip("gzip;q=0.000, br"));
  CHECK_FALSE(accepts_gzip("identity"));
  CHECK_FALSE(accepts_gzip(""));
  CHECK(has_token("application/x-www-form-urlencoded; charset=utf-8", "application/x-www-form-urlencoded"));
  CHECK(has_token("keep-alive, Close", "close"));
  CHECK_FALSE(has_token("closed", "close"));
}

TEST_CASE("HOST:PORT") {
  const auto parts = [](std::string_view s) {
    const auto r = parse_host_port(s);
    return r ? r->host + " " + r->port : "bad";
  };
  CHECK(parts("127.0.0.1:9980") == "127.0.0.1 9980");
  CHECK(parts("[::1]:80") == "::1 80");
  CHECK(parts("[fd00::1]:9980") == "fd00::1 9980");
  CHECK(parts("[10.0.0.7]:9980") == "10.0.0.7 9980");  // a manifest's [$(HOST_IP)]:9980 on a node of IPv4
  CHECK(parts("[node-7]:80") == "node-7 80");
  CHECK(parts(":0") == " 0");
  for (const char* bad : {"", "9980", "a:", "a:x", "a:65536", "a:-1", "a:+1", "::1:80", "fd00::1:9980", "[::1]"})
    CHECK(parts(bad) == "bad");
  CHECK(format_host_port("::1", "80") == "[::1]:80");
}

TEST_CASE("URLs") {
  const auto url = [](std::string_view s) {
    const auto u = parse_url(s);
    return u ? u->to_string() : "bad";
  };
  CHECK(url("http://a") == "http://a:80/");
  CHECK(url("https://a.b/x?y=1#z") == "https://a.b:443/x?y=1");
  CHECK(url("http://[::1]:9980?q") == "http://[::1]:9980/?q");
  CHECK(url("http://[::1]/") == "http://[::1]:80/");
  CHECK(parse_url("http://[::1]/")->host == "::1");
  for (const char* bad :
       {"", "a:80", "ftp://a", "http://", "http:///x", "http://u:p@h/", "http://a:b/", "http://a /", "http://:80/"}) {
    INFO(bad);
    CHECK(url(bad) == "bad");
  }
  CHECK(parse_url("node:9980").error().message ==
        "\"node:9980\" is no URL that can be used: it does not begin with http:// or https://");
}

TEST_CASE("gzip and back, and what is no gzip") {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i * 7919 % 1000) + ",";
  const std::string packed = gzip(text);
  CHECK(packed.size() < text.size() / 2);
  CHECK(gunzip(packed, text.size()).value() == text);
  CHECK(gunzip(gzip(""), 0).value().empty());
  CHECK_FALSE(gunzip(packed, text.size() - 1));
  CHECK_FALSE(gunzip(packed.substr(0, packed.size() - 1), 1 << 20));
  CHECK_FALSE(gunzip(packed + "x", 1 << 20));
  CHECK_FALSE(gunzip("", 1 << 20));
  CHECK_FALSE(gunzip("no gzip at all, not even nearly", 1 << 20));
}

TEST_CASE("UTF-8 is checked to the letter") {
  CHECK(is_utf8("plain ascii, longer than a word"));
  CHECK(is_utf8("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"));
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xc3\x28", "12345678\xe9"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}
