#include "sampler/host/network/ethtool_call.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include "proto/base/file.h"

namespace tacho::sampler {
namespace {

static_assert(Ethtool::kNameBytes == ETH_GSTRING_LEN);

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

// Room for the most names, which are longer than counters, in whole pages.
std::size_t room_bytes() {
  const std::size_t bytes = sizeof(ethtool_gstrings) + Ethtool::kCountersMax * Ethtool::kNameBytes;
  return (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
}

template <std::size_t N>
std::string_view text(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

// A request at the beginning of the room, all 0 but for its number.
template <typename Request>
Request& begin(std::byte* room, std::uint32_t command) {
  std::memset(room, 0, sizeof(Request));
  auto* request = reinterpret_cast<Request*>(room);
  request->cmd = command;
  return *request;
}

}  // namespace

EthtoolCall system_ethtool() {
  // The socket is opened by the first question: a source that is off needs none.
  return [socket = std::make_shared<Fd>()](const std::string& device, void* request) {
    if (!*socket) *socket = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!*socket) return errno;
    ifreq asked{};
    if (device.size() >= sizeof asked.ifr_name) return ENODEV;
    std::copy(device.begin(), device.end(), asked.ifr_name);
    asked.ifr_data = static_cast<char*>(request);
    return ::ioctl(socket->get(), SIOCETHTOOL, &asked) == 0 ? 0 : errno;
  };
}

Ethtool::Ethtool(EthtoolCall call) : call_(std::move(call)) {
  // Pages that are not written take no memory.
  void* room = ::mmap(nullptr, room_bytes() + page_bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED || ::mprotect(room, room_bytes(), PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  room_ = static_cast<std::byte*>(room);
}

Ethtool::~Ethtool() { ::munmap(room_, room_bytes() + page_bytes()); }

int Ethtool::driver(const std::string& device, Driver& out) {
  auto& info = begin<ethtool_drvinfo>(room_, ETHTOOL_GDRVINFO);
  if (const int error = call_(device, &info)) return error;
  out = {.driver = text(info.driver),
         .version = text(info.version),
         .firmware = text(info.fw_version),
         .bus = text(info.bus_info),
         .expansion_rom = text(info.erom_version),
         .counters = info.n_stats,
         .bytes = {reinterpret_cast<const char*>(room_), sizeof info}};
  return 0;
}

int Ethtool::names(const std::string& device, std::size_t count, std::span<const char>& out) {
  if (count > kCountersMax) return ERANGE;
  auto& strings = begin<ethtool_gstrings>(room_, ETHTOOL_GSTRINGS);
  strings.string_set = ETH_SS_STATS;
  strings.len = static_cast<std::uint32_t>(count);
  if (const int error = call_(device, &strings)) return error;
  if (strings.len != count) return ERANGE;
  out = {reinterpret_cast<const char*>(strings.data), count * kNameBytes};
  return 0;
}

int Ethtool::counters(const std::string& device, std::size_t count, std::span<const unsigned long long>& out) {
  if (count > kCountersMax) return ERANGE;
  auto& stats = begin<ethtool_stats>(room_, ETHTOOL_GSTATS);
  stats.n_stats = static_cast<std::uint32_t>(count);
  if (const int error = call_(device, &stats)) return error;
  if (stats.n_stats != count) return ERANGE;
  out = {stats.data, count};
  return 0;
}

// Asked with no words first: the kernel answers how many it has, as a negative number. Kernels before 4.6 know only the question
// of 32 modes.
int Ethtool::link(const std::string& device, Link& out) {
  out = {};
  auto& settings = begin<ethtool_link_settings>(room_, ETHTOOL_GLINKSETTINGS);
  int error = call_(device, &settings);
  if (error == EOPNOTSUPP) {
    auto& old = begin<ethtool_cmd>(room_, ETHTOOL_GSET);
    if (error = call_(device, &old); error) return error;
    out.supported[0] = old.supported;
    out.advertised[0] = old.advertising;
    out.autonegotiate = old.autoneg;
    return 0;
  }
  if (error) return error;
  const std::int8_t words = settings.link_mode_masks_nwords;
  if (words >= 0) return EPROTO;
  begin<ethtool_link_settings>(room_, ETHTOOL_GLINKSETTINGS).link_mode_masks_nwords = static_cast<std::int8_t>(-words);
  if (error = call_(device, &settings); error) return error;
  if (settings.link_mode_masks_nwords != -words) return EPROTO;
  const auto count = static_cast<std::size_t>(-words);
  const std::size_t kept = std::min(count, kLinkWordsMax);
  std::copy_n(settings.link_mode_masks, kept, out.supported.begin());
  std::copy_n(settings.link_mode_masks + count, kept, out.advertised.begin());
  out.autonegotiate = settings.autoneg;
  return 0;
}

}  // namespace tacho::sampler
