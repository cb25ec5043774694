// The tables of aliases, row by row: what is kept on a card, and what a dashboard for another exporter finds of it.
#include "sampler/aliases.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "sampler/catalogue.h"
#include "store/aliases/view.h"
#include "store/memory_store.h"

namespace tacho::sampler {
namespace {

constexpr store::TimeRange kAll{0, 1'000'000'000};

// Lines of OpenMetrics text, asked through the aliases.
struct Node {
  store::MemoryStore kept;
  store::AliasView view;

  explicit Node(const std::string& text)
      : kept(store::MemoryStore::parse(text + "# EOF\n", "test.om").value()), view(kept, make_alias_table("node7")) {}

  // "{labels} value" a line, of the newest sample.
  std::string newest(const std::string& name) const {
    const auto s = view.select(std::vector{store::Matcher::equal(std::string(kMetricName), name)}, kAll, {});
    REQUIRE(s);
    std::string out;
    for (const store::SeriesView& v : s->series) {
      Labels labels = v.labels();
      labels.erase(kMetricName);
      out += (out.empty() ? "" : "\n") + fmt::format("{} {}", labels.to_string(), v.values.back());
    }
    return out;
  }
};

const std::string kCard = R"(vendor="nvidia",accel="3",uuid="GPU-1",pci_bus_id="0000:3b:00.0",model="NVIDIA H100")";
const std::string kDcgm =
    R"({Hostname="node7",UUID="GPU-1",device="nvidia3",gpu="3",modelName="NVIDIA H100",pci_bus_id="00000000:3B:00.0"} )";
const std::string kChip = R"(vendor="huawei",accel="5",uuid="64036E64-00A07559",pci_bus_id="0000:c1:00.0",model="910B3")";
const std::string kNpu = R"({id="5",model_name="910B3",pcie_bus_info="0000:C1:00.0",vdie_id="64036E64-00A07559"} )";

// A sample of a card: metric{more}.
std::string of(const std::string& card, const std::string& metric, const std::string& more, const std::string& value,
               int t = 100) {
  return metric + "{" + card + (more.empty() ? "" : "," + more) + "} " + value + " " + std::to_string(t) + "\n";
}

struct Row {
  std::string alias;
  std::string metric;
  std::string more;
  std::string value;
  std::string becomes;
};

// The facts' table, restated value by value.
const Row kDcgmRows[] = {
    {"DCGM_FI_DEV_GPU_UTIL", "accel_utilization_ratio", "", "0.29", "29"},
    {"DCGM_FI_DEV_GPU_UTIL_RATIO", "accel_utilization_ratio", "", "0.29", "29"},
    {"DCGM_FI_PROF_GR_ENGINE_ACTIVE", "accel_utilization_ratio", "", "0.29", "0.29"},
    {"DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO", "accel_utilization_ratio", "", "0.29", "0.29"},
    {"DCGM_FI_DEV_ENC_UTIL", "accel_engine_utilization_ratio", R"(engine="encoder")", "0.07", "7"},
    {"DCGM_FI_DEV_DEC_UTIL", "accel_engine_utilization_ratio", R"(engine="decoder")", "0.57", "57"},
    {"DCGM_FI_PROF_SM_ACTIVE", "accel_sm_active_ratio", "", "0.812345", "0.812345"},
    {"DCGM_FI_PROF_SM_UTIL_RATIO", "accel_sm_active_ratio", "", "0.5", "0.5"},
    {"DCGM_FI_PROF_SM_OCCUPANCY", "accel_sm_occupancy_ratio", "", "0.4", "0.4"},
    {"DCGM_FI_PROF_SM_OCCUPANCY_RATIO", "accel_sm_occupancy_ratio", "", "0.4", "0.4"},
    {"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "accel_pipe_active_ratio", R"(pipe="tensor")", "0.6", "0.6"},
    {"DCGM_FI_PROF_TENSOR_UTIL_RATIO", "accel_pipe_active_ratio", R"(pipe="tensor")", "0.6", "0.6"},
    {"DCGM_FI_PROF_PIPE_FP64_ACTIVE", "accel_pipe_active_ratio", R"(pipe="fp64")", "0.1", "0.1"},
    {"DCGM_FI_PROF_PIPE_FP32_ACTIVE", "accel_pipe_active_ratio", R"(pipe="fp32")", "0.2", "0.2"},
    {"DCGM_FI_PROF_PIPE_FP16_ACTIVE", "accel_pipe_active_ratio", R"(pipe="fp16")", "0.3", "0.3"},
    {"DCGM_FI_PROF_FP64_UTIL_RATIO", "accel_pipe_active_ratio", R"(pipe="fp64")", "0.1", "0.1"},
    {"DCGM_FI_PROF_FP32_UTIL_RATIO", "accel_pipe_active_ratio", R"(pipe="fp32")", "0.2", "0.2"},
    {"DCGM_FI_PROF_FP16_UTIL_RATIO", "accel_pipe_active_ratio", R"(pipe="fp16")", "0.3", "0.3"},
    {"DCGM_FI_PROF_PIPE_INT_ACTIVE", "accel_pipe_active_ratio", R"(pipe="int")", "0.3", "0.3"},
    {"DCGM_FI_PROF_INT_UTIL_RATIO", "accel_pipe_active_ratio", R"(pipe="int")", "0.3", "0.3"},
    {"DCGM_FI_PROF_PIPE_TENSOR_IMMA_ACTIVE", "accel_pipe_active_ratio", R"(pipe="imma")", "0.3", "0.3"},
    {"DCGM_FI_PROF_IMMA_UTIL_RATIO", "accel_pipe_active_ratio", R"(pipe="imma")", "0.3", "0.3"},
    {"DCGM_FI_PROF_PIPE_TENSOR_HMMA_ACTIVE", "accel_pipe_active_ratio", R"(pipe="hmma")", "0.3", "0.3"},
    {"DCGM_FI_PROF_HMMA_UTIL_RATIO", "accel_pipe_active_ratio", R"(pipe="hmma")", "0.3", "0.3"},
    {"DCGM_FI_PROF_PIPE_TENSOR_DFMA_ACTIVE", "accel_pipe_active_ratio", R"(pipe="dfma")", "0.3", "0.3"},
    {"DCGM_FI_PROF_DFMA_UTIL_RATIO", "accel_pipe_active_ratio", R"(pipe="dfma")", "0.3", "0.3"},
    {"DCGM_FI_PROF_DRAM_ACTIVE", "accel_memory_bandwidth_utilization_ratio", "", "0.45", "0.45"},
    {"DCGM_FI_PROF_DRAM_UTIL_RATIO", "accel_memory_bandwidth_utilization_ratio", "", "0.45", "0.45"},
    {"DCGM_FI_DEV_MEM_COPY_UTIL", "accel_memory_bandwidth_utilization_ratio", R"(source="coarse")", "0.58", "58"},
    {"DCGM_FI_DEV_FB_TOTAL", "accel_memory_total_bytes", "", "85520809984", "81559"},
    {"DCGM_FI_DEV_FB_USED", "accel_memory_used_bytes", "", "1048576", "1"},
    {"DCGM_FI_DEV_FB_RESERVED", "accel_memory_reserved_bytes", "", "524288", "0.5"},
    {"DCGM_FI_DEV_GPU_TEMP", "accel_temperature_celsius", R"(sensor="core")", "61", "61"},
    {"DCGM_FI_DEV_GPU_TEMP_CELSIUS", "accel_temperature_celsius", R"(sensor="core")", "61", "61"},
    {"DCGM_FI_DEV_MEMORY_TEMP", "accel_temperature_celsius", R"(sensor="memory")", "71", "71"},
    {"DCGM_FI_DEV_MEMORY_TEMP_CELSIUS", "accel_temperature_celsius", R"(sensor="memory")", "71", "71"},
    {"DCGM_FI_DEV_POWER_USAGE", "accel_power_watts", R"(window="average")", "312.345", "312.345"},
    {"DCGM_FI_DEV_BOARD_POWER_WATTS", "accel_power_watts", R"(window="average")", "312.345", "312.345"},
    {"DCGM_FI_DEV_POWER_USAGE", "accel_power_watts", R"(window="instant")", "300", "300"},
    {"DCGM_FI_DEV_BOARD_POWER_WATTS", "accel_power_watts", R"(window="instant")", "300", "300"},
    {"DCGM_FI_DEV_POWER_USAGE_INSTANT", "accel_power_watts", R"(window="instant")", "300", "300"},
    {"DCGM_FI_DEV_BOARD_POWER_RAW_WATTS", "accel_power_watts", R"(window="instant")", "300", "300"},
    {"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "accel_energy_joules_total", "", "123456789.123", "123456789123"},
    {"DCGM_FI_DEV_ENFORCED_POWER_LIMIT", "accel_power_limit_watts", R"(limit="enforced")", "700", "700"},
    {"DCGM_FI_DEV_BOARD_POWER_LIMIT_ENFORCED_WATTS", "accel_power_limit_watts", R"(limit="enforced")", "700", "700"},
    {"DCGM_FI_DEV_POWER_MGMT_LIMIT", "accel_power_limit_watts", R"(limit="enforced")", "700", "700"},
    {"DCGM_FI_DEV_BOARD_POWER_LIMIT_REQUESTED_WATTS", "accel_power_limit_watts", R"(limit="enforced")", "700", "700"},
    {"DCGM_FI_DEV_POWER_MGMT_LIMIT_MIN", "accel_power_limit_watts", R"(limit="min")", "200", "200"},
    {"DCGM_FI_DEV_BOARD_POWER_LIMIT_MIN_WATTS", "accel_power_limit_watts", R"(limit="min")", "200", "200"},
    {"DCGM_FI_DEV_POWER_MGMT_LIMIT_MAX", "accel_power_limit_watts", R"(limit="max")", "700", "700"},
    {"DCGM_FI_DEV_BOARD_POWER_LIMIT_MAX_WATTS", "accel_power_limit_watts", R"(limit="max")", "700", "700"},
    {"DCGM_FI_DEV_POWER_MGMT_LIMIT_DEF", "accel_power_limit_watts", R"(limit="default")", "700", "700"},
    {"DCGM_FI_DEV_BOARD_POWER_LIMIT_DEFAULT_WATTS", "accel_power_limit_watts", R"(limit="default")", "700", "700"},
    {"DCGM_FI_DEV_SM_CLOCK", "accel_clock_hertz", R"(domain="core")", "1980000000", "1980"},
    {"DCGM_FI_DEV_MEM_CLOCK", "accel_clock_hertz", R"(domain="memory")", "2619000000", "2619"},
    {"DCGM_FI_DEV_VIDEO_CLOCK", "accel_clock_hertz", R"(domain="video")", "1545000000", "1545"},
    {"DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "accel_throttle_active", R"(reason="idle")", "1", "1"},
    {"DCGM_FI_DEV_CLOCK_THROTTLE_REASONS", "accel_throttle_active", R"(reason="idle")", "0", "0"},
    {"DCGM_FI_DEV_POWER_VIOLATION", "accel_throttle_seconds_total", R"(reason="power_cap")", "12.000000345", "12000000345"},
    {"DCGM_FI_DEV_THERMAL_VIOLATION", "accel_throttle_seconds_total", R"(reason="thermal")", "0.1", "100000000"},
    {"DCGM_FI_DEV_SYNC_BOOST_VIOLATION", "accel_throttle_seconds_total", R"(reason="sync_boost")", "0.1", "100000000"},
    {"DCGM_FI_DEV_BOARD_LIMIT_VIOLATION", "accel_throttle_seconds_total", R"(reason="board_limit")", "0.1", "100000000"},
    {"DCGM_FI_DEV_LOW_UTIL_VIOLATION", "accel_throttle_seconds_total", R"(reason="low_utilization")", "0.1", "100000000"},
    {"DCGM_FI_DEV_RELIABILITY_VIOLATION", "accel_throttle_seconds_total", R"(reason="reliability")", "0.1", "100000000"},
    {"DCGM_FI_PROF_PCIE_TX_BYTES", "accel_pcie_throughput_bytes_per_second", R"(direction="transmit")", "1e9", "1000000000"},
    {"DCGM_FI_PROF_PCIE_RX_BYTES", "accel_pcie_throughput_bytes_per_second", R"(direction="receive")", "2e9", "2000000000"},
    {"DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "accel_pcie_replay_total", "", "4", "4"},
    {"DCGM_FI_DEV_PCIE_REPLAY_TOTAL", "accel_pcie_replay_total", "", "4", "4"},
    {"DCGM_FI_DEV_PCIE_LINK_GEN", "accel_pcie_link_generation", "", "5", "5"},
    {"DCGM_FI_DEV_PCIE_LINK_WIDTH", "accel_pcie_link_width", "", "16", "16"},
    {"DCGM_FI_DEV_PCIE_MAX_LINK_GEN", "accel_pcie_link_generation_max", "", "5", "5"},
    {"DCGM_FI_DEV_PCIE_MAX_LINK_WIDTH", "accel_pcie_link_width_max", "", "16", "16"},
    {"DCGM_FI_PROF_NVLINK_TX_BYTES", "accel_link_throughput_bytes_per_second", R"(type="nvlink",direction="transmit")", "5", "5"},
    {"DCGM_FI_PROF_NVLINK_RX_BYTES", "accel_link_throughput_bytes_per_second", R"(type="nvlink",direction="receive")", "6", "6"},
    {"DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", "accel_link_errors_total", R"(type="nvlink",link="4",error="crc_flit")",
     "6", "6"},
    {"DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_TOTAL", "accel_link_errors_total", R"(type="nvlink",link="4",error="crc_flit")", "6",
     "6"},
    {"DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL", "accel_link_errors_total", R"(type="nvlink",link="4",error="crc_data")",
     "6", "6"},
    {"DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_TOTAL", "accel_link_errors_total", R"(type="nvlink",link="4",error="crc_data")", "6",
     "6"},
    {"DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL", "accel_link_errors_total", R"(type="nvlink",link="4",error="replay")", "6",
     "6"},
    {"DCGM_FI_DEV_NVLINK_REPLAY_ERROR_TOTAL", "accel_link_errors_total", R"(type="nvlink",link="4",error="replay")", "6", "6"},
    {"DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL", "accel_link_errors_total", R"(type="nvlink",link="4",error="recovery")",
     "6", "6"},
    {"DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_TOTAL", "accel_link_errors_total", R"(type="nvlink",link="4",error="recovery")", "6",
     "6"},
    {"DCGM_FI_DEV_XID_ERRORS", "accel_last_error_code", "", "79", "79"},
    {"DCGM_FI_DEV_XID_ERROR", "accel_last_error_code", "", "0", "0"},
    {"DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", "accel_ecc_errors_total", R"(severity="corrected",scope="volatile",location="total")", "3",
     "3"},
    {"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "accel_ecc_errors_total", R"(severity="uncorrected",scope="volatile",location="total")",
     "3", "3"},
    {"DCGM_FI_DEV_ECC_SBE_AGG_TOTAL", "accel_ecc_errors_total", R"(severity="corrected",scope="aggregate",location="total")", "3",
     "3"},
    {"DCGM_FI_DEV_ECC_DBE_AGG_TOTAL", "accel_ecc_errors_total", R"(severity="uncorrected",scope="aggregate",location="total")",
     "3", "3"},
    {"DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "accel_memory_remapped_rows_total", R"(cause="uncorrected")", "2", "2"},
    {"DCGM_FI_DEV_ROW_REMAP_UNCORRECTABLE_TOTAL", "accel_memory_remapped_rows_total", R"(cause="uncorrected")", "2", "2"},
    {"DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "accel_memory_remapped_rows_total", R"(cause="corrected")", "2", "2"},
    {"DCGM_FI_DEV_ROW_REMAP_CORRECTABLE_TOTAL", "accel_memory_remapped_rows_total", R"(cause="corrected")", "2", "2"},
    {"DCGM_FI_DEV_ROW_REMAP_FAILURE", "accel_memory_remap_failed", "", "1", "1"},
    {"DCGM_FI_DEV_ROW_REMAP_FAILED", "accel_memory_remap_failed", "", "1", "1"},
    {"DCGM_FI_DEV_ROW_REMAP_PENDING", "accel_memory_remap_pending", "", "1", "1"},
    {"DCGM_FI_DEV_RETIRED_SBE", "accel_memory_retired_pages_total", R"(cause="corrected")", "8", "8"},
    {"DCGM_FI_DEV_PAGE_RETIRED_SBE_TOTAL", "accel_memory_retired_pages_total", R"(cause="corrected")", "8", "8"},
    {"DCGM_FI_DEV_RETIRED_DBE", "accel_memory_retired_pages_total", R"(cause="uncorrected")", "8", "8"},
    {"DCGM_FI_DEV_PAGE_RETIRED_DBE_TOTAL", "accel_memory_retired_pages_total", R"(cause="uncorrected")", "8", "8"},
};

const Row kNpuRows[] = {
    {"npu_chip_info_health_status", "accel_health_status", "", "1", "1"},
    {"npu_chip_info_error_code", "accel_last_error_code", "", "2164261379", "2164261379"},
    {"npu_chip_info_overall_utilization", "accel_utilization_ratio", "", "0.57", "57"},
    {"npu_chip_info_utilization", "accel_engine_utilization_ratio", R"(engine="aicore")", "0.29", "29"},
    {"npu_chip_info_vector_utilization", "accel_engine_utilization_ratio", R"(engine="vector")", "0.07", "7"},
    {"npu_chip_info_cube_utilization", "accel_engine_utilization_ratio", R"(engine="cube")", "1", "100"},
    {"npu_chip_info_aicore_current_freq", "accel_clock_hertz", R"(domain="core")", "1800000000", "1800"},
    {"npu_chip_info_temperature", "accel_temperature_celsius", R"(sensor="core")", "47", "47"},
    {"npu_chip_info_hbm_temperature", "accel_temperature_celsius", R"(sensor="memory")", "45", "45"},
    {"npu_chip_info_power", "accel_power_watts", R"(window="instant")", "92.7", "92.7"},
    {"npu_chip_info_power", "accel_power_watts", R"(window="average")", "92.7", "92.7"},
    {"npu_chip_info_voltage", "accel_voltage_volts", R"(rail="core")", "0.89", "0.89"},
    {"npu_chip_info_hbm_total_memory", "accel_memory_total_bytes", "", "68719476736", "65536"},
    {"npu_chip_info_hbm_used_memory", "accel_memory_used_bytes", "", "3565158400", "3400"},
    {"npu_chip_info_hbm_bandwidth_utilization", "accel_memory_bandwidth_utilization_ratio", "", "0.14", "14"},
    {"npu_chip_info_hbm_ecc_enable_flag", "accel_ecc_enabled", "", "1", "1"},
    {"npu_chip_info_hbm_ecc_single_bit_error_cnt", "accel_ecc_errors_total",
     R"(severity="corrected",scope="volatile",location="dram")", "3", "3"},
    {"npu_chip_info_hbm_ecc_double_bit_error_cnt", "accel_ecc_errors_total",
     R"(severity="uncorrected",scope="volatile",location="dram")", "3", "3"},
    {"npu_chip_info_hbm_ecc_total_single_bit_error_cnt", "accel_ecc_errors_total",
     R"(severity="corrected",scope="aggregate",location="dram")", "3", "3"},
    {"npu_chip_info_hbm_ecc_total_double_bit_error_cnt", "accel_ecc_errors_total",
     R"(severity="uncorrected",scope="aggregate",location="dram")", "3", "3"},
    {"npu_chip_info_hbm_ecc_single_bit_isolated_pages_cnt", "accel_memory_retired_pages_total", R"(cause="corrected")", "2", "2"},
    {"npu_chip_info_hbm_ecc_double_bit_isolated_pages_cnt", "accel_memory_retired_pages_total", R"(cause="uncorrected")", "2",
     "2"},
    {"npu_chip_info_pcie_tx_p_bw", "accel_pcie_throughput_bytes_per_second", R"(direction="transmit")", "2e9", "2"},
    {"npu_chip_info_pcie_rx_p_bw", "accel_pcie_throughput_bytes_per_second", R"(direction="receive")", "3e9", "3"},
    {"npu_chip_info_hccs_bandwidth_info_total_tx", "accel_link_throughput_bytes_per_second",
     R"(type="hccs",link="all",direction="transmit")", "4e9", "4"},
    {"npu_chip_info_hccs_bandwidth_info_total_rx", "accel_link_throughput_bytes_per_second",
     R"(type="hccs",link="all",direction="receive")", "4e9", "4"},
    {"npu_chip_info_bandwidth_tx", "accel_link_throughput_bytes_per_second", R"(type="roce",direction="transmit")", "4e9",
     "4000"},
    {"npu_chip_info_bandwidth_rx", "accel_link_throughput_bytes_per_second", R"(type="roce",direction="receive")", "4e9", "4000"},
    {"npu_chip_info_link_status", "accel_link_up", R"(type="roce")", "1", "1"},
    {"npu_chip_info_network_status", "accel_link_up", R"(type="roce")", "0", "0"},
    {"npu_chip_link_speed", "accel_link_speed_bytes_per_second", R"(type="roce")", "25000000000", "200000"},
    {"npu_chip_info_rx_fcs_num", "accel_link_errors_total", R"(type="roce",error="fcs")", "1", "1"},
    {"npu_chip_mac_tx_bad_pkt_num", "accel_link_errors_total", R"(type="roce",link="0",error="mac_transmit")", "1", "1"},
    {"npu_chip_mac_rx_bad_pkt_num", "accel_link_errors_total", R"(type="roce",link="0",error="mac_receive")", "1", "1"},
    {"npu_chip_roce_tx_err_pkt_num", "accel_link_errors_total", R"(type="roce",link="0",error="roce_transmit")", "1", "1"},
    {"npu_chip_roce_rx_err_pkt_num", "accel_link_errors_total", R"(type="roce",link="0",error="roce_receive")", "1", "1"},
    {"npu_chip_roce_new_pkt_rty_num", "accel_link_errors_total", R"(type="roce",link="0",error="retry")", "1", "1"},
    {"npu_chip_roce_out_of_order_num", "accel_link_errors_total", R"(type="roce",link="0",error="out_of_order")", "1", "1"},
    {"npu_chip_roce_unexpected_ack_num", "accel_link_errors_total", R"(type="roce",link="0",error="unexpected_ack")", "1", "1"},
    {"npu_chip_roce_verification_err_num", "accel_link_errors_total", R"(type="roce",link="0",error="verification")", "1", "1"},
    {"npu_chip_roce_qp_status_err_num", "accel_link_errors_total", R"(type="roce",link="0",error="qp_status")", "1", "1"},
    {"npu_chip_mac_tx_pfc_pkt_num", "accel_rdma_congestion_packets_total",
     R"(type="roce",link="0",direction="transmit",kind="pfc")", "1", "1"},
    {"npu_chip_mac_rx_pfc_pkt_num", "accel_rdma_congestion_packets_total",
     R"(type="roce",link="0",direction="receive",kind="pfc")", "1", "1"},
    {"npu_chip_mac_tx_pause_num", "accel_rdma_congestion_packets_total",
     R"(type="roce",link="0",direction="transmit",kind="pause")", "1", "1"},
    {"npu_chip_mac_rx_pause_num", "accel_rdma_congestion_packets_total",
     R"(type="roce",link="0",direction="receive",kind="pause")", "1", "1"},
    {"npu_chip_roce_tx_cnp_pkt_num", "accel_rdma_congestion_packets_total",
     R"(type="roce",link="0",direction="transmit",kind="cnp")", "1", "1"},
    {"npu_chip_roce_rx_cnp_pkt_num", "accel_rdma_congestion_packets_total",
     R"(type="roce",link="0",direction="receive",kind="cnp")", "1", "1"},
    {"npu_chip_info_rx_ecn_num", "accel_rdma_congestion_packets_total", R"(type="roce",link="0",direction="receive",kind="ecn")",
     "1", "1"},
    {"npu_chip_info_process_info_num", "accel_processes", "", "2", "2"},
};

// Aliases of more than one series, and those whose labels are others: they have cases of their own below.
const std::set<std::string> kOthers{"DCGM_FI_DEV_FB_FREE",
                                    "DCGM_FI_DEV_FB_USED_PERCENT",
                                    "DCGM_FI_DEV_FB_USED_RATIO",
                                    "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
                                    "DCGM_FI_DEV_NVLINK_THROUGHPUT_TOTAL",
                                    "npu_chip_info_hbm_utilization",
                                    "npu_chip_info_process_info",
                                    "machine_npu_nums"};

}  // namespace

TEST_CASE("every alias, unit by unit") {
  std::set<std::string> seen = kOthers;
  for (const Row& row : kDcgmRows) {
    INFO(row.alias);
    CHECK(Node(of(kCard, row.metric, row.more, row.value)).newest(row.alias) == kDcgm + row.becomes);
    // Another vendor's card is none of dcgm-exporter's.
    CHECK(Node(of(kChip, row.metric, row.more, row.value)).newest(row.alias).empty());
    seen.insert(row.alias);
  }
  for (const Row& row : kNpuRows) {
    INFO(row.alias);
    CHECK(Node(of(kChip, row.metric, row.more, row.value)).newest(row.alias) == kNpu + row.becomes);
    CHECK(Node(of(kCard, row.metric, row.more, row.value)).newest(row.alias).empty());
    seen.insert(row.alias);
  }
  const auto table = make_alias_table("");
  for (const store::AliasRule& rule : table->rules()) {
    if (rule.set == "accel") continue;
    INFO(rule.name);
    CHECK(seen.contains(rule.name));
  }
}

TEST_CASE("aliases made of several series") {
  const Node memory(of(kCard, "accel_memory_total_bytes", "", "85520809984") +
                    of(kCard, "accel_memory_used_bytes", "", "42760404992") +
                    of(kCard, "accel_memory_reserved_bytes", "", "1048576"));
  CHECK(memory.newest("DCGM_FI_DEV_FB_FREE") == kDcgm + "40778.5");
  CHECK(memory.newest("DCGM_FI_DEV_FB_USED_PERCENT") == kDcgm + fmt::format("{}", 42760404992.0 / (85520809984.0 - 1048576)));
  CHECK(memory.newest("DCGM_FI_DEV_FB_USED_RATIO") == memory.newest("DCGM_FI_DEV_FB_USED_PERCENT"));
  const Node chip(of(kChip, "accel_memory_total_bytes", "", "1000") + of(kChip, "accel_memory_used_bytes", "", "70"));
  CHECK(chip.newest("npu_chip_info_hbm_utilization") == kNpu + "7");

  const char* const reasons[] = {"idle",       "power_cap",  "hw_slowdown", "sync_boost",
                                 "thermal_sw", "thermal_hw", "power_brake", "display"};
  const int bits[] = {1, 4, 8, 16, 32, 64, 128, 256};
  for (std::size_t on = 0; on < std::size(reasons); ++on) {
    std::string text;
    for (std::size_t i = 0; i < std::size(reasons); ++i)
      text += of(kCard, "accel_throttle_active", fmt::format("reason=\"{}\"", reasons[i]), i == on ? "1" : "0");
    CHECK(Node(text).newest("DCGM_FI_DEV_CLOCKS_EVENT_REASONS") == kDcgm + std::to_string(bits[on]));
  }

  const std::string all = "link=\"all\"";
  const Node links(of(kCard, "accel_link_transmit_bytes_total", all, "0", 100) +
                   of(kCard, "accel_link_receive_bytes_total", all, "0", 100) +
                   of(kCard, "accel_link_transmit_bytes_total", all, "2097152", 101) +
                   of(kCard, "accel_link_receive_bytes_total", all, "1048576", 101) +
                   of(kCard, "accel_link_errors_total", R"(type="nvlink",link="0",error="replay")", "2", 101) +
                   of(kCard, "accel_link_errors_total", R"(type="nvlink",link="1",error="replay")", "3", 101));
  CHECK(links.newest("DCGM_FI_PROF_NVLINK_TX_BYTES") == kDcgm + "2097152");
  CHECK(links.newest("DCGM_FI_PROF_NVLINK_RX_BYTES") == kDcgm + "1048576");
  CHECK(links.newest("DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL") == kDcgm + "3");
  CHECK(links.newest("DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL") == kDcgm + "5");
  const Node roce(of(kChip, "accel_link_transmit_bytes_total", R"(type="roce",link="0")", "0", 100) +
                  of(kChip, "accel_link_transmit_bytes_total", R"(type="roce",link="0")", "50000000", 110));
  CHECK(roce.newest("npu_chip_info_bandwidth_tx") == kNpu + "5");
}

TEST_CASE("aliases keep what tells series apart: partitions, pods, processes") {
  const Node mig(of(kCard, "accel_memory_used_bytes", R"(partition="2",partition_profile="1g.10gb")", "1048576"));
  CHECK(mig.newest("DCGM_FI_DEV_FB_USED") ==
        R"({GPU_I_ID="2",GPU_I_PROFILE="1g.10gb",Hostname="node7",UUID="GPU-1",device="nvidia3",gpu="3",modelName="NVIDIA H100",)"
        R"(pci_bus_id="00000000:3B:00.0"} 1)");
  const Node pods(of(kCard, "accel_utilization_ratio", R"(pod="p",namespace="n",container="c")", "1") +
                  of(kChip, "accel_utilization_ratio", R"(pod="p",namespace="n",container="c")", "1"));
  CHECK(pods.newest("DCGM_FI_DEV_GPU_UTIL").find(R"(namespace="n",pci_bus_id="00000000:3B:00.0",pod="p"} 100)") !=
        std::string::npos);
  CHECK(pods.newest("npu_chip_info_overall_utilization") ==
        R"({container_name="c",id="5",model_name="910B3",namespace="n",pcie_bus_info="0000:C1:00.0",pod_name="p",)"
        R"(vdie_id="64036E64-00A07559"} 100)");
  const Node process(of(kChip, "accel_process_memory_used_bytes", R"(pid="77")", "2097152") +
                     of(kChip, "accel_process_memory_used_bytes", R"(pid="78")", "1048576"));
  CHECK(process.newest("npu_chip_info_process_info") ==
        R"({id="5",model_name="910B3",pcie_bus_info="0000:C1:00.0",process_id="77",vdie_id="64036E64-00A07559"} 2)"
        "\n"
        R"({id="5",model_name="910B3",pcie_bus_info="0000:C1:00.0",process_id="78",vdie_id="64036E64-00A07559"} 1)");
  CHECK(Node("accel_devices{vendor=\"huawei\"} 8 1\naccel_devices{vendor=\"nvidia\"} 4 1\n").newest("machine_npu_nums") ==
        "{} 8");
}

TEST_CASE("the new names' values are the old names'") {
  // A ratio by name and a percentage by value: DCGM 4.6's own trap.
  CHECK(Node(of(kCard, "accel_utilization_ratio", "", "0.5")).newest("DCGM_FI_DEV_GPU_UTIL_RATIO") == kDcgm + "50");
  // ... and so nobody can say what a scraped one is.
  CHECK(Node("DCGM_FI_DEV_GPU_UTIL_RATIO{gpu=\"0\"} 1 1\n").newest("accel_utilization_ratio").empty());
}

TEST_CASE("aliases are shipped as what they are made of: types and peaks are the catalogue's") {
  const auto table = make_alias_table("");
  for (const store::AliasRule& rule : table->rules()) {
    INFO(rule.set << " " << rule.name);
    const MetricInfo* kept = find_metric(rule.set == "accel" ? rule.name : rule.terms[0].metric);
    if (kept == nullptr) continue;
    const bool one = rule.terms.size() == 1 && rule.divisor.empty();
    if (one && !rule.per_second) CHECK(rule.type == kept->type);
    if (one) CHECK(static_cast<int>(rule.rollup) == static_cast<int>(kept->rollup));
    if (rule.per_second) CHECK(rule.type == MetricType::gauge);
  }
}

TEST_CASE("an alias of accel_* has a row in the catalogue or is another vendor's") {
  // Names that only sources of other vendors write.
  const std::set<std::string> others{"accel_health_status", "accel_voltage_volts", "accel_link_throughput_bytes_per_second",
                                     "accel_rdma_congestion_packets_total"};
  const auto table = make_alias_table("");
  for (const store::AliasRule& rule : table->rules()) {
    if (rule.set == "accel") {
      INFO(rule.name);
      CHECK((find_metric(rule.name) != nullptr || others.contains(rule.name)));
    } else {
      for (const store::AliasTerm& t : rule.terms) {
        INFO(t.metric);
        CHECK((find_metric(t.metric) != nullptr || others.contains(t.metric)));
      }
    }
  }
}

}  // namespace tacho::sampler
