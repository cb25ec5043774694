// What gpu_metrics (gpu_metrics.h) has beyond sysfs's other files: energy, traffic between cards, engines, what throttles and for how
// long; and their numbers too, where they are missing.
//
// Cost     one pread; the driver asks the card's firmware at most once a millisecond.
// Throttle seconds: a limit's share of the firmware's ticks since the last row (two counters that run side by side), of the time
//          between the two tables by the driver's clock. What happens between two rows is in it.
// Layout   a number that was never there and is now, or a table of another revision, is a new layout. A table that is short or
//          broken this time leaves its cells absent.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "sampler/accel/amd/gpu_metrics.h"
#include "sampler/accel/amd/reading.h"

namespace tacho::sampler {

class AmdMetrics final : public AmdReading {
 public:
  enum class Which { fast, slow };
  explicit AmdMetrics(Which which) : which_(which) {}

  void describe(const AmdCard& card, SchemaBuilder& builder) override;
  Sampled sample(Row& row) override;

 private:
  // One series of a field.
  struct Used {
    const GpuMetricsField* field;
    unsigned n;
    bool seen;  // it was there once
    std::size_t column = kNoColumn;
  };
  struct Residency {
    double seconds = 0;
    std::optional<std::uint32_t> last;
    std::size_t column = kNoColumn;
  };
  // What residencies are counted against, of the last table.
  struct Last {
    std::uint64_t clock_ns;
    std::uint32_t counter;
  };

  bool read(std::span<const char>& table);
  void find_fields(const GpuMetricsLayout& layout, std::span<const char> table);
  void add_reasons(const AmdCard& card, SchemaBuilder& builder, std::span<const char> table);
  void sample_throttling(std::span<const char> table, Row& row);
  void count_residencies(std::span<const char> table, Row& row);

  static constexpr std::size_t kResidencies = 5;
  static constexpr std::size_t kReasonsMax = 8;

  const Which which_;
  std::optional<KernelFile> file_;
  std::array<char, kGpuMetricsBytes> buffer_;
  const GpuMetricsLayout* layout_ = nullptr;
  std::vector<Used> used_;
  std::array<Residency, kResidencies> residencies_{};
  std::optional<Last> last_;
  std::array<std::size_t, kReasonsMax> reasons_{};
  std::size_t speed_ = kNoColumn;
};

}  // namespace tacho::sampler
