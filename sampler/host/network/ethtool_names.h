// How the counters of network drivers are called in metrics: node_exporter's rules.
#pragma once

#include <string>
#include <string_view>

namespace tacho::sampler {

// What metrics-include is matched with: each run of characters that no metric's name may have becomes one underscore, with the
// underscores around it. "rx_priority_3_xoff.nic" -> "rx_priority_3_xoff_nic".
std::string ethtool_clean_name(std::string_view raw);

// "rx_prio3_pause" -> "node_ethtool_received_prio3_pause": lower case, rx and tx as words of their own written out, and _total
// behind seven that node_exporter knows. Empty if nothing is left of the name.
std::string ethtool_metric_name(std::string_view clean);

// What is worth sampling everywhere, matched with clean names: flow control by priority and in whole, discards and marks of
// congestion, physical errors, what the PCI bus could not take, and the wire's and RDMA's bytes; under the names of mlx5, bnxt_en, ice,
// i40e, hns3, hinic, ionic and ena (whose allowances are what a cloud's bandwidth ends at).
inline constexpr char kEthtoolInclude[] =
    // mlx5
    "^([rt]x_prio[0-7]_(pause|pause_duration|discards|buf_discard|cong_discard|marked)"
    "|[rt]x_global_pause(_duration)?|[rt]x_pause_ctrl_phy|tx_pause_storm_(warning|error)_events"
    "|[rt]x_discards_phy|[rt]x_bytes_phy|tx_errors_phy|link_down_events_phy"
    "|rx_(crc_errors|symbol_err|pcs_symbol_err|corrected_bits|err_lane_[0-7])_phy"
    "|rx_out_of_buffer|rx_steer_missed_packets|[rt]x_vport_rdma_unicast_bytes"
    "|outbound_pci_(stalled_(rd|wr)(_events)?|buffer_overflow)|[rt]x_pci_signal_integrity|module_(high_temp|bus_stuck|bad_"
    "shorted)"
    // bnxt_en
    "|[rt]x_(pause|pfc)_frames|[rt]x_pfc_ena_frames_pri[0-7]|pfc_pri[0-7]_[rt]x_duration_us"
    "|(continuous|resume)_(roce_)?pause_events|[rt]x_total_ring_discards|[rt]x_stat_(discard|error?)|link_down_events"
    "|rx_(pcs_symbol_err|corrected_bits|fec_corrected_blocks|fec_uncorrectable_blocks)"
    // ice and i40e
    "|(port_)?[rt]x_priority_[0-7]_x(on|off)(_[rt]x)?(_nic)?|(port_)?link_x(on|off)_[rt]x(_nic)?"
    "|(port_)?(rx_crc_errors|rx_dropped|tx_dropped_link_down|mac_(local|remote)_faults)(_nic)?"
    // hns3 and hinic
    "|mac_[rt]x_(mac_)?pause_num|mac_[rt]x_pfc_pri[0-7]_(pkt_num|xoff_time)"
    // ionic
    "|frames_[rt]x_(pause|pripause|pri_[0-7])|frames_rx_(bad_fcs|bad_all|dropped)"
    // ena
    "|(bw_in|bw_out|pps|conntrack|linklocal)_allowance_exceeded|conntrack_allowance_available)$";

}  // namespace tacho::sampler
