#include "sampler/host/network/softnet.h"

#include <optional>

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct Shown {
  std::size_t position;  // in the line
  std::string_view metric;
};

// By position. Columns 3 to 7 have been 0 since Linux 2.6.24.
constexpr Shown kShown[] = {
    {0, "node_softnet_processed_total"},     {1, "node_softnet_dropped_total"},      {2, "node_softnet_times_squeezed_total"},
    {8, "node_softnet_cpu_collision_total"}, {9, "node_softnet_received_rps_total"}, {10, "node_softnet_flow_limit_count_total"},
    {11, "node_softnet_backlog_len"},
};
constexpr std::size_t kCpuPosition = 12;
constexpr std::size_t kFieldCount = kCpuPosition + 1;

struct Fields {
  std::array<std::optional<std::uint64_t>, kFieldCount> values;
  std::size_t width = 0;
};

Fields parse(std::string_view line) {
  Fields fields;
  for (skip_blanks(line); !line.empty(); skip_blanks(line), ++fields.width) {
    const std::optional<std::uint64_t> value = take_hex_u64(line);
    if (fields.width < kFieldCount) fields.values[fields.width] = value;
  }
  return fields;
}

// The number in the line, or the line's own; none when the line's is no number.
std::optional<std::uint64_t> cpu_number(const Fields& fields, std::size_t line) {
  if (fields.width <= kCpuPosition) return line;
  return fields.values[kCpuPosition];
}

}  // namespace

Result<void> SoftnetSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.choose();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  static_assert(std::size(kShown) == kShownCount);
  const std::size_t before = schema.size();
  cpus_.clear();
  for (Lines lines(*text); lines.next() && lines.whole();) {
    const Fields fields = parse(lines.line());
    const std::optional<std::uint64_t> number = cpu_number(fields, cpus_.size());
    Cpu cpu{.number = number.value_or(0), .width = fields.width};
    cpu.columns.fill(kNoColumn);
    for (std::size_t i = 0; number && i < kShownCount; ++i) {
      if (kShown[i].position >= fields.width) continue;
      cpu.columns[i] = builder.add(kShown[i].metric, {{"cpu", std::to_string(*number)}});
    }
    cpus_.push_back(cpu);
  }
  if (schema.size() == before) return failure("{} has no line of a CPU", file_.path());
  return {};
}

Result<Sampled> SoftnetSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  std::size_t i = 0;
  for (Lines lines(*text); lines.next();) {
    if (!lines.whole()) return Sampled::ok;  // what is behind a cut is only missing for now
    const Fields fields = parse(lines.line());
    if (i == cpus_.size() || fields.width != cpus_[i].width || cpu_number(fields, i).value_or(0) != cpus_[i].number) {
      return Sampled::layout_changed;
    }
    const Cpu& cpu = cpus_[i++];
    for (std::size_t k = 0; k < kShownCount; ++k) put(row, cpu.columns[k], fields.values[kShown[k].position]);
  }
  return i == cpus_.size() ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
