// HOST:PORT as flags and URLs have it: 127.0.0.1:9980, node-7:80, [::1]:9980, :9980. Brackets may stand around any host, so that who
// puts in an address of either kind needs to know nothing of it: [10.0.0.7]:9980.
#pragma once

#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace tacho {

struct HostPort {
  std::string host;  // without brackets; "" : every address of this machine
  std::string port;  // digits, 0 to 65535
};

// Errors: no colon, an IPv6 address without brackets, no port or one out of range.
Result<HostPort> parse_host_port(std::string_view text);
// With brackets where the host has colons.
std::string format_host_port(std::string_view host, std::string_view port);

}  // namespace tacho
