#include "store/shipping/ship_http.h"

#include <algorithm>
#include <array>

namespace tacho::store {
namespace {

constexpr std::array<std::string_view, 9> kReserved{"authorization",  "connection",        "content-encoding",
                                                    "content-length", "content-type",      "host",
                                                    "user-agent",     "transfer-encoding", "x-prometheus-remote-write-version"};

// An answer's body is text for the log: more than this is no remote write receiver.
constexpr std::size_t kAnswerBytesMax = 8u << 20;

}  // namespace

bool is_reserved_header(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(kReserved.begin(), kReserved.end(), lower) != kReserved.end();
}

Result<std::unique_ptr<HttpTransport>> HttpTransport::create(EndpointOptions options) {
  auto url = parse_url(options.url);
  if (!url) return std::unexpected(url.error());
  return std::unique_ptr<HttpTransport>(new HttpTransport(std::move(options), std::move(*url)));
}

HttpTransport::HttpTransport(EndpointOptions options, Url url)
    : options_(std::move(options)), client_(std::move(url), options_.tls) {}

Result<HttpResponse> HttpTransport::send(const std::string& body, const HttpHeaders& headers) {
  HttpHeaders all = headers;
  const auto auth = authorization_header(options_.auth);
  if (!auth) return std::unexpected(auth.error());
  if (!auth->empty()) all.emplace_back("Authorization", *auth);
  for (const auto& header : options_.headers) {
    if (!is_reserved_header(header.first)) all.push_back(header);
  }
  return client_.send("POST", "", all, body, options_.timeout_ms, kAnswerBytesMax);
}

}  // namespace tacho::store
