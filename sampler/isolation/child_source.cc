#include "sampler/isolation/child_source.h"

#include "sampler/catalogue.h"

namespace tacho::sampler {

Result<void> ChildSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  for (const auto& child : children_) {
    for (const char* metric : {"tacho_accel_child_up", "tacho_accel_child_restarts_total", "tacho_accel_child_cpu_seconds_total",
                               "tacho_accel_child_resident_memory_bytes"})
      builder.add(metric, {{"child", child->name()}});
  }
  return {};
}

Result<Sampled> ChildSource::sample(Row& row) {
  std::size_t c = 0;
  for (const auto& child : children_) {
    const bool runs = child->runs();
    const std::uint64_t lives = child->lives(), cpu_ns = child->cpu_ns(), resident = child->resident_bytes();
    // One that nobody has needed yet is not down.
    if (lives > 0) row.set(c, runs ? 1 : 0);
    if (lives > 0) row.set(c + 1, static_cast<double>(lives - 1));
    if (runs && cpu_ns > 0) row.set(c + 2, static_cast<double>(cpu_ns) / 1e9);
    if (runs && resident > 0) row.set(c + 3, static_cast<double>(resident));
    c += 4;
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
