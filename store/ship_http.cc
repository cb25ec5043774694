#include "store/ship_http.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "proto/base/file.h"

namespace tacho::store {
namespace {

constexpr std::array<std::string_view, 9> kReserved{"authorization",  "connection",        "content-encoding",
                                                    "content-length", "content-type",      "host",
                                                    "user-agent",     "transfer-encoding", "x-prometheus-remote-write-version"};

// An answer's body is text for the log: more than this is no remote write receiver.
constexpr std::size_t kAnswerBytesMax = 8u << 20;

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

// The text, or the file's content without the white space around it (editors end files with a newline).
Result<std::string> secret(const std::string& text, const std::string& path) {
  if (path.empty()) return text;
  auto content = read_file(path);
  if (!content) return content;
  constexpr std::string_view kSpace = " \t\r\n";
  const auto from = content->find_first_not_of(kSpace);
  if (from == std::string::npos) return std::string();
  return content->substr(from, content->find_last_not_of(kSpace) - from + 1);
}

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

Result<std::string> HttpTransport::authorization() const {
  const EndpointAuth& auth = options_.auth;
  if (!auth.username.empty()) {
    const auto password = secret(auth.password, auth.password_file);
    if (!password) return password;
    return "Basic " + base64(auth.username + ":" + *password);
  }
  const auto credentials = secret(auth.credentials, auth.credentials_file);
  if (!credentials || credentials->empty()) return credentials;
  return auth.type + " " + *credentials;
}

Result<HttpResponse> HttpTransport::send(const std::string& body, const HttpHeaders& headers) {
  HttpHeaders all = headers;
  const auto auth = authorization();
  if (!auth) return std::unexpected(auth.error());
  if (!auth->empty()) all.emplace_back("Authorization", *auth);
  for (const auto& header : options_.headers) {
    if (!is_reserved_header(header.first)) all.push_back(header);
  }
  return client_.send("POST", "", all, body, options_.timeout_ms, kAnswerBytesMax);
}

}  // namespace tacho::store
