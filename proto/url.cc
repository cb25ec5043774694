#include "proto/base/host_port.h"
#include "proto/http_client.h"

namespace tacho {

std::string Url::to_string() const { return fmt::format("{}://{}{}", scheme, format_host_port(host, port), target); }

Result<Url> parse_url(std::string_view text) {
  const auto bad = [&](const char* why) { return failure("\"{}\" is no URL that can be used: {}", text, why); };
  Url url;
  std::string_view rest = text;
  for (const std::string_view scheme : {"http", "https"}) {
    if (rest.starts_with(scheme) && rest.substr(scheme.size()).starts_with("://")) url.scheme = scheme;
  }
  if (url.scheme.empty()) return bad("it does not begin with http:// or https://");
  rest.remove_prefix(url.scheme.size() + 3);
  if (rest.find_first_of(" \t\r\n") != std::string_view::npos) return bad("it has a blank in it");
  rest = rest.substr(0, rest.find('#'));
  const auto end = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, end);
  url.target = end == std::string_view::npos ? "/" : rest[end] == '?' ? "/" + std::string(rest.substr(end)) : rest.substr(end);
  if (authority.empty()) return bad("it has no host");
  if (authority.find('@') != std::string_view::npos)
    return bad("it has a user name in it; give that as a header or in basic_auth");
  const bool has_port = authority.back() != ']' && authority.find(':') != std::string_view::npos;
  const char* const usual_port = url.scheme == "http" ? "80" : "443";
  const auto where = parse_host_port(has_port ? std::string(authority) : fmt::format("{}:{}", authority, usual_port));
  if (!where) return bad(where.error().message.c_str());
  if (where->host.empty()) return bad("it has no host");
  url.host = where->host;
  url.port = where->port;
  return url;
}

}  // namespace tacho
