// HTTP as plain values: what a handler gets and gives. The transport (Beast) is in http_server.cc and http_client.cc
// alone.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/clock.h"

namespace tacho {

// The first value of a header, its name in any case; "" when it is not there.
std::string_view header_value(const std::vector<std::pair<std::string, std::string>>& headers, std::string_view name);

struct HttpRequest {
  std::string method;                                      // "GET", "POST", "HEAD", "OPTIONS", ...
  std::string path;                                        // decoded, without the query: /api/v1/query
  std::vector<std::pair<std::string, std::string>> query;  // decoded; a POST's form first, then the URL's, each in order
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // Set by a server; a request made by hand has neither.
  std::optional<MonoNs> received;                // when it was whole: it may have waited since
  const std::atomic<bool>* abandoned = nullptr;  // becomes true when the client has gone, or the server must end
  // The handler is to answer within milliseconds, or with the status kTakesLonger: then it is asked again where it holds up nobody.
  bool first_try = false;

  // The first value of a parameter, and all of them (match[]).
  std::optional<std::string_view> param(std::string_view name) const;
  std::vector<std::string_view> params(std::string_view name) const;
  std::string_view header(std::string_view name) const { return header_value(headers, name); }
};

inline constexpr int kTakesLonger = 0;

// A body without an end, made piece by piece while the client takes it.
//
// Threads  one call at a time, but not always from the same thread: wait_ms() and dropped() from the connection's, next() where it may take
//          long (HttpServer's slow threads). Destroyed by any, as soon as the client has gone or the server ends.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // How long until next() has something: asked for after each piece was taken, so that a client that does not take it is asked for nothing.
  virtual std::int64_t wait_ms() = 0;
  // The next piece; "" if there is nothing after all; nullopt: the stream ends. Gives up soon when `abandoned` is raised.
  virtual std::optional<std::string> next(const std::atomic<bool>& abandoned) = 0;
  // The client did not take a piece in time, and is let go.
  virtual void dropped() {}
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool packed = false;                           // the body gains nothing by gzip
  std::shared_ptr<HttpStream> stream = nullptr;  // instead of a body
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

// Splits "a=1&b=%20" and decodes it ('+' is a space); appends to out.
void parse_form(std::string_view text, std::vector<std::pair<std::string, std::string>>& out);
// Splits a request's target into the decoded path and the query's parameters; also the form http://host/path.
// False when the path has a broken % escape.
bool parse_target(std::string_view target, HttpRequest& out);
// "OK", "Not Found", ...; "" for a status that has no common text.
std::string_view status_text(int status);
// Whether an Accept-Encoding header allows gzip.
bool accepts_gzip(std::string_view accept_encoding);
// Token by token, in any case: whether a header like Connection or Content-Type begins one of its comma-separated
// parts with `token`.
bool has_token(std::string_view header, std::string_view token);
// %XX of everything but unreserved characters (RFC 3986).
std::string url_encode(std::string_view text);

}  // namespace tacho
