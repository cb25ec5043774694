#include "sampler/accel/ascend/traffic.h"

#include <cmath>

#include "sampler/accel/ascend/packets.h"
#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using dcmi::Code;

constexpr dcmi::U32 kReached = 0;
constexpr dcmi::U32 kNotBegun = 6;
constexpr dcmi::U32 kResultsMax = 8;
constexpr int kProbeMs = 1;  // whether there is an answer at all
constexpr double kGiga = 1e9;
constexpr std::string_view kDirections[] = {"transmit", "receive"};

std::expected<dcmi::PcieBandwidth, Code> ask_pcie(AscendCard& card, int profiling_ms = AscendBandwidth::kProfilingMs) {
  dcmi::PcieBandwidth b{.profiling_ms = profiling_ms};
  const Code code = card.call(card.functions().pcie_bandwidth, &b);
  if (code != Code::success) return std::unexpected(code);
  return b;
}

std::expected<dcmi::HccsBandwidth, Code> ask_hccs(AscendCard& card, int profiling_ms = AscendBandwidth::kProfilingMs) {
  dcmi::HccsBandwidth b{.profiling_ms = profiling_ms};
  const Code code = card.call(card.functions().hccs_bandwidth, &b);
  if (code != Code::success) return std::unexpected(code);
  return b;
}

// MB a millisecond to bytes a second.
std::optional<double> sum(const dcmi::PcieSpan& a, const dcmi::PcieSpan& b, const dcmi::PcieSpan& c) {
  if (!dcmi::number(a.mean) || !dcmi::number(b.mean) || !dcmi::number(c.mean)) return std::nullopt;
  return (1.0 * a.mean + b.mean + c.mean) * kGiga;
}

std::optional<double> from_gigabytes(double value) {
  return std::isfinite(value) && value >= 0 ? std::optional(std::round(value * kGiga)) : std::nullopt;
}

}  // namespace

void AscendNetwork::probe(AscendCard& card) {
  const auto health = card.ask<dcmi::U32>(card.functions().network_health);
  there_ = supported("accel_link_up{type=\"roce\"}", health ? Code::success : health.error());
}

void AscendNetwork::describe(const AscendCard& card, SchemaBuilder& builder) {
  up_ = there_ ? builder.add("accel_link_up", card.labels_and(roce_labels())) : kNoColumn;
}

Sampled AscendNetwork::sample(AscendCard& card, Row& row) {
  if (!there_) return Sampled::ok;
  const auto health = card.ask<dcmi::U32>(card.functions().network_health);
  if (health && *health <= kResultsMax) put(row, up_, *health == kReached || *health == kNotBegun ? 1.0 : 0.0);
  return Sampled::ok;
}

void AscendBandwidth::probe(AscendCard& card) {
  const auto pcie = ask_pcie(card, kProbeMs);
  pcie_there_ = supported("accel_pcie_throughput_bytes_per_second", pcie ? Code::success : pcie.error());
  const auto hccs = ask_hccs(card, kProbeMs);
  hccs_there_ = supported("accel_link_throughput_bytes_per_second{type=\"hccs\"}", hccs ? Code::success : hccs.error());
}

void AscendBandwidth::describe(const AscendCard& card, SchemaBuilder& builder) {
  pcie_ = hccs_ = {kNoColumn, kNoColumn};
  for (std::size_t d = 0; d < std::size(kDirections); ++d) {
    const std::string direction(kDirections[d]);
    if (pcie_there_)
      pcie_[d] = builder.add("accel_pcie_throughput_bytes_per_second", card.labels_and({{"direction", direction}}));
    if (!hccs_there_) continue;
    const auto add = [&](std::string link) {
      return builder.add("accel_link_throughput_bytes_per_second",
                         card.labels_and({{"direction", direction}, {"link", std::move(link)}, {"type", "hccs"}}));
    };
    hccs_[d] = add("all");
    for (std::size_t i = 0; i < links_.size(); ++i) links_[i][d] = add(fmt::format("{}", i));
  }
}

Sampled AscendBandwidth::sample(AscendCard& card, Row& row) {
  if (pcie_there_) {
    if (const auto b = ask_pcie(card)) {
      put(row, pcie_[0], sum(b->tx_posted, b->tx_non_posted, b->tx_completions));
      put(row, pcie_[1], sum(b->rx_posted, b->rx_non_posted, b->rx_completions));
    }
  }
  if (!hccs_there_) return Sampled::ok;
  if (const auto b = ask_hccs(card)) {
    put(row, hccs_[0], from_gigabytes(b->total_tx));
    put(row, hccs_[1], from_gigabytes(b->total_rx));
    for (std::size_t i = 0; i < links_.size(); ++i) {
      put(row, links_[i][0], from_gigabytes(b->tx[i]));
      put(row, links_[i][1], from_gigabytes(b->rx[i]));
    }
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
