#include "sampler/host/network/infiniband.h"

#include "sampler/catalogue.h"
#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

constexpr NumberForm kLeading{.words_may_follow = true};
// "Gb/sec": 10^9 bits, 8 to a byte.
constexpr NumberForm kGigabits{.factor = 125'000'000, .words_may_follow = true};
constexpr NumberForm kWords{.factor = 4};
constexpr NumberForm kMilliseconds{.divisor = 1000};
constexpr NumberForm k32Bits{.wrap = std::uint64_t{1} << 32};

struct PortFile {
  std::string_view path;  // below ports/PORT
  std::string_view metric;
  NumberForm form = {};
};

constexpr PortFile kPortFiles[] = {
    {"state", "node_infiniband_state_id", kLeading},
    {"phys_state", "node_infiniband_physical_state_id", kLeading},
    {"rate", "node_infiniband_rate_bytes_per_second", kGigabits},
    {"counters/symbol_error", "node_infiniband_symbol_error_total"},
    {"counters/link_error_recovery", "node_infiniband_link_error_recovery_total"},
    {"counters/link_downed", "node_infiniband_link_downed_total"},
    {"counters/port_rcv_errors", "node_infiniband_port_errors_received_total"},
    {"counters/port_rcv_remote_physical_errors", "node_infiniband_port_receive_remote_physical_errors_total"},
    {"counters/port_rcv_switch_relay_errors", "node_infiniband_port_receive_switch_relay_errors_total"},
    {"counters/port_rcv_discards", "node_infiniband_port_discards_received_total"},
    {"counters/port_xmit_discards", "node_infiniband_port_discards_transmitted_total"},
    {"counters/port_xmit_constraint_errors", "node_infiniband_port_constraint_errors_transmitted_total"},
    {"counters/port_rcv_constraint_errors", "node_infiniband_port_constraint_errors_received_total"},
    {"counters/local_link_integrity_errors", "node_infiniband_local_link_integrity_errors_total"},
    {"counters/excessive_buffer_overrun_errors", "node_infiniband_excessive_buffer_overrun_errors_total"},
    {"counters/VL15_dropped", "node_infiniband_vl15_dropped_total"},
    {"counters/port_xmit_data", "node_infiniband_port_data_transmitted_bytes_total", kWords},
    {"counters/port_rcv_data", "node_infiniband_port_data_received_bytes_total", kWords},
    {"counters/port_xmit_packets", "node_infiniband_port_packets_transmitted_total"},
    {"counters/port_rcv_packets", "node_infiniband_port_packets_received_total"},
    {"counters/unicast_rcv_packets", "node_infiniband_unicast_packets_received_total"},
    {"counters/unicast_xmit_packets", "node_infiniband_unicast_packets_transmitted_total"},
    {"counters/multicast_rcv_packets", "node_infiniband_multicast_packets_received_total"},
    {"counters/multicast_xmit_packets", "node_infiniband_multicast_packets_transmitted_total"},
    {"counters/port_xmit_wait", "node_infiniband_port_transmit_wait_total"},
    {"counters_ext/port_multicast_rcv_packets", "node_infiniband_legacy_multicast_packets_received_total"},
    {"counters_ext/port_multicast_xmit_packets", "node_infiniband_legacy_multicast_packets_transmitted_total"},
    {"counters_ext/port_rcv_data_64", "node_infiniband_legacy_data_received_bytes_total", kWords},
    {"counters_ext/port_rcv_packets_64", "node_infiniband_legacy_packets_received_total"},
    {"counters_ext/port_unicast_rcv_packets", "node_infiniband_legacy_unicast_packets_received_total"},
    {"counters_ext/port_unicast_xmit_packets", "node_infiniband_legacy_unicast_packets_transmitted_total"},
    {"counters_ext/port_xmit_data_64", "node_infiniband_legacy_data_transmitted_bytes_total", kWords},
    {"counters_ext/port_xmit_packets_64", "node_infiniband_legacy_packets_transmitted_total"},
    {"hw_counters/lifespan", "node_infiniband_lifespan_seconds", kMilliseconds},
    {"hw_counters/duplicate_request", "node_infiniband_duplicate_requests_packets_total", k32Bits},
    {"hw_counters/implied_nak_seq_err", "node_infiniband_implied_nak_seq_errors_total", k32Bits},
    {"hw_counters/local_ack_timeout_err", "node_infiniband_local_ack_timeout_errors_total", k32Bits},
    {"hw_counters/np_cnp_sent", "node_infiniband_np_cnp_packets_sent_total"},
    {"hw_counters/np_ecn_marked_roce_packets", "node_infiniband_np_ecn_marked_roce_packets_received_total"},
    {"hw_counters/out_of_buffer", "node_infiniband_out_of_buffer_drops_total", k32Bits},
    {"hw_counters/out_of_sequence", "node_infiniband_out_of_sequence_packets_received_total", k32Bits},
    {"hw_counters/packet_seq_err", "node_infiniband_packet_sequence_errors_total", k32Bits},
    {"hw_counters/req_cqe_error", "node_infiniband_req_cqes_errors_total", k32Bits},
    {"hw_counters/req_cqe_flush_error", "node_infiniband_req_cqes_flush_errors_total", k32Bits},
    {"hw_counters/req_remote_access_errors", "node_infiniband_req_remote_access_errors_total", k32Bits},
    {"hw_counters/req_remote_invalid_request", "node_infiniband_req_remote_invalid_request_errors_total", k32Bits},
    {"hw_counters/resp_cqe_error", "node_infiniband_resp_cqes_errors_total", k32Bits},
    {"hw_counters/resp_cqe_flush_error", "node_infiniband_resp_cqes_flush_errors_total", k32Bits},
    {"hw_counters/resp_local_length_error", "node_infiniband_resp_local_length_errors_total", k32Bits},
    {"hw_counters/resp_remote_access_errors", "node_infiniband_resp_remote_access_errors_total", k32Bits},
    {"hw_counters/rnr_nak_retry_err", "node_infiniband_rnr_nak_retry_packets_received_total", k32Bits},
    {"hw_counters/roce_adp_retrans", "node_infiniband_roce_adp_retransmits_total", k32Bits},
    {"hw_counters/roce_adp_retrans_to", "node_infiniband_roce_adp_retransmits_timeout_total", k32Bits},
    {"hw_counters/roce_slow_restart", "node_infiniband_roce_slow_restart_used_total", k32Bits},
    {"hw_counters/roce_slow_restart_cnps", "node_infiniband_roce_slow_restart_cnps_total", k32Bits},
    {"hw_counters/roce_slow_restart_trans", "node_infiniband_roce_slow_restart_total", k32Bits},
    {"hw_counters/rp_cnp_handled", "node_infiniband_rp_cnp_packets_handled_total"},
    {"hw_counters/rp_cnp_ignored", "node_infiniband_rp_cnp_ignored_packets_received_total"},
    {"hw_counters/rx_atomic_requests", "node_infiniband_rx_atomic_requests_total", k32Bits},
    {"hw_counters/rx_dct_connect", "node_infiniband_rx_dct_connect_requests_total", k32Bits},
    {"hw_counters/rx_icrc_encapsulated", "node_infiniband_rx_icrc_encapsulated_errors_total"},
    {"hw_counters/rx_read_requests", "node_infiniband_rx_read_requests_total", k32Bits},
    {"hw_counters/rx_write_requests", "node_infiniband_rx_write_requests_total", k32Bits},
};

}  // namespace

void InfinibandSource::describe_port(SchemaBuilder& builder, const std::string& device, const std::string& port) {
  const std::string folder = folder_ + "/" + device + "/ports/" + port + "/";
  for (const PortFile& file : kPortFiles) {
    files_.add(builder, folder + std::string(file.path), file.metric, {{"device", device}, {"port", port}}, file.form);
  }
  const std::string link_layer = label_text(folder + "link_layer");
  if (link_layer.empty()) return;
  files_.constant(builder, "node_infiniband_link_layer_info", {{"device", device}, {"port", port}, {"link_layer", link_layer}});
}

Result<void> InfinibandSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  Result<std::vector<std::string>> devices = list_folder(folder_);
  if (!devices) return std::unexpected(devices.error());
  SchemaBuilder builder(schema);
  for (const std::string& device : *devices) {
    const std::string folder = folder_ + "/" + device;
    Result<std::vector<std::string>> ports = list_numbered(folder + "/ports", "");
    if (!ports) continue;  // gone since it was listed
    files_.constant(builder, "node_infiniband_info",
                    {{"device", device},
                     {"board_id", label_text(folder + "/board_id")},
                     {"firmware_version", label_text(folder + "/fw_ver")},
                     {"hca_type", label_text(folder + "/hca_type")}});
    for (const std::string& port : *ports) describe_port(builder, device, port);
  }
  if (files_.empty()) return failure("{} has no device", folder_);
  return {};
}

}  // namespace tacho::sampler
