#include "sampler/accel/nvidia/ring.h"

#include <algorithm>

#include "sampler/accel/nvidia/values.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr nvml::U64 kSecondUs = 1'000'000;

}  // namespace

// Into samples_.
Code NvidiaRing::fetch(NvidiaCard& card, nvml::U64 since_us) {
  count_ = 0;
  auto room = static_cast<nvml::U32>(samples_.size());
  const Code code = card.call(card.functions().samples, kind_, since_us, &type_, &room, samples_.data());
  if (code == Code::success) count_ = std::min<std::size_t>(room, samples_.size());
  return code;
}

Code NvidiaRing::probe(NvidiaCard& card) {
  nvml::U32 room = 0;
  Code code = card.call(card.functions().samples, kind_, nvml::U64{0}, &type_, &room, static_cast<nvml::Sample*>(nullptr));
  if (code != Code::success && code != Code::insufficient_size) return code;
  // More than the driver says: it may keep more while we ask.
  samples_.resize(std::max<std::size_t>(samples_.size(), 2 * std::size_t{room} + 16));
  readings_.reserve(samples_.size());
  quiet_ = 0;
  code = fetch(card, 0);
  nvml::U64 newest = 0;
  for (std::size_t i = 0; i < count_; ++i) newest = std::max(newest, samples_[i].time_us);
  if (newest != 0 && last_us_ == 0) last_us_ = newest - std::min(newest, kSecondUs);
  if (newest != 0 && last_us_ > newest) last_us_ = newest;
  // An empty ring is a ring.
  return code == Code::not_found || code == Code::no_data ? Code::success : code;
}

std::span<const NvidiaRing::Reading> NvidiaRing::drain(NvidiaCard& card) {
  readings_.clear();
  const Code code = fetch(card, last_us_);
  if (code == Code::insufficient_size) {
    probe(card);
    return {};
  }
  std::sort(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count_),
            [](const nvml::Sample& a, const nvml::Sample& b) { return a.time_us < b.time_us; });
  nvml::U64 before = last_us_;
  for (std::size_t i = 0; i < count_; ++i) {
    const nvml::Sample& s = samples_[i];
    if (s.time_us <= before) continue;
    const auto number = number_of(type_, s.value);
    if (!number) continue;
    readings_.push_back({*number, static_cast<double>(s.time_us - before) / kSecondUs});
    before = s.time_us;
  }
  // Of what the ring had lost before its first reading nothing is known: that stands for no longer than the others do.
  if (readings_.size() > 1) {
    double longest = 0;
    for (std::size_t i = 1; i < readings_.size(); ++i) longest = std::max(longest, readings_[i].seconds);
    readings_[0].seconds = std::min(readings_[0].seconds, longest);
  }
  last_us_ = before;
  quiet_ = readings_.empty() ? quiet_ + 1 : 0;
  if (quiet_ >= kQuiet) probe(card);
  return readings_;
}

}  // namespace tacho::sampler
