#include "sampler/accel/amd/gpu_metrics.h"

#include <bit>
#include <cstring>

namespace tacho::sampler {
namespace {

using F = GpuMetricsField;
using Of = GpuMetricsField::Of;

static_assert(std::endian::native == std::endian::little, "the table is read as it lies");

constexpr double kPercent = 100;
constexpr double kMega = 1e6;
constexpr double kKibi = 1024;
constexpr double kEnergyUnit = 65536;
constexpr std::uint8_t kLinks = 8;

// The names, once for all revisions.
constexpr ValueName kCore{"accel_temperature_celsius", "sensor", "core"};
constexpr ValueName kHotspot{"accel_temperature_celsius", "sensor", "hotspot"};
constexpr ValueName kMemory{"accel_temperature_celsius", "sensor", "memory"};
constexpr ValueName kRegulator{"accel_temperature_celsius", "sensor", "vr"};
constexpr ValueName kAverage{"accel_power_watts", "window", "average"};
constexpr ValueName kInstant{"accel_power_watts", "window", "instant"};
constexpr ValueName kBusy{"accel_utilization_ratio"};
constexpr ValueName kBandwidth{"accel_memory_bandwidth_utilization_ratio"};
constexpr ValueName kVideo{"accel_engine_utilization_ratio", "engine", "vcn"};
constexpr ValueName kJpeg{"accel_engine_utilization_ratio", "engine", "jpeg"};
constexpr ValueName kEnergy{"accel_energy_joules_total"};
constexpr ValueName kCoreClock{"accel_clock_hertz", "domain", "core"};
constexpr ValueName kMemoryClock{"accel_clock_hertz", "domain", "memory"};
constexpr ValueName kReceive{"accel_link_receive_bytes_total", "type", "xgmi"};
constexpr ValueName kTransmit{"accel_link_transmit_bytes_total", "type", "xgmi"};
constexpr ValueName kLinkUp{"accel_link_up", "type", "xgmi"};

constexpr F mean(ValueName name, std::uint16_t offset, std::uint8_t count, std::uint8_t groups = 1,
                 std::uint16_t group_bytes = 0) {
  return {.name = name,
          .offset = offset,
          .bytes = 2,
          .divisor = kPercent,
          .of = Of::mean,
          .count = count,
          .groups = groups,
          .group_bytes = group_bytes};
}
constexpr F links(ValueName name, std::uint16_t offset, std::uint8_t bytes, double factor) {
  return {.name = name, .offset = offset, .bytes = bytes, .factor = factor, .of = Of::links, .count = kLinks};
}

constexpr F k13[] = {
    {kCore, 4, 2},
    {kHotspot, 6, 2},
    {kMemory, 8, 2},
    {kBusy, 16, 2, 1, kPercent},
    {kBandwidth, 18, 2, 1, kPercent},
    {kVideo, 20, 2, 1, kPercent},
    {kAverage, 22, 2},
    {kEnergy, 24, 8, 1, kEnergyUnit},
    {kCoreClock, 54, 2, kMega},
    {kMemoryClock, 58, 2, kMega},
};
constexpr F k14[] = {
    {kHotspot, 4, 2},
    {kMemory, 6, 2},
    {kRegulator, 8, 2},
    {kInstant, 10, 2},
    {kBusy, 12, 2, 1, kPercent},
    {kBandwidth, 14, 2, 1, kPercent},
    mean(kVideo, 16, 4),
    {kEnergy, 24, 8, 1, kEnergyUnit},
    links(kReceive, 104, 8, kKibi),
    links(kTransmit, 168, 8, kKibi),
    {kMemoryClock, 280, 2, kMega},
};
constexpr F k15[] = {
    {kHotspot, 4, 2},
    {kMemory, 6, 2},
    {kRegulator, 8, 2},
    {kInstant, 10, 2},
    {kBusy, 12, 2, 1, kPercent},
    {kBandwidth, 14, 2, 1, kPercent},
    mean(kVideo, 16, 4),
    mean(kJpeg, 24, 32),
    {kEnergy, 88, 8, 1, kEnergyUnit},
    links(kReceive, 176, 8, kKibi),
    links(kTransmit, 240, 8, kKibi),
    {kMemoryClock, 352, 2, kMega},
};
constexpr F k16[] = {
    {kHotspot, 4, 2},
    {kMemory, 6, 2},
    {kRegulator, 8, 2},
    {kInstant, 10, 2},
    {kBusy, 12, 2, 1, kPercent},
    {kBandwidth, 14, 2, 1, kPercent},
    {kEnergy, 16, 8, 1, kEnergyUnit},
    links(kReceive, 128, 8, kKibi),
    links(kTransmit, 192, 8, kKibi),
    {kMemoryClock, 304, 2, kMega},
    mean(kJpeg, 312 + 32, 32, 8, 168),
    mean(kVideo, 312 + 96, 4, 8, 168),
};
constexpr F k17[] = {
    {kHotspot, 4, 2},
    {kMemory, 6, 2},
    {kRegulator, 8, 2},
    {kInstant, 10, 2},
    {kBusy, 12, 2, 1, kPercent},
    {kBandwidth, 14, 2, 1, kPercent},
    {kEnergy, 24, 8, 1, kEnergyUnit},
    links(kReceive, 136, 8, kKibi),
    links(kTransmit, 200, 8, kKibi),
    {kMemoryClock, 336, 2, kMega},
    mean(kJpeg, 344 + 32, 32, 8, 232),
    mean(kVideo, 344 + 96, 4, 8, 232),
};
constexpr F k18[] = {
    {kHotspot, 4, 2},
    {kMemory, 6, 2},
    {kRegulator, 8, 2},
    {kInstant, 10, 2},
    {kBusy, 12, 2, 1, kPercent},
    {kBandwidth, 14, 2, 1, kPercent},
    {kEnergy, 24, 8, 1, kEnergyUnit},
    links(kReceive, 136, 8, kKibi),
    links(kTransmit, 200, 8, kKibi),
    {kMemoryClock, 336, 2, kMega},
    mean(kJpeg, 344 + 32, 40, 8, 440),
    mean(kVideo, 344 + 112, 4, 8, 440),
};
constexpr F k17Slow[] = {links(kLinkUp, 264, 2, 1)};

constexpr GpuMetricsResidency k16Residencies[] = {
    {"prochot", 36}, {"power_cap", 40}, {"thermal", 44}, {"thermal_vr", 48}, {"thermal_memory", 52}};
constexpr GpuMetricsResidency k17Residencies[] = {
    {"prochot", 44}, {"power_cap", 48}, {"thermal", 52}, {"thermal_vr", 56}, {"thermal_memory", 60}};

constexpr GpuMetricsLayout kLayouts[] = {
    {.format = 1, .content = 3, .size = 120, .fast = k13, .slow = {}, .throttle_bits = 112, .clock_ns = 32},
    {.format = 1, .content = 4, .size = 288, .fast = k14, .slow = {}, .clock_ns = 32, .link_lanes = 52},
    {.format = 1, .content = 5, .size = 360, .fast = k15, .slow = {}, .clock_ns = 96, .link_lanes = 116},
    {.format = 1,
     .content = 6,
     .size = 1664,
     .fast = k16,
     .slow = {},
     .clock_ns = 24,
     .counter = 32,
     .residencies = k16Residencies,
     .link_lanes = 64},
    {.format = 1,
     .content = 7,
     .size = 2208,
     .fast = k17,
     .slow = k17Slow,
     .clock_ns = 32,
     .counter = 40,
     .residencies = k17Residencies,
     .link_lanes = 72},
    {.format = 1,
     .content = 8,
     .size = 3872,
     .fast = k18,
     .slow = k17Slow,
     .clock_ns = 32,
     .counter = 40,
     .residencies = k17Residencies,
     .link_lanes = 72},
};

// Nothing that is read lies behind a table's end.
constexpr bool fits(const GpuMetricsLayout& layout) {
  for (const std::span<const F> fields : {layout.fast, layout.slow}) {
    for (const F& f : fields) {
      if (f.offset % f.bytes != 0 || f.offset + (f.groups - 1) * f.group_bytes + f.count * f.bytes > layout.size) return false;
    }
  }
  for (const GpuMetricsResidency& r : layout.residencies) {
    if (r.offset + 4 > layout.size) return false;
  }
  return layout.throttle_bits + 8 <= layout.size && layout.clock_ns + 8 <= layout.size && layout.counter + 4 <= layout.size &&
         layout.link_lanes + 4 <= layout.size && layout.size <= kGpuMetricsBytes;
}
constexpr bool all_fit() {
  for (const GpuMetricsLayout& layout : kLayouts) {
    if (!fits(layout)) return false;
  }
  return true;
}
static_assert(all_fit());

// amdgpu's numbers for what throttles, which it makes of each card's own: limits of power, of currents, of temperatures.
constexpr ThrottleReason kReasons[] = {{0xffull, "power_cap"},
                                       {0xffull << 16, "current"},
                                       {0x3fffull << 32, "thermal"},
                                       {0x3ull << 46, "prochot"},
                                       {0x3ull << 56, "reliability"}};

struct Header {
  std::uint16_t size = 0;
  std::uint8_t format = 0, content = 0;
};
std::optional<Header> header_of(std::span<const char> table) {
  if (table.size() < 4) return std::nullopt;
  Header header;
  std::memcpy(&header.size, table.data(), 2);
  header.format = static_cast<std::uint8_t>(table[2]);
  header.content = static_cast<std::uint8_t>(table[3]);
  return header;
}

}  // namespace

std::span<const GpuMetricsLayout> gpu_metrics_layouts() { return kLayouts; }
std::span<const ThrottleReason> throttle_reasons() { return kReasons; }

const GpuMetricsLayout* gpu_metrics_layout(std::span<const char> table) {
  const auto header = header_of(table);
  if (!header || table.size() < header->size) return nullptr;
  for (const GpuMetricsLayout& layout : kLayouts) {
    if (layout.format == header->format && layout.content == header->content && layout.size == header->size) return &layout;
  }
  return nullptr;
}

std::string why_no_layout(std::span<const char> table) {
  const auto header = header_of(table);
  if (!header) return fmt::format("{} bytes are no table", table.size());
  const std::string revision = fmt::format("revision {}.{} of {} bytes", header->format, header->content, header->size);
  if (table.size() < header->size) return fmt::format("{}, of which {} are there", revision, table.size());
  return revision + " is not known; the card's numbers come from sysfs's other files alone";
}

std::optional<std::uint64_t> gpu_metrics_number(std::span<const char> table, std::size_t offset, std::size_t bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, table.data() + offset, bytes);
  if (number == ~std::uint64_t{0} >> (64 - 8 * bytes)) return std::nullopt;
  return number;
}

std::optional<double> gpu_metrics_value(std::span<const char> table, const GpuMetricsField& field, unsigned n) {
  double sum = 0;
  unsigned there = 0;
  const unsigned first = field.of == Of::links ? n : 0;
  const unsigned end = field.of == Of::links ? n + 1 : field.count;
  for (unsigned group = 0; group < field.groups; ++group) {
    for (unsigned i = first; i < end; ++i) {
      const auto number =
          gpu_metrics_number(table, field.offset + std::size_t{group} * field.group_bytes + i * field.bytes, field.bytes);
      if (!number) continue;
      // A share of more than the whole is none.
      if (field.divisor == kPercent && static_cast<double>(*number) > kPercent) continue;
      sum += static_cast<double>(*number);
      ++there;
    }
  }
  if (there == 0) return std::nullopt;
  if (field.of == Of::mean) sum /= there;
  return sum * field.factor / field.divisor;
}

}  // namespace tacho::sampler
