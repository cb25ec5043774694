#include "sampler/host/storage/rpc_counters.h"

#include <algorithm>

#include "sampler/text_scan.h"

namespace tacho::sampler {

Result<void> RpcCounters::describe(store::Schema& schema, std::span<const RpcLine> lines,
                                   std::span<const RpcProcedures> procedures) {
  Result<std::string_view> text = file_.choose();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  lines_.learn_fields(*text, [&](std::string_view key, std::string_view numbers) {
    std::vector<KeyedLines::Column> columns;
    if (const auto line = std::ranges::find(lines, key, &RpcLine::key); line != lines.end()) {
      for (const RpcField& field : line->fields) {
        if (take_word(numbers).empty()) break;
        columns.emplace_back();
        if (field.metric.empty()) continue;
        std::vector<Label> labels;
        if (!field.label.empty()) labels.push_back({std::string(field.label), std::string(field.value)});
        columns.back().index = builder.add(field.metric, std::move(labels));
      }
    }
    if (const auto line = std::ranges::find(procedures, key, &RpcProcedures::key); line != procedures.end()) {
      if (line->counted) {
        take_word(numbers);
        columns.emplace_back();
      }
      for (std::string_view method : line->methods) {
        if (take_word(numbers).empty()) break;
        columns.emplace_back();
        if (method.empty()) continue;
        columns.back().index =
            builder.add(requests_metric_, {{"proto", std::string(line->proto)}, {"method", std::string(method)}});
      }
    }
    return columns;
  });
  if (schema.size() == before) return failure("{} has no counter that is known", file_.path());
  return {};
}

Result<Sampled> RpcCounters::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  return lines_.read(*text, row);
}

}  // namespace tacho::sampler
