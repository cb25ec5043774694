// What Huawei's device management library (DCMI) looks like to a program: codes, structs, kinds. Our own declarations; nothing of
// Huawei's is needed to build.
//
// Shape    only what tacho calls. Sizes and offsets are checked here; they are the same on x86-64 and aarch64. A struct that has
//          grown between versions is asked for with room behind it (EccInfo).
// Source   the public headers of the driver and of Huawei's exporter, and their documentation for 910B, 910C and 950. Not checked
//          against a card: there was none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tacho::sampler::dcmi {

using U32 = std::uint32_t;
using U64 = std::uint64_t;

enum class Code : std::int32_t {
  success = 0,
  no_function = 1,  // ours: the library does not have it
  parameter = -8001,
  permission = -8002,
  memory = -8003,
  secure_function = -8004,
  inner = -8005,
  timeout = -8006,
  invalid_device = -8007,
  not_exist = -8008,
  ioctl = -8009,
  send = -8010,
  receive = -8011,
  not_ready = -8012,
  in_container = -8013,
  file = -8014,
  resetting = -8015,
  aborted = -8016,
  upgrading = -8017,
  occupied = -8020,
  partition = -8022,
  no_config = -8023,
  not_supported = -8255,
};

enum class UnitType : std::uint32_t { npu = 0, mcu = 1, cpu = 2 };
enum class DieType : std::uint32_t { ndie = 0, vdie = 1, ddie = 2 };
enum class FrequencyType : std::uint32_t { ddr = 1, control_cpu = 2, hbm = 6, aicore = 7, aicore_max = 9, vector = 12 };
// Of what the share is asked for, in percent.
enum class RateType : std::int32_t {
  aicore = 2,
  aicpu = 3,
  control_cpu = 4,
  memory_bandwidth = 5,
  vector = 12,
  npu = 13,
  cube = 14,
};
enum class EccType : std::uint32_t { ddr = 0, sram = 1, hbm = 2 };

inline constexpr U32 kHealthAbsent = 0xffffffff;

struct HbmInfo {
  U64 total_mib;
  U32 mhz;
  U64 used_mib;
  std::int32_t celsius;
  U32 bandwidth_percent;
};
static_assert(sizeof(HbmInfo) == 32 && offsetof(HbmInfo, used_mib) == 16 && offsetof(HbmInfo, bandwidth_percent) == 28);

struct MemoryInfo {
  U64 total_mib, available_mib;
  U32 mhz;
  unsigned long huge_page_bytes, huge_pages, huge_pages_free;
  U32 used_percent;
  unsigned char reserved[60];
};
static_assert(sizeof(MemoryInfo) == 112 && offsetof(MemoryInfo, mhz) == 16 && offsetof(MemoryInfo, used_percent) == 48);

struct MultiRates {
  U32 cube, vector, aicore, npu;
  U32 reserved[8];
};
static_assert(sizeof(MultiRates) == 48);

// 28 bytes in the driver's header, 36 in that of Huawei's exporter: both fit in here.
struct EccInfo {
  std::int32_t enabled;
  U32 single, twofold, total_single, total_double, single_pages, double_pages;
  U32 room[9];
};
static_assert(sizeof(EccInfo) == 64 && offsetof(EccInfo, double_pages) == 24);

struct ProcessInfo {
  std::int32_t pid;
  unsigned long memory_bytes;
};
static_assert(sizeof(ProcessInfo) == 16 && offsetof(ProcessInfo, memory_bytes) == 8);
inline constexpr std::size_t kProcessesMax = 32;

struct ChipInfo {
  char type[32], name[32], version[32];
  U32 aicores;
  char npu_name[32];
};
static_assert(sizeof(ChipInfo) == 132 && offsetof(ChipInfo, npu_name) == 100);

struct PcieInfo {
  U32 vendor, subvendor, device, subdevice;
  std::int32_t domain;
  U32 bus, slot, function;
  unsigned char reserved[32];
};
static_assert(sizeof(PcieInfo) == 64 && offsetof(PcieInfo, domain) == 16 && offsetof(PcieInfo, function) == 28);

struct DieId {
  U32 words[5];
};
static_assert(sizeof(DieId) == 20);

struct Label {
  char product[256], model[256], manufacturer[256], date[256], serial[256];
};
static_assert(sizeof(Label) == 1280 && offsetof(Label, serial) == 1024);

// MB a millisecond.
struct PcieSpan {
  U32 lowest, highest, mean;
};
struct PcieBandwidth {
  std::int32_t profiling_ms;  // in: the call takes so long
  PcieSpan tx_posted, tx_non_posted, tx_completions, tx_latency, rx_posted, rx_non_posted, rx_completions;
};
static_assert(sizeof(PcieBandwidth) == 88 && offsetof(PcieBandwidth, rx_posted) == 52);

// GB a second.
struct HccsBandwidth {
  static constexpr std::size_t kLinks = 16;
  std::int32_t profiling_ms;  // in: the call takes so long
  double total_tx, total_rx;
  double tx[kLinks], rx[kLinks];
};
static_assert(sizeof(HccsBandwidth) == 280 && offsetof(HccsBandwidth, tx) == 24 && offsetof(HccsBandwidth, rx) == 152);

struct PacketStats {
  U64 mac_tx_pause, mac_rx_pause;
  U64 mac_tx_pfc, mac_tx_pfc_priority[8], mac_rx_pfc, mac_rx_pfc_priority[8];
  U64 mac_tx_packets, mac_tx_octets, mac_tx_bad_packets, mac_tx_bad_octets;
  U64 mac_rx_packets, mac_rx_octets, mac_rx_bad_packets, mac_rx_bad_octets, mac_rx_fcs_errors;
  U64 roce_rx_rc, roce_rx_all, roce_rx_errors, roce_tx_rc, roce_tx_all, roce_tx_errors;
  U64 roce_cqe, roce_rx_cnp, roce_tx_cnp, roce_unexpected_ack, roce_out_of_order, roce_verification_errors;
  U64 roce_qp_status_errors, roce_retries, roce_ecn;
  U64 nic_tx_packets, nic_tx_octets, nic_rx_packets, nic_rx_octets;
  std::int64_t seconds, microseconds;
  U64 reserved[8];
};
static_assert(sizeof(PacketStats) == 464 && offsetof(PacketStats, mac_tx_octets) == 21 * 8 &&
              offsetof(PacketStats, roce_rx_errors) == 31 * 8 && offsetof(PacketStats, roce_ecn) == 43 * 8 &&
              offsetof(PacketStats, seconds) == 48 * 8);

}  // namespace tacho::sampler::dcmi
