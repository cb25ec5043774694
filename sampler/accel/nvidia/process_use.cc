#include "sampler/accel/nvidia/process_use.h"

#include <algorithm>

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr std::uint32_t kPercentMax = 100;
constexpr std::uint64_t kAheadUs = 5'000'000;  // the driver's clock and ours

}  // namespace

Code NvidiaProcessUse::read(NvidiaCard& card, nvml::U32& count) {
  count = static_cast<nvml::U32>(buffer_.size());
  return card.call(card.functions().process_utilization, buffer_.data(), &count, last_us_);
}

Code NvidiaProcessUse::drain(NvidiaCard& card) {
  sums_.clear();
  const auto now_us = static_cast<std::uint64_t>(card.clock().wall_ms()) * 1000;
  if (last_us_ > now_us + kAheadUs) {
    last_us_ = 0;
    nvml::U32 ignored = 0;
    if (const Code code = read(card, ignored); code == Code::success) note_newest(ignored, now_us);
    return Code::no_data;
  }
  nvml::U32 count = 0;
  Code code = read(card, count);
  if (code == Code::insufficient_size && count > buffer_.size() && count <= kReadingsMax) {
    buffer_.resize(count + 64);
    code = read(card, count);
  }
  // No readings since: nobody did anything.
  if (code == Code::not_found) return Code::success;
  if (code != Code::success) return code;
  const std::uint64_t asked = last_us_;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, buffer_.size()); ++i) {
    const nvml::ProcessUtilization& p = buffer_[i];
    const std::array<std::uint32_t, kEngines> percent = {p.sm, p.memory, p.encoder, p.decoder};
    if (p.time_us <= asked || p.time_us > now_us + kAheadUs || p.pid == 0) continue;
    const auto at =
        std::lower_bound(sums_.begin(), sums_.end(), p.pid, [](const Sum& s, std::uint32_t pid) { return s.pid < pid; });
    Sum& sum = at != sums_.end() && at->pid == p.pid ? *at : *sums_.insert(at, Sum{p.pid, 0, {}});
    if (std::any_of(percent.begin(), percent.end(), [](std::uint32_t v) { return v > kPercentMax; })) continue;
    ++sum.readings;
    for (std::size_t e = 0; e < kEngines; ++e) sum.percent[e] += percent[e];
  }
  note_newest(count, now_us);
  return Code::success;
}

void NvidiaProcessUse::note_newest(nvml::U32 count, std::uint64_t now_us) {
  for (std::size_t i = 0; i < std::min<std::size_t>(count, buffer_.size()); ++i) {
    if (buffer_[i].time_us <= now_us + kAheadUs) last_us_ = std::max(last_us_, buffer_[i].time_us);
  }
}

std::optional<std::array<double, NvidiaProcessUse::kEngines>> NvidiaProcessUse::of(std::uint32_t pid) const {
  std::array<double, kEngines> out{};
  const auto at = std::lower_bound(sums_.begin(), sums_.end(), pid, [](const Sum& s, std::uint32_t p) { return s.pid < p; });
  if (at == sums_.end() || at->pid != pid) return out;
  if (at->readings == 0) return std::nullopt;
  for (std::size_t e = 0; e < kEngines; ++e) out[e] = at->percent[e] / (100.0 * at->readings);
  return out;
}

}  // namespace tacho::sampler
