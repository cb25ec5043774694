#include "proto/base/host_port.h"

#include "proto/base/number.h"

namespace tacho {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return failure("\"{}\" has no port: write HOST:PORT, like 127.0.0.1:9980", text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return failure("\"{}\" is no HOST:PORT: an IPv6 address stands in brackets, like [::1]:9980", text);
  }
  const auto number = parse_int(port);
  if (!number || *number < 0 || *number > 65535 || port.find_first_not_of("0123456789") != std::string_view::npos) {
    return failure("\"{}\" is no HOST:PORT: a port is a number from 0 to 65535", text);
  }
  return HostPort{std::string(host), std::string(port)};
}

std::string format_host_port(std::string_view host, std::string_view port) {
  return host.find(':') == std::string_view::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

}  // namespace tacho
