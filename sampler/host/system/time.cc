#include "sampler/host/system/time.h"

#include <fmt/format.h>

#include <ctime>

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

std::tm local(std::int64_t wall_ns) {
  const std::time_t seconds = static_cast<std::time_t>(wall_ns / kNsPerSecond);
  std::tm out{};
  ::localtime_r(&seconds, &out);
  return out;
}

std::string_view first_word(std::string_view text) {
  Lines lines(text);
  if (!lines.next()) return {};
  std::string_view line = lines.line();
  return take_word(line);
}

}  // namespace

Result<void> TimeSource::describe(store::Schema& schema) {
  ::tzset();
  const std::tm now = local(clock_.wall_ns());
  zone_ = now.tm_zone;
  SchemaBuilder builder(schema);
  builder.add("node_time_seconds");
  builder.add("node_time_zone_offset_seconds", {{"time_zone", zone_}});
  const std::size_t before = schema.size();
  devices_.clear();
  for (int n = 0;; ++n) {
    const std::string folder = fmt::format("{}/devices/system/clocksource/clocksource{}", sysfs_, n);
    Result<std::string> available = read_attribute(folder + "/available_clocksource");
    if (!available) break;
    const std::string device = fmt::format("{}", n);
    std::string_view rest = *available;
    for (std::string_view name = take_word(rest); !name.empty(); name = take_word(rest)) {
      builder.add("node_time_clocksource_available_info", {{"device", device}, {"clocksource", std::string(name)}});
    }
    KernelFile current(folder + "/current_clocksource");
    Result<std::string_view> text = current.read();
    if (!text) continue;
    const std::string name(first_word(*text));
    if (name.empty()) continue;
    builder.add("node_time_clocksource_current_info", {{"device", device}, {"clocksource", name}});
    devices_.push_back({std::move(current), name});
  }
  info_count_ = schema.size() - before;
  return {};
}

Result<Sampled> TimeSource::sample(Row& row) {
  const std::int64_t wall_ns = clock_.wall_ns();
  const std::tm now = local(wall_ns);
  if (zone_ != now.tm_zone) return Sampled::layout_changed;
  for (Device& device : devices_) {
    Result<std::string_view> text = device.current_file.read();
    if (!text) return std::unexpected(text.error());
    if (first_word(*text) != device.current) return Sampled::layout_changed;
  }
  // In two parts: nanoseconds since 1970 do not fit a double exactly.
  row.set(0, static_cast<double>(wall_ns / kNsPerSecond) + static_cast<double>(wall_ns % kNsPerSecond) / 1e9);
  row.set(1, static_cast<double>(now.tm_gmtoff));
  for (std::size_t i = 0; i < info_count_; ++i) row.set(2 + i, 1.0);
  return Sampled::ok;
}

}  // namespace tacho::sampler
