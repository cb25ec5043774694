#include "tools/agent/ship_gauges.h"

namespace tacho::tools {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

template <std::size_t N>
void take_reasons(const std::array<std::string_view, N>& reasons, const std::map<std::string, std::uint64_t, std::less<>>& counts,
                  std::array<std::atomic<double>, N>& to) {
  for (std::size_t i = 0; i < N; ++i) {
    const auto at = counts.find(reasons[i]);
    to[i].store(at == counts.end() ? 0 : static_cast<double>(at->second), relaxed);
  }
}

}  // namespace

void ShipGauges::take(const store::ShipperStats& s) {
  samples_.store(static_cast<double>(s.samples_sent), relaxed);
  requests_.store(static_cast<double>(s.requests_sent), relaxed);
  bytes_.store(static_cast<double>(s.bytes_sent), relaxed);
  windows_.store(static_cast<double>(s.windows_sent), relaxed);
  lag_seconds_.store(static_cast<double>(s.lag_ms) / 1000, relaxed);
  pending_.store(static_cast<double>(s.samples_pending), relaxed);
  version_.store(s.version == store::WriteVersion::v2 ? 2 : 1, relaxed);
  outbox_windows_.store(static_cast<double>(s.outbox_windows), relaxed);
  outbox_bytes_.store(static_cast<double>(s.outbox_bytes), relaxed);
  take_reasons(kFailures, s.failures, failures_);
  take_reasons(kWindows, s.windows_dropped, dropped_windows_);
  take_reasons(kSamples, s.samples_dropped, dropped_samples_);
}

void ShipGauges::add_gauges(const std::string& endpoint, std::vector<sampler::SelfGauge>& out) const {
  const auto reader = [](const Number& n) { return [&n] { return n.load(relaxed); }; };
  const auto add = [&](const char* name, const Number& number, std::string_view reason = {}) {
    std::vector<Label> labels{{"endpoint", endpoint}};
    if (!reason.empty()) labels.push_back({"reason", std::string(reason)});
    out.push_back({name, std::move(labels), reader(number)});
  };
  add("tacho_remote_write_samples_sent_total", samples_);
  add("tacho_remote_write_requests_sent_total", requests_);
  add("tacho_remote_write_bytes_sent_total", bytes_);
  add("tacho_remote_write_windows_sent_total", windows_);
  add("tacho_remote_write_lag_seconds", lag_seconds_);
  add("tacho_remote_write_samples_pending", pending_);
  add("tacho_remote_write_version", version_);
  add("tacho_remote_write_outbox_windows", outbox_windows_);
  add("tacho_remote_write_outbox_bytes", outbox_bytes_);
  for (std::size_t i = 0; i < kFailures.size(); ++i) add("tacho_remote_write_failures_total", failures_[i], kFailures[i]);
  for (std::size_t i = 0; i < kWindows.size(); ++i)
    add("tacho_remote_write_dropped_windows_total", dropped_windows_[i], kWindows[i]);
  for (std::size_t i = 0; i < kSamples.size(); ++i)
    add("tacho_remote_write_dropped_samples_total", dropped_samples_[i], kSamples[i]);
}

}  // namespace tacho::tools
