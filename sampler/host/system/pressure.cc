#include "sampler/host/system/pressure.h"

#include <cstdint>
#include <optional>

#include "sampler/cells.h"
#include "sampler/host/system/psi.h"

namespace tacho::sampler {
namespace {

struct Kind {
  std::string_view file;
  std::string_view some_metric;  // "" where it is not shown
  std::string_view full_metric;
};

constexpr Kind kKinds[] = {
    {"cpu", "node_pressure_cpu_waiting_seconds_total", ""},
    {"io", "node_pressure_io_waiting_seconds_total", "node_pressure_io_stalled_seconds_total"},
    {"memory", "node_pressure_memory_waiting_seconds_total", "node_pressure_memory_stalled_seconds_total"},
    {"irq", "", "node_pressure_irq_stalled_seconds_total"},
};

constexpr double kUsPerSecond = 1e6;

// A total that was cut off, or not there yet, when the layout was learned.
bool is_new(const std::optional<std::uint64_t>& total, std::string_view metric, std::size_t column) {
  return total && !metric.empty() && column == kNoColumn;
}

}  // namespace

Result<void> PressureSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  std::vector<Resource> resources;
  Result<void> first_error;
  for (const Kind& kind : kKinds) {
    KernelFile file(folder_ + "/" + std::string(kind.file));
    Result<std::string_view> text = file.read();
    if (!text) {
      if (first_error) first_error = std::unexpected(text.error());
      continue;
    }
    PsiTotals totals = psi_totals(*text);
    auto column = [&](std::string_view metric, const std::optional<std::uint64_t>& total) {
      return metric.empty() || !total ? kNoColumn : builder.add(metric);
    };
    std::size_t some_column = column(kind.some_metric, totals.some_us);
    std::size_t full_column = column(kind.full_metric, totals.full_us);
    if (some_column == kNoColumn && full_column == kNoColumn) continue;
    resources.push_back({static_cast<std::size_t>(&kind - kKinds), std::move(file), some_column, full_column});
  }
  if (resources.empty()) {
    if (!first_error) return first_error;
    return failure("{} has no totals", folder_);
  }
  resources_ = std::move(resources);
  return {};
}

Result<Sampled> PressureSource::sample(Row& row) {
  for (Resource& resource : resources_) {
    Result<std::string_view> text = resource.file.read();
    if (!text) return std::unexpected(text.error());
    PsiTotals totals = psi_totals(*text);
    const Kind& kind = kKinds[resource.kind];
    if (is_new(totals.some_us, kind.some_metric, resource.some_column) ||
        is_new(totals.full_us, kind.full_metric, resource.full_column)) {
      return Sampled::layout_changed;
    }
    put(row, resource.some_column, totals.some_us, kUsPerSecond);
    put(row, resource.full_column, totals.full_us, kUsPerSecond);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
