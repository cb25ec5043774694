// An HTTP/1.1 client for one server: keeps its connection, reconnects when it was closed.
//
// Threads  one at a time.   Cost  blocks the caller, never longer than the timeout.
//          A kept connection that turns out to be closed before any byte of the answer came is replaced, once, and
//          the request sent again: senders must not mind (queries and remote writes do not).
// Errors   connecting, timing out (ETIMEDOUT), a broken answer, one that is too large (EMSGSIZE); each names the URL. An HTTP error
// status is an answer, not an error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/http.h"
#include "proto/tls.h"

namespace tacho {

// http://user-less.host:port/path?query
struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;
  std::string port;    // never empty: 80 or 443 where the text has none
  std::string target;  // path and query, "/" at least
  std::string to_string() const;
};
Result<Url> parse_url(std::string_view text);

class HttpClient {
 public:
  HttpClient(Url server, TlsOptions tls = {});
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // Host, Content-Length and Connection are the client's own; a User-Agent is added when the headers have none.
  // `target` replaces the URL's when not empty. The whole exchange takes at most timeout_ms; a response body of more
  // than body_max bytes is an error.
  Result<HttpResponse> send(const std::string& method, const std::string& target,
                            const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body,
                            std::int64_t timeout_ms, std::size_t body_max = 64u << 20);
  // The memory of a body that has been read: the next answer's is put there.
  void reuse(std::string body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tacho
