// The binary table that amdgpu keeps of a card, sysfs's gpu_metrics: where in it which number lies.
//
// Shape    a header {u16 size, u8 format, u8 content revision} and numbers of 2, 4 and 8 bytes, little endian. Revisions are no
//          extensions of one another: the same number lies elsewhere in the next. So a table is read by the layout of its very revision
//          and of its very size, or not at all.
// Known    1.3 (MI200, Radeon RX 6000 and 7000) and 1.4 to 1.8 (MI300). 1.9 describes itself, 2 and 3 are of processors with graphics:
//          not known here, such a card's numbers come from sysfs alone.
// Absent   all bits set: the card does not tell.
// Units    percent, degrees Celsius, watts; energy 2^-16 J, xgmi 1024 bytes, clocks MHz, timestamps ns. PCIe traffic is there too, in a
//          unit that nobody names for sure: it is left out.
// Cost     reading: none but loads. Allocates nothing.
// Threads  any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sampler/accel/value_name.h"

namespace tacho::sampler {

struct GpuMetricsField {
  enum class Of : std::uint8_t { one, mean, links };

  ValueName name;
  std::uint16_t offset;
  std::uint8_t bytes;  // of a number: 2, 4 or 8
  double factor = 1;   // the metric is number * factor / divisor
  double divisor = 1;
  Of of = Of::one;         // mean: of the numbers that are there; links: each a series with its number as label `link`
  std::uint8_t count = 1;  // numbers side by side
  std::uint8_t groups = 1;
  std::uint16_t group_bytes = 0;  // from group to group
};

// The time for which a limit held the clocks down, as a count out of another that counts always.
struct GpuMetricsResidency {
  std::string_view reason;
  std::uint16_t offset;  // 4 bytes
};

struct GpuMetricsLayout {
  std::uint8_t format, content;
  std::uint16_t size;
  std::span<const GpuMetricsField> fast;
  std::span<const GpuMetricsField> slow;
  std::uint16_t throttle_bits = 0;  // 8 bytes, the same bits on all cards; 0: none
  std::uint16_t clock_ns = 0;       // 8 bytes: when the driver got the table
  std::uint16_t counter = 0;        // 4 bytes: what residencies are out of; 0: none
  std::span<const GpuMetricsResidency> residencies = {};
  std::uint16_t link_lanes = 0;  // 2 bytes, and behind it 2 for the Gbit/s of a lane; 0: none
};

// More than any table known, and what sysfs gives at once.
inline constexpr std::size_t kGpuMetricsBytes = 4096;

std::span<const GpuMetricsLayout> gpu_metrics_layouts();
// nullptr: of no known revision, or of another size than that has. The table may be shorter than the bytes.
const GpuMetricsLayout* gpu_metrics_layout(std::span<const char> table);
// Why there is none: "revision 2.4 ..."
std::string why_no_layout(std::span<const char> table);

// The number at an offset; nullopt if all its bits are set. Requires: it lies within the table.
std::optional<std::uint64_t> gpu_metrics_number(std::span<const char> table, std::size_t offset, std::size_t bytes);
// The metric's value; of links: the n-th's.
std::optional<double> gpu_metrics_value(std::span<const char> table, const GpuMetricsField& field, unsigned n = 0);

// What throttle_bits say.
struct ThrottleReason {
  std::uint64_t bits;
  std::string_view name;
};
std::span<const ThrottleReason> throttle_reasons();

}  // namespace tacho::sampler
