// npu-exporter's names. It types everything as a gauge; counters stay counters here, so that a minute of one is its last value.
//
// PCIe     its names are of posted requests, the largest part; ours is all of the traffic. There is one value a tick, and so no label
//          that says which of several.
// Absent   what it has link by link under names with numbers; optics; what it says of containers.

#include <cctype>

#include "sampler/catalogue/alias_rows.h"

namespace tacho::sampler {
namespace {

constexpr auto kNo = AliasRow::Backwards::no;
constexpr double kMiB = 1048576;

// clang-format off
constexpr AliasRow kRows[] = {
    {"machine_npu_nums", "accel_devices"},
    {"npu_chip_info_health_status", "accel_health_status"},
    {"npu_chip_info_error_code", "accel_last_error_code"},
    {"npu_chip_info_overall_utilization", "accel_utilization_ratio", 100},
    {"npu_chip_info_utilization", "accel_engine_utilization_ratio{engine=\"aicore\"}", 100},
    {"npu_chip_info_vector_utilization", "accel_engine_utilization_ratio{engine=\"vector\"}", 100},
    {"npu_chip_info_cube_utilization", "accel_engine_utilization_ratio{engine=\"cube\"}", 100},
    {"npu_chip_info_aicore_current_freq", "accel_clock_hertz{domain=\"core\"}", 1, 1e6},
    {"npu_chip_info_temperature", "accel_temperature_celsius{sensor=\"core\"}"},
    {"npu_chip_info_power", "accel_power_watts{window=\"instant\"}"},
    {"npu_chip_info_power", "accel_power_watts{window=\"average\"}", 1, 1, kNo},
    {"npu_chip_info_voltage", "accel_voltage_volts"},
    {"npu_chip_info_hbm_total_memory", "accel_memory_total_bytes", 1, kMiB},
    {"npu_chip_info_hbm_used_memory", "accel_memory_used_bytes", 1, kMiB},
    {"npu_chip_info_hbm_utilization", "accel_memory_used_bytes / accel_memory_total_bytes", 100, 1, kNo},
    {"npu_chip_info_hbm_bandwidth_utilization", "accel_memory_bandwidth_utilization_ratio", 100},
    {"npu_chip_info_hbm_temperature", "accel_temperature_celsius{sensor=\"memory\"}"},
    {"npu_chip_info_hbm_ecc_enable_flag", "accel_ecc_enabled"},
    {"npu_chip_info_hbm_ecc_single_bit_error_cnt", "accel_ecc_errors_total{severity=\"corrected\",scope=\"volatile\",location=\"dram\"}"},
    {"npu_chip_info_hbm_ecc_double_bit_error_cnt", "accel_ecc_errors_total{severity=\"uncorrected\",scope=\"volatile\",location=\"dram\"}"},
    {"npu_chip_info_hbm_ecc_total_single_bit_error_cnt", "accel_ecc_errors_total{severity=\"corrected\",scope=\"aggregate\",location=\"dram\"}"},
    {"npu_chip_info_hbm_ecc_total_double_bit_error_cnt", "accel_ecc_errors_total{severity=\"uncorrected\",scope=\"aggregate\",location=\"dram\"}"},
    {"npu_chip_info_hbm_ecc_single_bit_isolated_pages_cnt", "accel_memory_retired_pages_total{cause=\"corrected\"}"},
    {"npu_chip_info_hbm_ecc_double_bit_isolated_pages_cnt", "accel_memory_retired_pages_total{cause=\"uncorrected\"}"},
    {"npu_chip_info_pcie_tx_p_bw", "accel_pcie_throughput_bytes_per_second{direction=\"transmit\"}", 1, 1e9, kNo},
    {"npu_chip_info_pcie_rx_p_bw", "accel_pcie_throughput_bytes_per_second{direction=\"receive\"}", 1, 1e9, kNo},
    {"npu_chip_info_hccs_bandwidth_info_total_tx", "accel_link_throughput_bytes_per_second{type=\"hccs\",link=\"all\",direction=\"transmit\"}", 1, 1e9},
    {"npu_chip_info_hccs_bandwidth_info_total_rx", "accel_link_throughput_bytes_per_second{type=\"hccs\",link=\"all\",direction=\"receive\"}", 1, 1e9},
    {"npu_chip_info_bandwidth_tx", "accel_link_throughput_bytes_per_second{type=\"roce\",direction=\"transmit\"}", 1, 1e6},
    {"npu_chip_info_bandwidth_rx", "accel_link_throughput_bytes_per_second{type=\"roce\",direction=\"receive\"}", 1, 1e6},
    {"npu_chip_info_bandwidth_tx", "rate accel_link_transmit_bytes_total{type=\"roce\"}", 1, 1e6, kNo},
    {"npu_chip_info_bandwidth_rx", "rate accel_link_receive_bytes_total{type=\"roce\"}", 1, 1e6, kNo},
    {"npu_chip_info_link_status", "accel_link_up{type=\"roce\"}"},
    {"npu_chip_info_network_status", "accel_link_up{type=\"roce\"}", 1, 1, kNo},
    {"npu_chip_link_speed", "accel_link_speed_bytes_per_second{type=\"roce\"}", 1, 125000},
    {"npu_chip_info_rx_fcs_num", "accel_link_errors_total{type=\"roce\",error=\"fcs\"}"},
    {"npu_chip_mac_tx_bad_pkt_num", "accel_link_errors_total{type=\"roce\",error=\"mac_transmit\"}"},
    {"npu_chip_mac_rx_bad_pkt_num", "accel_link_errors_total{type=\"roce\",error=\"mac_receive\"}"},
    {"npu_chip_roce_tx_err_pkt_num", "accel_link_errors_total{type=\"roce\",error=\"roce_transmit\"}"},
    {"npu_chip_roce_rx_err_pkt_num", "accel_link_errors_total{type=\"roce\",error=\"roce_receive\"}"},
    {"npu_chip_roce_new_pkt_rty_num", "accel_link_errors_total{type=\"roce\",error=\"retry\"}"},
    {"npu_chip_roce_out_of_order_num", "accel_link_errors_total{type=\"roce\",error=\"out_of_order\"}"},
    {"npu_chip_roce_unexpected_ack_num", "accel_link_errors_total{type=\"roce\",error=\"unexpected_ack\"}"},
    {"npu_chip_roce_verification_err_num", "accel_link_errors_total{type=\"roce\",error=\"verification\"}"},
    {"npu_chip_roce_qp_status_err_num", "accel_link_errors_total{type=\"roce\",error=\"qp_status\"}"},
    {"npu_chip_mac_tx_pfc_pkt_num", "accel_rdma_congestion_packets_total{direction=\"transmit\",kind=\"pfc\"}"},
    {"npu_chip_mac_rx_pfc_pkt_num", "accel_rdma_congestion_packets_total{direction=\"receive\",kind=\"pfc\"}"},
    {"npu_chip_mac_tx_pause_num", "accel_rdma_congestion_packets_total{direction=\"transmit\",kind=\"pause\"}"},
    {"npu_chip_mac_rx_pause_num", "accel_rdma_congestion_packets_total{direction=\"receive\",kind=\"pause\"}"},
    {"npu_chip_roce_tx_cnp_pkt_num", "accel_rdma_congestion_packets_total{direction=\"transmit\",kind=\"cnp\"}"},
    {"npu_chip_roce_rx_cnp_pkt_num", "accel_rdma_congestion_packets_total{direction=\"receive\",kind=\"cnp\"}"},
    {"npu_chip_info_rx_ecn_num", "accel_rdma_congestion_packets_total{direction=\"receive\",kind=\"ecn\"}"},
    {"npu_chip_info_process_info_num", "accel_processes"},
    {"npu_chip_info_process_info", "accel_process_memory_used_bytes", 1, kMiB},
};
// clang-format on

std::string upper(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}
std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

const store::AliasLabel kBack[] = {
    {"accel", "id"},         {"uuid", "vdie_id"}, {"pci_bus_id", "pcie_bus_info", lower, upper},
    {"model", "model_name"}, {"pod", "pod_name"}, {"container", "container_name"},
    {"pid", "process_id"},
};

}  // namespace

std::span<const AliasRow> npu_rows() { return kRows; }

store::AliasLabels npu_labels() {
  store::AliasLabels out;
  out.made = {
      {"id", "accel"},         {"vdie_id", "uuid"}, {"pcie_bus_info", "pci_bus_id", upper, lower},
      {"model_name", "model"}, {"pod_name", "pod"}, {"container_name", "container"},
      {"process_id", "pid"},
  };
  out.dropped = {"vendor", "link", "type", "source", "rail", "location"};
  out.card = {.uuid = "vdie_id", .address = "pcie_bus_info", .index = "id"};
  return out;
}

// -1: it could not read that.
Exporter npu_exporter() {
  return {.name = "npu-exporter", .vendor = "huawei", .labels = kBack, .dropped = {}, .unread = -1, .rows = {}};
}

}  // namespace tacho::sampler
