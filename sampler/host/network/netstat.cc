#include "sampler/host/network/netstat.h"

#include "sampler/text_scan.h"

namespace tacho::sampler {
std::size_t NetstatSource::column_of(SchemaBuilder& builder, std::string_view protocol, std::string_view name) const {
  const std::string field = std::string(protocol) + "_" + std::string(name);
  return is_name_part(field) && !left_out_(field) ? builder.add("node_netstat_" + field) : kNoColumn;
}

Result<void> NetstatSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  Result<void> first_error;
  auto is_there = [&](const Result<std::string_view>& text) {
    if (!text && first_error) first_error = std::unexpected(text.error());
    return text.has_value();
  };
  for (PairedFile& pair : pairs_) {
    Result<std::string_view> text = pair.file.choose();
    pair.there = is_there(text);
    if (!pair.there) continue;
    pair.lines.learn(*text, [&](std::string_view key, std::string_view name) { return column_of(builder, key, name); });
  }
  Result<std::string_view> text = snmp6_.choose();
  snmp6_there_ = is_there(text);
  if (snmp6_there_) {
    snmp6_lines_.learn(*text, [&](std::string_view key) -> KeyedLines::Column {
      const std::size_t six = key.find('6');
      if (six == std::string_view::npos) return {};
      return {.index = column_of(builder, key.substr(0, six + 1), key.substr(six + 1))};
    });
  }
  if (schema.size() > before) return {};
  if (!first_error) return first_error;
  return failure("{} has no counter that is kept (Tcp_InSegs, Udp_InErrors, ...)", pairs_[1].file.path());
}

Result<Sampled> NetstatSource::sample(Row& row) {
  for (PairedFile& pair : pairs_) {
    if (!pair.there) continue;
    Result<std::string_view> text = pair.file.read();
    if (!text) return std::unexpected(text.error());
    if (pair.lines.read(*text, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  if (!snmp6_there_) return Sampled::ok;
  Result<std::string_view> text = snmp6_.read();
  if (!text) return std::unexpected(text.error());
  return snmp6_lines_.read(*text, row);
}

}  // namespace tacho::sampler
