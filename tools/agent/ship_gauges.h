// What an endpoint's shipper has done, as the agent's own metrics: left by the maintenance thread, read by the tick thread.
//
// Threads  take(): one. add_gauges()'s readers: any; relaxed, each number stands alone.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/self_source.h"
#include "store/shipping/shipper.h"

namespace tacho::tools {

class ShipGauges {
 public:
  void take(const store::ShipperStats& stats);
  // tacho_remote_write_* of the endpoint. The gauges must not outlive this.
  void add_gauges(const std::string& endpoint, std::vector<sampler::SelfGauge>& out) const;

 private:
  using Number = std::atomic<double>;
  static constexpr std::array<std::string_view, 6> kFailures = {"network", "5xx", "429", "store", "cursor", "outbox"};
  static constexpr std::array<std::string_view, 4> kWindows = {"refused", "overwritten", "too_old", "damaged"};
  static constexpr std::array<std::string_view, 5> kSamples = {"refused", "invalid", "duplicate", "not_written", "unnamed"};

  Number samples_{0}, requests_{0}, bytes_{0}, windows_{0}, lag_seconds_{0}, pending_{0}, version_{1};
  Number outbox_windows_{0}, outbox_bytes_{0};
  std::array<Number, kFailures.size()> failures_{};
  std::array<Number, kWindows.size()> dropped_windows_{};
  std::array<Number, kSamples.size()> dropped_samples_{};
};

}  // namespace tacho::tools
