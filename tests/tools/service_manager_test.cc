// The service manager is told what sd_notify(3) says, at a path and at an abstract name, and its variables are inherited by nobody.
#include "tools/agent/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

// A service manager's end. `address` as NOTIFY_SOCKET has it.
class Listener {
 public:
  explicit Listener(const std::string& address) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, address.data(), address.size());
    if (address[0] == '@') at.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&at), size) == 0);
  }
  // What came next; empty when nothing has.
  std::string next() {
    char text[64];
    const auto n = ::recv(fd_.get(), text, sizeof(text), 0);
    return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  Fd fd_;
};

ServiceManager manager(const std::string& socket, const char* watchdog_us = nullptr, const std::string& pid = "") {
  ::setenv("NOTIFY_SOCKET", socket.c_str(), 1);
  if (watchdog_us != nullptr) ::setenv("WATCHDOG_USEC", watchdog_us, 1);
  if (!pid.empty()) ::setenv("WATCHDOG_PID", pid.c_str(), 1);
  return ServiceManager::from_environment();
}

}  // namespace

TEST_CASE("service manager: a datagram a state, at a path and at an abstract name") {
  const test::TempDir folder;
  for (const std::string& address : {folder / "notify", "@tacho-test-" + std::to_string(::getpid())}) {
    Listener listener(address);
    ServiceManager told = manager(address);
    told.tell("READY=1");
    told.tell("STOPPING=1");
    CHECK(listener.next() == "READY=1");
    CHECK(listener.next() == "STOPPING=1");
    CHECK(listener.next().empty());
  }
}

TEST_CASE("service manager: the watchdog's time is that of the process it names") {
  CHECK(manager("", "30000000").watchdog_ms() == 30'000);
  CHECK(manager("", "30000000", std::to_string(::getpid())).watchdog_ms() == 30'000);
  CHECK(manager("", "30000000", std::to_string(::getpid() + 1)).watchdog_ms() == 0);
  CHECK(manager("", "soon").watchdog_ms() == 0);
  CHECK(manager("").watchdog_ms() == 0);
}

TEST_CASE("service manager: its variables do not go on to others") {
  manager("/nowhere", "1", std::to_string(::getpid()));
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) CHECK(std::getenv(name) == nullptr);
}

TEST_CASE("service manager: nobody there, or nobody to be told, harms nothing") {
  const test::TempDir folder;
  manager(folder / "nobody").tell("READY=1");
  manager(std::string(300, 'x')).tell("READY=1");
  ServiceManager none = ServiceManager::from_environment();
  none.tell("READY=1");
}
