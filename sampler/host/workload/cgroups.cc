#include "sampler/host/workload/cgroups.h"

#include <optional>

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct Line {
  std::string_view name;
  std::optional<std::uint64_t> cgroups;
  std::optional<std::uint64_t> enabled;
};

// memory	4	72	1; nullopt for the head, and for what is no such line.
std::optional<Line> parse(std::string_view rest) {
  Line line{.name = take_word(rest), .cgroups = {}, .enabled = {}};
  take_word(rest);
  line.cgroups = take_u64(rest);
  line.enabled = take_u64(rest);
  if (line.name.empty() || line.name.starts_with('#') || !line.cgroups || !line.enabled) return std::nullopt;
  return line;
}

}  // namespace

Result<void> CgroupsSource::describe(store::Schema& schema) {
  const Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  controllers_.clear();
  for (Lines lines(*text); lines.next() && lines.whole();) {
    const std::optional<Line> line = parse(lines.line());
    if (!line) continue;
    const Label label{"subsys_name", std::string(line->name)};
    controllers_.push_back({.name = label.value,
                            .cgroups_column = builder.add("node_cgroups_cgroups", {label}),
                            .enabled_column = builder.add("node_cgroups_enabled", {label})});
  }
  if (controllers_.empty()) return failure("{} has no line of a controller", file_.path());
  return {};
}

Result<Sampled> CgroupsSource::sample(Row& row) {
  const Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  std::size_t i = 0;
  for (Lines lines(*text); lines.next();) {
    if (!lines.whole()) return Sampled::ok;  // what is behind a cut is only missing for now
    const std::optional<Line> line = parse(lines.line());
    if (!line) continue;
    if (i == controllers_.size() || line->name != controllers_[i].name) return Sampled::layout_changed;
    const Controller& controller = controllers_[i++];
    put(row, controller.cgroups_column, line->cgroups);
    put(row, controller.enabled_column, line->enabled);
  }
  return i == controllers_.size() ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
