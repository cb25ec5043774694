#include "sampler/host/system/loadavg.h"

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {

Result<void> LoadavgSource::describe(store::Schema& schema) {
  if (Result<std::string_view> text = file_.read(); !text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  for (std::string_view metric : {"node_load1", "node_load5", "node_load15"}) builder.add(metric);
  return {};
}

Result<Sampled> LoadavgSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  Lines lines(*text);
  if (!lines.next()) return failure("{} is empty", file_.path());
  std::string_view rest = lines.line();
  for (std::size_t column = 0; column < 3; ++column) {
    if (std::optional<double> load = take_double(rest)) row.set(column, *load);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
