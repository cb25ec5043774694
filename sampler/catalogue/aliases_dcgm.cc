// dcgm-exporter's names, those of DCGM before 4.6 first, which the exporter prints to this day.
//
// Traps    DCGM_FI_DEV_GPU_UTIL_RATIO is a percentage in DCGM 4.6 and a ratio in 4.7: it is answered as a percentage and never read
//          backwards. NVLINK_BANDWIDTH_TOTAL is MiB a second, a gauge, though it is exported as a counter. Violations are nanoseconds.
// Absent   DCGM_EXP_GPU_HEALTH_STATUS, whose values are of a kind of its own; the label DCGM_FI_DRIVER_VERSION, which would cost each
//          question another one (accel_info has it).

#include <cctype>

#include "sampler/catalogue/alias_rows.h"

namespace tacho::sampler {
namespace {

constexpr auto kNo = AliasRow::Backwards::no;
constexpr double kMiB = 1048576;

// clang-format off
constexpr AliasRow kRows[] = {
    // how busy
    {"DCGM_FI_DEV_GPU_UTIL", "accel_utilization_ratio", 100},
    {"DCGM_FI_DEV_GPU_UTIL_RATIO", "accel_utilization_ratio", 100, 1, kNo},
    {"DCGM_FI_PROF_GR_ENGINE_ACTIVE DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO", "accel_utilization_ratio"},
    {"DCGM_FI_DEV_ENC_UTIL", "accel_engine_utilization_ratio{engine=\"encoder\"}", 100},
    {"DCGM_FI_DEV_DEC_UTIL", "accel_engine_utilization_ratio{engine=\"decoder\"}", 100},
    {"DCGM_FI_PROF_SM_ACTIVE DCGM_FI_PROF_SM_UTIL_RATIO", "accel_sm_active_ratio"},
    {"DCGM_FI_PROF_SM_OCCUPANCY DCGM_FI_PROF_SM_OCCUPANCY_RATIO", "accel_sm_occupancy_ratio"},
    {"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE DCGM_FI_PROF_TENSOR_UTIL_RATIO", "accel_pipe_active_ratio{pipe=\"tensor\"}"},
    {"DCGM_FI_PROF_PIPE_FP64_ACTIVE DCGM_FI_PROF_FP64_UTIL_RATIO", "accel_pipe_active_ratio{pipe=\"fp64\"}"},
    {"DCGM_FI_PROF_PIPE_FP32_ACTIVE DCGM_FI_PROF_FP32_UTIL_RATIO", "accel_pipe_active_ratio{pipe=\"fp32\"}"},
    {"DCGM_FI_PROF_PIPE_FP16_ACTIVE DCGM_FI_PROF_FP16_UTIL_RATIO", "accel_pipe_active_ratio{pipe=\"fp16\"}"},
    {"DCGM_FI_PROF_PIPE_INT_ACTIVE DCGM_FI_PROF_INT_UTIL_RATIO", "accel_pipe_active_ratio{pipe=\"int\"}"},
    {"DCGM_FI_PROF_PIPE_TENSOR_IMMA_ACTIVE DCGM_FI_PROF_IMMA_UTIL_RATIO", "accel_pipe_active_ratio{pipe=\"imma\"}"},
    {"DCGM_FI_PROF_PIPE_TENSOR_HMMA_ACTIVE DCGM_FI_PROF_HMMA_UTIL_RATIO", "accel_pipe_active_ratio{pipe=\"hmma\"}"},
    {"DCGM_FI_PROF_PIPE_TENSOR_DFMA_ACTIVE DCGM_FI_PROF_DFMA_UTIL_RATIO", "accel_pipe_active_ratio{pipe=\"dfma\"}"},
    {"DCGM_FI_PROF_DRAM_ACTIVE DCGM_FI_PROF_DRAM_UTIL_RATIO", "accel_memory_bandwidth_utilization_ratio{source=\"\"}"},
    {"DCGM_FI_DEV_MEM_COPY_UTIL", "accel_memory_bandwidth_utilization_ratio{source=\"coarse\"}", 100},
    // memory
    {"DCGM_FI_DEV_FB_TOTAL", "accel_memory_total_bytes", 1, kMiB},
    {"DCGM_FI_DEV_FB_USED", "accel_memory_used_bytes", 1, kMiB},
    {"DCGM_FI_DEV_FB_RESERVED", "accel_memory_reserved_bytes", 1, kMiB},
    // A driver that does not tell what it keeps for itself counts it as used.
    {"DCGM_FI_DEV_FB_FREE", "accel_memory_total_bytes - accel_memory_used_bytes -? accel_memory_reserved_bytes", 1, kMiB, kNo},
    {"DCGM_FI_DEV_FB_USED_PERCENT DCGM_FI_DEV_FB_USED_RATIO", "accel_memory_used_bytes / accel_memory_total_bytes -? accel_memory_reserved_bytes", 1, 1, kNo},
    // heat, power, clocks
    {"DCGM_FI_DEV_GPU_TEMP DCGM_FI_DEV_GPU_TEMP_CELSIUS", "accel_temperature_celsius{sensor=\"core\"}"},
    {"DCGM_FI_DEV_MEMORY_TEMP DCGM_FI_DEV_MEMORY_TEMP_CELSIUS", "accel_temperature_celsius{sensor=\"memory\"}"},
    {"DCGM_FI_DEV_POWER_USAGE DCGM_FI_DEV_BOARD_POWER_WATTS", "accel_power_watts{window=\"average\"}"},
    // Cards before Ampere have no average; DCGM then gives what they have.
    {"DCGM_FI_DEV_POWER_USAGE DCGM_FI_DEV_BOARD_POWER_WATTS", "accel_power_watts{window=\"instant\"}", 1, 1, kNo},
    {"DCGM_FI_DEV_POWER_USAGE_INSTANT DCGM_FI_DEV_BOARD_POWER_RAW_WATTS", "accel_power_watts{window=\"instant\"}"},
    {"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "accel_energy_joules_total", 1000},
    {"DCGM_FI_DEV_ENFORCED_POWER_LIMIT DCGM_FI_DEV_BOARD_POWER_LIMIT_ENFORCED_WATTS", "accel_power_limit_watts{limit=\"enforced\"}"},
    {"DCGM_FI_DEV_POWER_MGMT_LIMIT DCGM_FI_DEV_BOARD_POWER_LIMIT_REQUESTED_WATTS", "accel_power_limit_watts{limit=\"enforced\"}", 1, 1, kNo},
    {"DCGM_FI_DEV_POWER_MGMT_LIMIT_MIN DCGM_FI_DEV_BOARD_POWER_LIMIT_MIN_WATTS", "accel_power_limit_watts{limit=\"min\"}"},
    {"DCGM_FI_DEV_POWER_MGMT_LIMIT_MAX DCGM_FI_DEV_BOARD_POWER_LIMIT_MAX_WATTS", "accel_power_limit_watts{limit=\"max\"}"},
    {"DCGM_FI_DEV_POWER_MGMT_LIMIT_DEF DCGM_FI_DEV_BOARD_POWER_LIMIT_DEFAULT_WATTS", "accel_power_limit_watts{limit=\"default\"}"},
    {"DCGM_FI_DEV_SM_CLOCK", "accel_clock_hertz{domain=\"core\"}", 1, 1e6},
    {"DCGM_FI_DEV_MEM_CLOCK", "accel_clock_hertz{domain=\"memory\"}", 1, 1e6},
    {"DCGM_FI_DEV_VIDEO_CLOCK", "accel_clock_hertz{domain=\"video\"}", 1, 1e6},
    // The bits are NVML's.
    {"DCGM_FI_DEV_CLOCKS_EVENT_REASONS DCGM_FI_DEV_CLOCK_THROTTLE_REASONS",
     "1*accel_throttle_active{reason=\"idle\"} +? 4*accel_throttle_active{reason=\"power_cap\"} +? 8*accel_throttle_active{reason=\"hw_slowdown\"} "
     "+? 16*accel_throttle_active{reason=\"sync_boost\"} +? 32*accel_throttle_active{reason=\"thermal_sw\"} "
     "+? 64*accel_throttle_active{reason=\"thermal_hw\"} +? 128*accel_throttle_active{reason=\"power_brake\"} "
     "+? 256*accel_throttle_active{reason=\"display\"}", 1, 1, kNo},
    {"DCGM_FI_DEV_POWER_VIOLATION", "accel_throttle_seconds_total{reason=\"power_cap\"}", 1e9},
    {"DCGM_FI_DEV_THERMAL_VIOLATION", "accel_throttle_seconds_total{reason=\"thermal\"}", 1e9},
    {"DCGM_FI_DEV_SYNC_BOOST_VIOLATION", "accel_throttle_seconds_total{reason=\"sync_boost\"}", 1e9},
    {"DCGM_FI_DEV_BOARD_LIMIT_VIOLATION", "accel_throttle_seconds_total{reason=\"board_limit\"}", 1e9},
    {"DCGM_FI_DEV_LOW_UTIL_VIOLATION", "accel_throttle_seconds_total{reason=\"low_utilization\"}", 1e9},
    {"DCGM_FI_DEV_RELIABILITY_VIOLATION", "accel_throttle_seconds_total{reason=\"reliability\"}", 1e9},
    // traffic
    {"DCGM_FI_PROF_PCIE_TX_BYTES", "accel_pcie_throughput_bytes_per_second{direction=\"transmit\"}"},
    {"DCGM_FI_PROF_PCIE_RX_BYTES", "accel_pcie_throughput_bytes_per_second{direction=\"receive\"}"},
    {"DCGM_FI_DEV_PCIE_REPLAY_COUNTER DCGM_FI_DEV_PCIE_REPLAY_TOTAL", "accel_pcie_replay_total"},
    {"DCGM_FI_DEV_PCIE_LINK_GEN", "accel_pcie_link_generation"},
    {"DCGM_FI_DEV_PCIE_LINK_WIDTH", "accel_pcie_link_width"},
    {"DCGM_FI_DEV_PCIE_MAX_LINK_GEN", "accel_pcie_link_generation_max"},
    {"DCGM_FI_DEV_PCIE_MAX_LINK_WIDTH", "accel_pcie_link_width_max"},
    {"DCGM_FI_PROF_NVLINK_TX_BYTES", "accel_link_throughput_bytes_per_second{type=\"nvlink\",direction=\"transmit\"}"},
    {"DCGM_FI_PROF_NVLINK_RX_BYTES", "accel_link_throughput_bytes_per_second{type=\"nvlink\",direction=\"receive\"}"},
    {"DCGM_FI_PROF_NVLINK_TX_BYTES", "rate accel_link_transmit_bytes_total{link=\"all\"}", 1, 1, kNo},
    {"DCGM_FI_PROF_NVLINK_RX_BYTES", "rate accel_link_receive_bytes_total{link=\"all\"}", 1, 1, kNo},
    {"DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL DCGM_FI_DEV_NVLINK_THROUGHPUT_TOTAL",
     "rate accel_link_transmit_bytes_total{link=\"all\"} + accel_link_receive_bytes_total{link=\"all\"}", 1, kMiB, kNo},
    {"DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_TOTAL", "accel_link_errors_total{type=\"nvlink\",error=\"crc_flit\"}"},
    {"DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_TOTAL", "accel_link_errors_total{type=\"nvlink\",error=\"crc_data\"}"},
    {"DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL DCGM_FI_DEV_NVLINK_REPLAY_ERROR_TOTAL", "accel_link_errors_total{type=\"nvlink\",error=\"replay\"}"},
    {"DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_TOTAL", "accel_link_errors_total{type=\"nvlink\",error=\"recovery\"}"},
    // errors and state
    {"DCGM_FI_DEV_XID_ERRORS DCGM_FI_DEV_XID_ERROR", "accel_last_error_code"},
    {"DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", "accel_ecc_errors_total{severity=\"corrected\",scope=\"volatile\",location=\"total\"}"},
    {"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "accel_ecc_errors_total{severity=\"uncorrected\",scope=\"volatile\",location=\"total\"}"},
    {"DCGM_FI_DEV_ECC_SBE_AGG_TOTAL", "accel_ecc_errors_total{severity=\"corrected\",scope=\"aggregate\",location=\"total\"}"},
    {"DCGM_FI_DEV_ECC_DBE_AGG_TOTAL", "accel_ecc_errors_total{severity=\"uncorrected\",scope=\"aggregate\",location=\"total\"}"},
    {"DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS DCGM_FI_DEV_ROW_REMAP_UNCORRECTABLE_TOTAL", "accel_memory_remapped_rows_total{cause=\"uncorrected\"}"},
    {"DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS DCGM_FI_DEV_ROW_REMAP_CORRECTABLE_TOTAL", "accel_memory_remapped_rows_total{cause=\"corrected\"}"},
    {"DCGM_FI_DEV_ROW_REMAP_FAILURE DCGM_FI_DEV_ROW_REMAP_FAILED", "accel_memory_remap_failed"},
    {"DCGM_FI_DEV_ROW_REMAP_PENDING", "accel_memory_remap_pending"},
    {"DCGM_FI_DEV_RETIRED_SBE DCGM_FI_DEV_PAGE_RETIRED_SBE_TOTAL", "accel_memory_retired_pages_total{cause=\"corrected\"}"},
    {"DCGM_FI_DEV_RETIRED_DBE DCGM_FI_DEV_PAGE_RETIRED_DBE_TOTAL", "accel_memory_retired_pages_total{cause=\"uncorrected\"}"},
};
// clang-format on

std::string upper(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

// 0000:3b:00.0 and 00000000:3B:00.0
bool is_pci(std::string_view text, std::size_t domain_digits) {
  return text.size() == domain_digits + 8 && text[domain_digits] == ':';
}
std::string long_address(std::string_view text) { return is_pci(text, 4) ? "0000" + upper(text) : ""; }
std::string short_address(std::string_view text) {
  if (!is_pci(text, 8) || !text.starts_with("0000")) return "";
  std::string out;
  for (const char c : text.substr(4)) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string device_name(std::string_view index) { return "nvidia" + std::string(index); }
std::string index_of_device(std::string_view name) { return name.starts_with("nvidia") ? std::string(name.substr(6)) : ""; }

const store::AliasLabel kBack[] = {
    {"accel", "gpu"},       {"uuid", "UUID"},          {"pci_bus_id", "pci_bus_id", short_address, long_address},
    {"model", "modelName"}, {"partition", "GPU_I_ID"}, {"partition_profile", "GPU_I_PROFILE"},
};
constexpr std::string_view kNotBack[] = {"device", "Hostname", "DCGM_FI_DRIVER_VERSION", "err_code", "err_msg"};

}  // namespace

std::span<const AliasRow> dcgm_rows() { return kRows; }

store::AliasLabels dcgm_labels(const std::string& host) {
  store::AliasLabels out;
  out.made = {
      {"gpu", "accel"},
      {"UUID", "uuid"},
      {"pci_bus_id", "pci_bus_id", long_address, short_address},
      {"device", "accel", device_name, index_of_device},
      {"modelName", "model"},
      {"GPU_I_ID", "partition"},
      {"GPU_I_PROFILE", "partition_profile"},
  };
  out.dropped = {"vendor", "link", "type"};
  if (!host.empty()) out.constant = {{"Hostname", host}};
  out.card = {.uuid = "UUID", .address = "pci_bus_id", .index = "gpu", .partition = "GPU_I_ID"};
  return out;
}

Exporter dcgm_exporter() {
  return {.name = "dcgm-exporter", .vendor = "nvidia", .labels = kBack, .dropped = kNotBack, .unread = std::nullopt, .rows = {}};
}

}  // namespace tacho::sampler
