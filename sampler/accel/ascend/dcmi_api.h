// libdcmi.so, opened at run time: a table of its functions, of which each may be missing.
//
// Eras     a device is addressed by card and device number (dcmi_...), or, on Ascend 950, by one number alone (dcmiv2_...; there the
//          functions of the first kind answer -8255). Call holds both forms of a function; ascend_card.h takes the one that its
//          device has. Of the second kind only those are looked up whose parameters are documented.
// Life     DCMI has no call that ends it: once initialised the library stays open to the end of the process.
// Threads  DCMI's functions may be called from any thread; Huawei's own exporter does, a thread a device.
// Errors   open(): a file that is not there, or is no DCMI. Calls answer with a Code; nothing throws.
// Local    symbols stay ours (RTLD_LOCAL) where the library can live with that; some of its releases find their own parts only among
//          global ones, or leave functions open until they are called: then they are opened as Huawei's programs do it.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/error.h"
#include "sampler/accel/ascend/dcmi_abi.h"
#include "sampler/accel/shared_library.h"

namespace tacho::sampler::dcmi {

// A function for one device, in the forms that the library has.
template <class... P>
struct Call {
  Code (*v1)(int card, int device, P...) = nullptr;
  Code (*v2)(int device, P...) = nullptr;
};

// member, symbol, parameters
#define TACHO_DCMI_PLAIN(X)                                                   \
  X(init, "dcmi_init", ())                                                    \
  X(init_v2, "dcmiv2_init", ())                                               \
  X(dcmi_version, "dcmi_get_dcmi_version", (char*, U32))                      \
  X(driver_version, "dcmi_get_driver_version", (char*, U32))                  \
  X(card_list, "dcmi_get_card_list", (int*, int*, int))                       \
  X(card_num_list, "dcmi_get_card_num_list", (int*, int*, int))               \
  X(device_num_in_card, "dcmi_get_device_num_in_card", (int, int*))           \
  X(device_id_in_card, "dcmi_get_device_id_in_card", (int, int*, int*, int*)) \
  X(device_list_v2, "dcmiv2_get_device_list", (int*, int*, int))              \
  X(logic_id, "dcmi_get_device_logic_id", (int*, int, int))                   \
  X(physical_id, "dcmi_get_device_phyid_from_logicid", (U32, U32*))

// member, the symbol after its beginning, parameters after the device
#define TACHO_DCMI_V1(X)                                            \
  X(device_type, "get_device_type", UnitType*)                      \
  X(chip_info, "get_device_chip_info_v2", ChipInfo*)                \
  X(pcie_info, "get_device_pcie_info_v2", PcieInfo*)                \
  X(die_id, "get_device_die_v2", DieType, DieId*)                   \
  X(label, "get_device_elabel_info", Label*)                        \
  X(error_codes, "get_device_errorcode_v2", int*, U32*, U32)        \
  X(voltage, "get_device_voltage", U32*)                            \
  X(memory_info, "get_device_memory_info_v3", MemoryInfo*)          \
  X(ecc_info, "get_device_ecc_info", EccType, EccInfo*)             \
  X(processes, "get_device_resource_info", ProcessInfo*, int*)      \
  X(packet_stats, "get_netdev_pkt_stats_info", int, PacketStats*)   \
  X(pcie_bandwidth, "get_pcie_link_bandwidth_info", PcieBandwidth*) \
  X(hccs_bandwidth, "get_hccs_link_bandwidth_info", HccsBandwidth*)

#define TACHO_DCMI_BOTH(X)                                         \
  X(rate, "get_device_utilization_rate", RateType, U32*)           \
  X(multi_rates, "get_device_multi_utilization_rate", MultiRates*) \
  X(health, "get_device_health", U32*)                             \
  X(power, "get_device_power_info", std::int32_t*)                 \
  X(temperature, "get_device_temperature", std::int32_t*)          \
  X(hbm_info, "get_device_hbm_info", HbmInfo*)                     \
  X(frequency, "get_device_frequency", FrequencyType, U32*)        \
  X(network_health, "get_device_network_health", U32*)

struct Functions {
#define X(member, symbol, parameters) Code(*member) parameters = nullptr;  // NOLINT(bugprone-macro-parentheses)
  TACHO_DCMI_PLAIN(X)
#undef X
#define X(member, symbol, ...) Call<__VA_ARGS__> member;
  TACHO_DCMI_V1(X)
  TACHO_DCMI_BOTH(X)
#undef X
};

class Library {
 public:
  // The first of `paths` that can be opened; a path without a slash is looked for where the loader looks.
  static Result<std::shared_ptr<Library>> open(std::span<const std::string> paths);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const Functions& functions() const { return functions_; }
  const std::string& path() const { return path_; }
  // Before the first call: from now on it stays open.
  void keep() { library_.keep(); }

 private:
  Library(SharedLibrary library, const Functions& functions)
      : path_(library.path()), library_(std::move(library)), functions_(functions) {}

  std::string path_;
  SharedLibrary library_;
  Functions functions_;
};

// "not supported"; for codes that are not documented, "error".
std::string_view text_of(Code code);
// The device does not have this, or this process may not: asking again will not help soon.
bool is_unsupported(Code code);
// Nothing can be read from the device until it has been found anew.
bool is_lost(Code code);

}  // namespace tacho::sampler::dcmi

// "not supported (-8255)"
template <>
struct fmt::formatter<tacho::sampler::dcmi::Code> {
  static constexpr auto parse(fmt::format_parse_context& ctx) { return ctx.begin(); }
  static auto format(tacho::sampler::dcmi::Code code, fmt::format_context& ctx) {
    if (code == tacho::sampler::dcmi::Code::no_function) return fmt::format_to(ctx.out(), "{}", text_of(code));
    return fmt::format_to(ctx.out(), "{} ({})", text_of(code), static_cast<int>(code));
  }
};
