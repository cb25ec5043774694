// Asking the kernel about a network interface: the ioctl SIOCETHTOOL and the few of its questions that are needed.
//
// Shape    what an answer points to lies in this object until the next question.
// Room     names and counters come as many as the driver has at that moment, whatever room was offered (newer kernels may refuse
//          another number than was asked for): a driver that got more queues since it was asked how many would write over what
//          lies behind. So there is a page behind the answers that nobody may write, and too many are an EFAULT.
// Blocks   the kernel holds the lock of its network configuration meanwhile, and the driver may ask its firmware.
// Errors   errno; EOPNOTSUPP: this interface has nothing of the kind (lo).
// Threads  one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace tacho::sampler {

// 0, or an errno; `request` begins with the number of the question and is answered in place. Tests bring their own.
using EthtoolCall = std::function<int(const std::string& device, void* request)>;
EthtoolCall system_ethtool();

class Ethtool {
 public:
  // mlx5 has 19,000 on a machine of 128 CPUs.
  static constexpr std::size_t kCountersMax = 65'536;
  static constexpr std::size_t kNameBytes = 32;
  static constexpr std::size_t kLinkWordsMax = 8;

  struct Driver {
    std::string_view driver, version, firmware, bus, expansion_rom;
    std::uint32_t counters = 0;
    std::span<const char> bytes;  // all of the above, to compare
  };
  // Bit N is ETHTOOL_LINK_MODE_N of <linux/ethtool.h>.
  struct Link {
    std::array<std::uint32_t, kLinkWordsMax> supported{};
    std::array<std::uint32_t, kLinkWordsMax> advertised{};
    std::uint8_t autonegotiate = 0;
  };

  explicit Ethtool(EthtoolCall call);
  ~Ethtool();
  Ethtool(const Ethtool&) = delete;

  int driver(const std::string& device, Driver& out);
  // `count` names of kNameBytes each, ended by a 0 unless they need all of them. ERANGE: the driver has another number of them by now.
  int names(const std::string& device, std::size_t count, std::span<const char>& out);
  // `count` numbers in the order of the names; ERANGE as above.
  int counters(const std::string& device, std::size_t count, std::span<const unsigned long long>& out);
  int link(const std::string& device, Link& out);

 private:
  EthtoolCall call_;
  std::byte* room_;
};

}  // namespace tacho::sampler
