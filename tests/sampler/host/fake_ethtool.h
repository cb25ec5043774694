// Network interfaces as ethtool's questions see them, made up in a test or read from what `ethtool -i` and `ethtool -S` have printed.
#pragma once

#include <linux/ethtool.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "proto/base/file.h"
#include "proto/base/number.h"
#include "sampler/host/network/ethtool_call.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {

struct FakeNic {
  std::string driver = "mlx5_core", version, firmware, bus;
  std::vector<std::pair<std::string, std::uint64_t>> counters;
  std::vector<std::uint32_t> supported, advertised;  // as many words; none: only the old question is known
  std::uint32_t old_supported = 0, old_advertised = 0;
  std::uint8_t autonegotiate = 0;
  int driver_error = 0, counters_error = 0, names_error = 0, link_error = 0;
  int claimed_too_many = 0;  // what the driver's number of counters is too high by
};

class FakeNics {
 public:
  std::map<std::string, FakeNic> nics;
  std::map<std::uint32_t, int> asked;  // how often, by question

  // Refers to this object.
  EthtoolCall call() {
    return [this](const std::string& device, void* request) {
      std::uint32_t command = 0;
      std::memcpy(&command, request, sizeof command);
      ++asked[command];
      const auto nic = nics.find(device);
      return nic == nics.end() ? ENODEV : answer(nic->second, command, request);
    };
  }

  // Lines "driver: mlx5_core", then "NIC statistics:" and lines "     rx_packets: 7".
  static FakeNic parse(std::string_view text) {
    FakeNic nic{.link_error = EOPNOTSUPP};
    bool statistics = false;
    for (Lines lines(text); lines.next();) {
      std::string_view value = lines.line();
      skip_blanks(value);
      // The last colon: counters of some drivers have them in their names.
      const std::size_t colon = value.rfind(": ");
      const std::string key(value.substr(0, std::min(colon, value.size())));
      if (colon == std::string_view::npos) {
        statistics = statistics || key == "NIC statistics:";
        continue;
      }
      value.remove_prefix(colon + 2);
      if (statistics) nic.counters.emplace_back(key, take_u64(value).value_or(0));
      if (!statistics && key == "driver") nic.driver = value;
      if (!statistics && key == "version") nic.version = value;
      if (!statistics && key == "firmware-version") nic.firmware = value;
      if (!statistics && key == "bus-info") nic.bus = value;
    }
    return nic;
  }

 private:
  template <std::size_t N>
  static void set(char (&field)[N], const std::string& text) {
    std::copy_n(text.begin(), std::min(text.size(), N - 1), field);
  }

  static int answer(const FakeNic& nic, std::uint32_t command, void* request) {
    if (command == ETHTOOL_GDRVINFO) return answer(nic, *static_cast<ethtool_drvinfo*>(request));
    if (command == ETHTOOL_GSTRINGS) return answer(nic, *static_cast<ethtool_gstrings*>(request));
    if (command == ETHTOOL_GSTATS) return answer(nic, *static_cast<ethtool_stats*>(request));
    if (command == ETHTOOL_GLINKSETTINGS) return answer(nic, *static_cast<ethtool_link_settings*>(request));
    if (command == ETHTOOL_GSET) return answer(nic, *static_cast<ethtool_cmd*>(request));
    return EINVAL;
  }

  static int answer(const FakeNic& nic, ethtool_drvinfo& out) {
    if (nic.driver_error) return nic.driver_error;
    set(out.driver, nic.driver);
    set(out.version, nic.version);
    set(out.fw_version, nic.firmware);
    set(out.bus_info, nic.bus);
    out.n_stats = static_cast<std::uint32_t>(static_cast<int>(nic.counters.size()) + nic.claimed_too_many);
    return 0;
  }

  // As older kernels do it: whatever room was offered.
  static int answer(const FakeNic& nic, ethtool_gstrings& out) {
    if (nic.names_error) return nic.names_error;
    out.len = static_cast<std::uint32_t>(nic.counters.size());
    std::size_t at = 0;
    for (const auto& [name, value] : nic.counters) {
      std::memset(out.data + at, 0, ETH_GSTRING_LEN);
      std::copy_n(name.begin(), std::min<std::size_t>(name.size(), ETH_GSTRING_LEN), out.data + at);
      at += ETH_GSTRING_LEN;
    }
    return 0;
  }

  static int answer(const FakeNic& nic, ethtool_stats& out) {
    if (nic.counters_error) return nic.counters_error;
    out.n_stats = static_cast<std::uint32_t>(nic.counters.size());
    std::size_t i = 0;
    for (const auto& [name, value] : nic.counters) out.data[i++] = value;
    return 0;
  }

  static int answer(const FakeNic& nic, ethtool_link_settings& out) {
    if (nic.link_error) return nic.link_error;
    if (nic.supported.empty()) return EOPNOTSUPP;
    const auto words = static_cast<std::int8_t>(nic.supported.size());
    if (out.link_mode_masks_nwords != words) {
      out.link_mode_masks_nwords = static_cast<std::int8_t>(-words);
      return 0;
    }
    std::copy(nic.supported.begin(), nic.supported.end(), out.link_mode_masks);
    std::copy(nic.advertised.begin(), nic.advertised.end(), out.link_mode_masks + words);
    out.autoneg = nic.autonegotiate;
    return 0;
  }

  static int answer(const FakeNic& nic, ethtool_cmd& out) {
    if (nic.link_error) return nic.link_error;
    out.supported = nic.old_supported;
    out.advertising = nic.old_advertised;
    out.autoneg = nic.autonegotiate;
    return 0;
  }
};

}  // namespace tacho::sampler
