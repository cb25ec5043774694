#include "sampler/host/memory/meminfo.h"

#include <fmt/format.h>

namespace tacho::sampler {
namespace {

constexpr double kBytesPerKib = 1024.0;

}  // namespace

std::string meminfo_field(std::string_view field) {
  std::string name(field);
  for (char& c : name) {
    if (c == '(') c = '_';
  }
  if (name.ends_with(')')) name.pop_back();
  return name;
}

Result<void> MeminfoSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  lines_.learn(*text, [&](std::string_view key) -> KeyedLines::Column {
    if (!key.ends_with(':')) return {};
    const std::string field = meminfo_field(key.substr(0, key.size() - 1));
    // The catalogue is the list of fields that are shown.
    const std::string pages = "node_memory_" + field;
    if (find_metric(pages)) return {.index = builder.add(pages)};
    const std::string bytes = pages + "_bytes";
    if (find_metric(bytes)) return {.index = builder.add(bytes), .scale = kBytesPerKib};
    return {};
  });
  if (schema.size() == before) return failure("{} has no field that is known", file_.path());
  return {};
}

Result<Sampled> MeminfoSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  return lines_.read(*text, row);
}

}  // namespace tacho::sampler
