// What systemd wants to hear of a service (Type=notify, WatchdogSec): that it is ready, that it ends, that it is well.
//
// Shape    sd_notify's protocol: a datagram of NAME=VALUE lines to the socket that NOTIFY_SOCKET names.
// Threads  from_environment() before any starts, for it changes the environment; the rest from one thread.
// Errors   none: who cannot be told is not told, and a log line says so once. Without NOTIFY_SOCKET all of it does nothing.
// Source   sd_notify(3), sd_watchdog_enabled(3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/file.h"

namespace tacho::tools {

class ServiceManager {
 public:
  // Takes the variables away, so that processes started from here do not speak for the service.
  static ServiceManager from_environment();

  // `state`: "READY=1", "STOPPING=1", "WATCHDOG=1".
  void tell(std::string_view state);
  // The service is killed when it has said WATCHDOG=1 for that long not once; 0: nobody waits for it. Milliseconds.
  std::int64_t watchdog_ms() const { return watchdog_ms_; }

 private:
  std::string address_;  // a path, or one of the abstract name space, which begins with '@'
  std::int64_t watchdog_ms_ = 0;
  bool complained_ = false;
};

}  // namespace tacho::tools
