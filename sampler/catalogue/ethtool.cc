// What the drivers of network interfaces tell: rows of the catalogue (sampler/catalogue.h). Untyped, as node_exporter has them; what
// is not said to be something else counts up.

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

// clang-format off
constexpr MetricInfo kRows[] = {
    // ethtool
    {"node_ethtool_info", MetricType::gauge, "", "The interface's driver, its firmware and its place on the bus; always 1.", "ETHTOOL_GDRVINFO", "ethtool"},
    {"node_ethtool_received_bytes_total", MetricType::unknown, "bytes", "Bytes the driver has received.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_dropped_total", MetricType::unknown, "", "Frames received that the driver has dropped.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_errors_total", MetricType::unknown, "", "Frames received with an error.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_packets_total", MetricType::unknown, "", "Packets the driver has received.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_bytes_total", MetricType::unknown, "bytes", "Bytes the driver has sent.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_errors_total", MetricType::unknown, "", "Frames that could not be sent.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_packets_total", MetricType::unknown, "", "Packets the driver has sent.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_prio*", MetricType::unknown, "", "By priority, as mlx5 and ice name it: pause and xoff count the other side's requests to be silent, pause_duration the microseconds this side was; discards were dropped for want of buffers, marked were marked for congestion.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_prio*", MetricType::unknown, "", "By priority, as mlx5 and ice name it: pause and xoff count this side's requests that the other be silent, pause_duration the microseconds they were for.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_global_pause*", MetricType::unknown, "", "Requests to be silent that the other side has sent for all priorities; duration in microseconds.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_global_pause*", MetricType::unknown, "", "Requests to be silent that this side has sent for all priorities; duration in microseconds.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_pause_ctrl_phy", MetricType::unknown, "", "Pause frames received, of all priorities and of none.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_pause_ctrl_phy", MetricType::unknown, "", "Pause frames sent, of all priorities and of none.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_pause_storm_*", MetricType::unknown, "", "Times this side has sent pause frames for so long that the driver warned or stopped it.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_discards_phy", MetricType::unknown, "", "Frames dropped for want of buffers in the port.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_discards_phy", MetricType::unknown, "", "Frames not sent and dropped in the port.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_bytes_phy", MetricType::unknown, "bytes", "Bytes received on the wire, RDMA's included.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_bytes_phy", MetricType::unknown, "bytes", "Bytes sent on the wire, RDMA's included.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_vport_rdma_unicast_bytes", MetricType::unknown, "bytes", "Bytes of RDMA received.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_transmitted_vport_rdma_unicast_bytes", MetricType::unknown, "bytes", "Bytes of RDMA sent.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_out_of_buffer", MetricType::unknown, "", "Packets dropped because no receive buffer was posted.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_link_down_events*", MetricType::unknown, "", "Times the link went down.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_crc_errors*", MetricType::unknown, "", "Frames received with a bad checksum: cable, optics or switch.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_symbol_err_phy", MetricType::unknown, "", "Frames received with a symbol that is none: cable or optics.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_pcs_symbol_err*", MetricType::unknown, "", "Symbols that could not be corrected: cable or optics.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_corrected_bits*", MetricType::unknown, "", "Bits corrected by the link's error correction; some are normal.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_received_err_lane_*", MetricType::unknown, "", "Bits in error on this lane of the link.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_outbound_pci_stalled_rd", MetricType::unknown, "", "Percent of the last second in which reads over PCI waited for credits; goes up and down.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_outbound_pci_stalled_wr", MetricType::unknown, "", "Percent of the last second in which writes over PCI waited for credits; goes up and down.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_outbound_pci_*", MetricType::unknown, "", "What the PCI bus could not take: stalled events, and packets dropped because of it.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_module_*", MetricType::unknown, "", "Trouble of the cable's or the optics' module.", "ETHTOOL_GSTATS", "ethtool"},
    {"node_ethtool_*", MetricType::unknown, "", "A counter of the interface's driver, under the driver's own name with rx and tx written out.", "ETHTOOL_GSTATS", "ethtool"},
    // ethtool_link
    {"node_network_supported_port_info", MetricType::gauge, "", "A kind of port that the interface has; always 1.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_supported_speed_bytes", MetricType::gauge, "bytes", "Bytes a second in a mode that the interface could have.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_autonegotiate_supported", MetricType::gauge, "", "1 if the interface could agree on a mode with the other side.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_pause_supported", MetricType::gauge, "", "1 if the interface knows pause frames.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_asymmetricpause_supported", MetricType::gauge, "", "1 if the interface knows pause frames in one direction.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_advertised_speed_bytes", MetricType::gauge, "bytes", "Bytes a second in a mode that the interface offers the other side.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_autonegotiate_advertised", MetricType::gauge, "", "1 if the interface offers to agree on a mode.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_pause_advertised", MetricType::gauge, "", "1 if the interface offers pause frames.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_asymmetricpause_advertised", MetricType::gauge, "", "1 if the interface offers pause frames in one direction.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
    {"node_network_autonegotiate", MetricType::gauge, "", "1 if the link's mode is agreed on with the other side.", "ETHTOOL_GLINKSETTINGS", "ethtool_link", 60000},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> ethtool_metrics() { return kRows; }

}  // namespace tacho::sampler
