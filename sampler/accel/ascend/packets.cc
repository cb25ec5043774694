#include "sampler/accel/ascend/packets.h"

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using dcmi::Code;
using dcmi::PacketStats;

struct Counter {
  dcmi::U64 PacketStats::* value;
  std::string_view metric;
  std::string_view error = {};
  std::string_view direction = {};
  std::string_view kind = {};
};

// clang-format off
constexpr Counter kCounters[] = {
    {&PacketStats::mac_tx_octets, "accel_link_transmit_bytes_total"},
    {&PacketStats::mac_rx_octets, "accel_link_receive_bytes_total"},
    {&PacketStats::mac_rx_fcs_errors, "accel_link_errors_total", "fcs"},
    {&PacketStats::mac_tx_bad_packets, "accel_link_errors_total", "mac_transmit"},
    {&PacketStats::mac_rx_bad_packets, "accel_link_errors_total", "mac_receive"},
    {&PacketStats::roce_tx_errors, "accel_link_errors_total", "roce_transmit"},
    {&PacketStats::roce_rx_errors, "accel_link_errors_total", "roce_receive"},
    {&PacketStats::roce_retries, "accel_link_errors_total", "retry"},
    {&PacketStats::roce_out_of_order, "accel_link_errors_total", "out_of_order"},
    {&PacketStats::roce_unexpected_ack, "accel_link_errors_total", "unexpected_ack"},
    {&PacketStats::roce_verification_errors, "accel_link_errors_total", "verification"},
    {&PacketStats::roce_qp_status_errors, "accel_link_errors_total", "qp_status"},
    {&PacketStats::mac_tx_pfc, "accel_rdma_congestion_packets_total", "", "transmit", "pfc"},
    {&PacketStats::mac_rx_pfc, "accel_rdma_congestion_packets_total", "", "receive", "pfc"},
    {&PacketStats::mac_tx_pause, "accel_rdma_congestion_packets_total", "", "transmit", "pause"},
    {&PacketStats::mac_rx_pause, "accel_rdma_congestion_packets_total", "", "receive", "pause"},
    {&PacketStats::roce_tx_cnp, "accel_rdma_congestion_packets_total", "", "transmit", "cnp"},
    {&PacketStats::roce_rx_cnp, "accel_rdma_congestion_packets_total", "", "receive", "cnp"},
    {&PacketStats::roce_ecn, "accel_rdma_congestion_packets_total", "", "receive", "ecn"},
};
// clang-format on

constexpr int kPort = 0;

}  // namespace

std::vector<Label> roce_labels(std::vector<Label> more) {
  more.push_back({"link", fmt::format("{}", kPort)});
  more.push_back({"type", "roce"});
  return more;
}

void AscendPackets::probe(AscendCard& card) {
  const auto stats = card.ask<PacketStats>(card.functions().packet_stats, kPort);
  there_ = supported("accel_link_transmit_bytes_total{type=\"roce\"}", stats ? Code::success : stats.error());
}

void AscendPackets::describe(const AscendCard& card, SchemaBuilder& builder) {
  columns_.clear();
  if (!there_) return;
  for (const Counter& c : kCounters) {
    columns_.push_back(builder.add(c.metric, card.labels_and(roce_labels({{"error", std::string(c.error)},
                                                                          {"direction", std::string(c.direction)},
                                                                          {"kind", std::string(c.kind)}}))));
  }
}

Sampled AscendPackets::sample(AscendCard& card, Row& row) {
  if (!there_) return Sampled::ok;
  if (const auto stats = card.ask<PacketStats>(card.functions().packet_stats, kPort)) {
    for (std::size_t i = 0; i < columns_.size(); ++i) put(row, columns_[i], dcmi::number((*stats).*kCounters[i].value));
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
