// What a Hopper card or later counts in hardware: how busy its processors, pipes, memory and PCIe link were between two ticks.
// (GPU performance monitoring, GPM; it neither needs nor disturbs a profiler.)
//
// Exact    the hardware counts all the time, and a value is the mean between two snapshots: a burst of 200 ms in a second is 20 % in
//          that second's row. Busy seconds and PCIe bytes are these means times the time between the snapshots, summed up.
// Names    the library answers ids that it does not know with success and 0, but it has no name for them: they have no series.
// Bytes    over PCIe those on the wire, with headers, and with the requests for what comes the other way: 45.1 GB copied to a card
//          were 48.3, and 11.3 GB copied back meanwhile were 15.2.
// Time     of a snapshot is when its call is back: what a call waits for (a program that pins gigabytes holds the driver's lock for 80 ms)
//          it waits for before. Taken before the call, such a wait made 8 % more of the next second's bytes.
// Digits   to a millionth of the ratio and to the byte: what is behind is noise of two clocks, and would be most of a stored sample.
// Spacing  snapshots less than 100 ms apart give nonsense, so at shorter intervals the cells are absent between.
// Cost     on a H200 (driver 580): 50 us for the snapshot, 0.7 to 1.4 ms for the metrics, however many.
// Cards    whole, or one instance of a partitioned card.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

class NvidiaGpm final : public NvidiaReading {
 public:
  // From find_out() on until there are values.
  static constexpr std::int64_t kSettlingMs = 110;

  NvidiaGpm() = default;
  // Of a GPU instance; its series have these labels too.
  NvidiaGpm(nvml::U32 gpu_instance, std::vector<Label> labels) : gpu_instance_(gpu_instance), labels_(std::move(labels)) {}
  ~NvidiaGpm() override;

  void describe(const NvidiaCard& card, SchemaBuilder& builder) override;
  Sampled sample(NvidiaCard& card, Row& row) override;
  // Whether it tells how busy the card is. Valid after find_out().
  bool tells_activity() const { return tells_activity_; }

 private:
  static constexpr std::size_t kMetrics = 14;

  void probe(NvidiaCard& card) override;
  nvml::Code snapshot(NvidiaCard& card, nvml::GpmSample into);
  nvml::Code compare(NvidiaCard& card);

  const std::optional<nvml::U32> gpu_instance_;
  const std::vector<Label> labels_;
  const nvml::Functions* functions_ = nullptr;  // that the snapshots came from
  nvml::GpmSample older_ = nullptr;
  nvml::GpmSample newer_ = nullptr;
  MonoNs taken_{0};  // older_
  bool taken_at_all_ = false;
  bool tells_activity_ = false;
  nvml::GpmRequest request_{};
  std::array<double, kMetrics> scales_{};  // 0: not supported
  std::array<std::size_t, kMetrics> columns_{};
  std::array<double, kMetrics> sums_{};  // of those that have a counter too
  std::array<std::size_t, kMetrics> sum_columns_{};
};

}  // namespace tacho::sampler
