// Requests are written by hand, answers are read by Beast's parser; stream.cc has the socket, TLS and the deadline.
#include "proto/http_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <utility>

#include "proto/base/host_port.h"
#include "proto/stream.h"

namespace tacho {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kHeaderBytesMax = 64 << 10;
constexpr std::size_t kReadBytes = 64 << 10;

bool equal_no_case(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

std::string request_head(const Url& server, const std::string& method, const std::string& target,
                         const std::vector<std::pair<std::string, std::string>>& headers, std::size_t body_bytes) {
  const bool usual_port = server.port == (server.scheme == "http" ? "80" : "443");
  std::string host = format_host_port(server.host, server.port);
  if (usual_port) host.resize(host.rfind(':'));
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, target, host);
  bool has_agent = false;
  for (const auto& [name, value] : headers) {
    if (equal_no_case(name, "Host") || equal_no_case(name, "Content-Length") || equal_no_case(name, "Connection")) continue;
    has_agent = has_agent || equal_no_case(name, "User-Agent");
    head += name;
    head += ": ";
    // A line break in a value would begin a header of its own.
    for (const char c : value) head += c == '\r' || c == '\n' ? ' ' : c;
    head += "\r\n";
  }
  if (!has_agent) head += "User-Agent: tacho/" TACHO_VERSION "\r\n";
  if (body_bytes > 0 || method == "POST" || method == "PUT") head += fmt::format("Content-Length: {}\r\n", body_bytes);
  head += "\r\n";
  return head;
}

}  // namespace

struct HttpClient::Impl {
  Url server;
  TlsOptions tls_options;
  std::optional<TlsContext> tls;  // made at the first https request
  std::optional<Stream> stream;   // kept between requests
  std::string unread;             // bytes read past the answer's end
  std::string spare;              // see reuse()

  StreamResult<void> open(MonoNs deadline) {
    stream.reset();
    unread.clear();
    if (server.scheme == "https" && !tls) {
      auto made = TlsContext::create(tls_options, server.host);
      if (!made) return std::unexpected(StreamError{made.error().message});
      tls = std::move(*made);
    }
    auto opened = Stream::connect(server.host, server.port, tls ? &*tls : nullptr, deadline);
    if (!opened) return std::unexpected(opened.error());
    stream = std::move(*opened);
    return {};
  }

  StreamResult<HttpResponse> exchange(const std::string& head, const std::string& body, bool head_only, std::size_t body_max,
                                      MonoNs deadline, bool& answered);
  StreamResult<HttpResponse> read_answer(bool head_only, std::size_t body_max, MonoNs deadline, bool& answered);
};

StreamResult<HttpResponse> HttpClient::Impl::exchange(const std::string& head, const std::string& body, bool head_only,
                                                      std::size_t body_max, MonoNs deadline, bool& answered) {
  // Small requests in one piece: two would be two packets.
  constexpr std::size_t kOnePiece = 16 << 10;
  const bool joined = body.size() <= kOnePiece;
  auto sent = stream->write(joined ? head + body : head, deadline);
  if (sent && !joined) sent = stream->write(body, deadline);
  // A server that refuses a large body may answer and close before it has read all: its answer says more than EPIPE.
  if (!sent && !sent.error().closed_by_peer) return std::unexpected(sent.error());
  auto answer = read_answer(head_only, body_max, deadline, answered);
  if (!sent && !answer) return std::unexpected(sent.error());
  if (!sent) stream.reset();
  return answer;
}

// Feeds the parser until it has a final answer; `answered` is set at its first byte.
StreamResult<HttpResponse> HttpClient::Impl::read_answer(bool head_only, std::size_t body_max, MonoNs deadline, bool& answered) {
  std::optional<http::response_parser<http::string_body>> parser;
  const auto fresh = [&] {
    parser.emplace();
    parser->get().body() = std::exchange(spare, {});
    parser->get().body().clear();
    parser->eager(true);
    parser->skip(head_only);
    parser->header_limit(kHeaderBytesMax);
    parser->body_limit(body_max);
  };
  fresh();
  std::array<char, kReadBytes> piece;
  for (bool need_bytes = unread.empty();;) {
    error_code ec;
    if (need_bytes) {
      const auto n = stream->read(piece.data(), piece.size(), deadline);
      if (!n) return std::unexpected(n.error());
      if (*n == 0) {
        if (parser->got_some()) parser->put_eof(ec);
        if (ec || !parser->is_done()) {
          return std::unexpected(StreamError{"the server closed the connection before its answer was complete", true});
        }
      }
      answered = answered || *n > 0;
      unread.append(piece.data(), *n);
    }
    if (!parser->is_done()) {
      const std::size_t used = parser->put(boost::asio::buffer(unread), ec);
      unread.erase(0, used);
      need_bytes = unread.empty() || used == 0 || ec == http::error::need_more;
      if (ec == http::error::need_more) ec = {};
      if (ec == http::error::body_limit)
        return std::unexpected(StreamError{fmt::format("the answer is larger than {} bytes", body_max), false, EMSGSIZE});
      if (ec) return std::unexpected(StreamError{fmt::format("the answer is not valid HTTP: {}", ec.message())});
    }
    if (!parser->is_done()) continue;
    const auto status = parser->get().result_int();
    // 100 Continue and its like come before the answer itself; 101 was not asked for.
    if (status >= 200 || status == 101) break;
    fresh();
    need_bytes = unread.empty();
  }
  auto& message = parser->get();
  HttpResponse out;
  out.status = static_cast<int>(message.result_int());
  out.content_type = std::string(message[http::field::content_type]);
  for (const auto& field : message) out.headers.emplace_back(field.name_string(), field.value());
  out.body = std::move(message.body());
  // Bytes after the answer, or an answer that the connection's end delimits: it cannot be used again.
  if (!parser->keep_alive() || !unread.empty()) stream.reset();
  return out;
}

HttpClient::HttpClient(Url server, TlsOptions tls) : impl_(std::make_unique<Impl>()) {
  impl_->server = std::move(server);
  impl_->tls_options = std::move(tls);
}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

void HttpClient::reuse(std::string body) { impl_->spare = std::move(body); }

Result<HttpResponse> HttpClient::send(const std::string& method, const std::string& target,
                                      const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body,
                                      std::int64_t timeout_ms, std::size_t body_max) {
  const MonoNs deadline = system_clock().mono() + timeout_ms * kNsPerMs;
  Url url = impl_->server;
  if (!target.empty()) url.target = target;
  const std::string head = request_head(url, method, url.target, headers, body.size());
  const auto failed = [&](const StreamError& e) {
    return std::unexpected(Error{fmt::format("{} {}: {}", method, url.to_string(), e.message), e.sys_errno});
  };
  bool kept = impl_->stream && impl_->stream->is_idle();
  for (;;) {
    if (!kept) {
      if (auto opened = impl_->open(deadline); !opened) return failed(opened.error());
    }
    bool answered = false;
    auto answer = impl_->exchange(head, body, method == "HEAD", body_max, deadline, answered);
    if (answer) return std::move(*answer);
    impl_->stream.reset();
    // The server closed the kept connection while the request was on its way: once more, on a new one.
    if (!kept || answered || !answer.error().closed_by_peer) return failed(answer.error());
    kept = false;
  }
}

}  // namespace tacho
