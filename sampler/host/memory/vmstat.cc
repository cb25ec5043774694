#include "sampler/host/memory/vmstat.h"

#include "sampler/text_scan.h"

namespace tacho::sampler {
Result<void> VmstatSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  lines_.learn(*text, [&](std::string_view key) -> KeyedLines::Column {
    if (!is_name_part(key) || left_out_(key)) return {};
    return {.index = builder.add("node_vmstat_" + std::string(key))};
  });
  if (schema.size() == before) return failure("{} has no counter that is kept (pgfault, pgpgin, ...)", file_.path());
  return {};
}

Result<Sampled> VmstatSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  return lines_.read(*text, row);
}

}  // namespace tacho::sampler
