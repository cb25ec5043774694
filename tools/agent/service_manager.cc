#include "tools/agent/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "proto/base/log.h"

namespace tacho::tools {
namespace {

std::string take(const char* name) {
  const char* value = std::getenv(name);
  std::string out = value == nullptr ? "" : value;
  ::unsetenv(name);
  return out;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value : 0;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager out;
  out.address_ = take("NOTIFY_SOCKET");
  const std::int64_t us = number(take("WATCHDOG_USEC"));
  const std::string pid = take("WATCHDOG_PID");
  // Meant for another process where it names one.
  if (pid.empty() || number(pid) == ::getpid()) out.watchdog_ms_ = us / 1000;
  return out;
}

void ServiceManager::tell(std::string_view state) {
  if (address_.empty()) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  int error = ENAMETOOLONG;
  if (address_.size() < sizeof(to.sun_path)) {
    std::memcpy(to.sun_path, address_.data(), address_.size());
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    const auto sent =
        ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
    if (std::cmp_equal(sent, state.size())) return;
    error = errno;
  }
  if (!std::exchange(complained_, true))
    log_warn("the service manager at NOTIFY_SOCKET {} was not told {}: {}", address_, state, std::strerror(error));
}

}  // namespace tacho::tools
