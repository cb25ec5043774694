#include "sampler/host/storage/bcachefs.h"

#include <fmt/format.h>

#include <filesystem>

#include "sampler/cells.h"
#include "sampler/folders.h"
#include "sampler/host/storage/human_number.h"
#include "sampler/short_text.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kDevice = "dev-";

// "since mount: 5\nsince filesystem creation: 1.2M\n"
std::optional<double> parse_since_creation(std::string_view text) {
  for (Lines lines(text); lines.next() && lines.whole();) {
    std::string_view value = lines.line();
    if (take_until(value, ':') == "since filesystem creation") return parse_bcachefs_number(value);
  }
  return std::nullopt;
}

constexpr NumberForm kHuman{.parse = parse_bcachefs_number};
constexpr NumberForm kSinceCreation{.parse = parse_since_creation};

std::string counter_metric(std::string_view file) {
  std::string metric = "node_bcachefs_";
  for (const char c : file) {
    metric += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  }
  return metric + "_total";
}

// "lz4:" is lz4.
std::string_view without_colon(std::string_view word) {
  if (word.ends_with(':')) word.remove_suffix(1);
  return word;
}

}  // namespace

// Calls visit(section, type, first, second) for each row; numbers that cannot be read are nullopt. False: no more is wanted.
template <class Visit>
void BcachefsSource::walk(Kind kind, std::string_view text, Visit&& visit) {
  bool heading = kind == Kind::compression || kind == Kind::writes;
  std::string_view section;
  for (Lines lines(text); lines.next() && lines.whole();) {
    std::string_view line = trimmed(lines.line());
    if (line.empty()) continue;
    if (heading) {
      heading = false;
      continue;
    }
    if (kind == Kind::compression || kind == Kind::writes || kind == Kind::errors) {
      const std::string_view type = without_colon(take_word(line));
      const std::string_view one = take_word(line);
      const std::string_view two = take_word(line);
      if (one.empty() || (kind != Kind::errors && two.empty())) continue;
      if (!visit(section, type, parse_bcachefs_number(one), parse_bcachefs_number(two))) return;
      continue;
    }
    if (kind == Kind::io_done && (line == "read:" || line == "write:")) {
      section = without_colon(line);
      continue;
    }
    if (line.starts_with("IO errors since ")) {
      section = line.starts_with("IO errors since filesystem creation") ? "creation" : "";
      continue;
    }
    const std::string_view type = trimmed(take_until(line, ':'));
    if (section.empty() || type.empty() || line.empty()) continue;
    if (!visit(section, type, parse_bcachefs_number(line), std::optional<double>{})) return;
  }
}

void BcachefsSource::describe_table(SchemaBuilder& builder, Kind kind, const std::string& path,
                                    const std::vector<Label>& labels) {
  Table table{.kind = kind, .file = KernelFile(path), .rows = {}};
  const Result<std::string_view> text = table.file.read();
  if (!text) return;
  walk(kind, *text, [&](std::string_view section, std::string_view type, std::optional<double>, std::optional<double>) {
    TableRow one{std::string(section), std::string(type), kNoColumn, kNoColumn};
    const auto add = [&](std::string_view metric, std::string_view label) {
      std::vector<Label> all = labels;
      all.push_back({std::string(label), one.type});
      if (kind == Kind::io_done) all.push_back({"operation", one.section});
      return builder.add(metric, std::move(all));
    };
    switch (kind) {
      case Kind::compression:
        one.first = add("node_bcachefs_compression_compressed_bytes", "algorithm");
        one.second = add("node_bcachefs_compression_uncompressed_bytes", "algorithm");
        break;
      case Kind::writes:
        one.first = add("node_bcachefs_btree_writes_total", "type");
        one.second = add("node_bcachefs_btree_write_average_size_bytes", "type");
        break;
      case Kind::errors: one.first = add("node_bcachefs_errors_total", "error_type"); break;
      case Kind::io_done: one.first = add("node_bcachefs_device_io_done_bytes_total", "data_type"); break;
      case Kind::io_errors: one.first = add("node_bcachefs_device_io_errors_total", "type"); break;
    }
    table.rows.push_back(std::move(one));
    return true;
  });
  tables_.push_back(std::move(table));
}

void BcachefsSource::describe_device(SchemaBuilder& builder, const std::string& folder, const std::string& uuid,
                                     const std::string& device) {
  const std::vector<Label> labels{{"uuid", uuid}, {"device", device}};
  files_.watch_text(folder + "/label");
  files_.watch_text(folder + "/state");
  files_.constant(
      builder, "node_bcachefs_device_info",
      {{"uuid", uuid}, {"device", device}, {"label", label_text(folder + "/label")}, {"state", label_text(folder + "/state")}});
  files_.add(builder, folder + "/bucket_size", "node_bcachefs_device_bucket_size_bytes", labels, kHuman);
  files_.add(builder, folder + "/nbuckets", "node_bcachefs_device_buckets", labels);
  files_.add(builder, folder + "/durability", "node_bcachefs_device_durability", labels);
  describe_table(builder, Kind::io_done, folder + "/io_done", labels);
  describe_table(builder, Kind::io_errors, folder + "/io_errors", labels);
}

Result<void> BcachefsSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  tables_.clear();
  const Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  for (const std::string& uuid : *names) {
    const std::string folder = folder_ + "/" + uuid;
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) continue;
    files_.watch(folder);
    files_.constant(builder, "node_bcachefs_info", {{"uuid", uuid}});
    files_.add(builder, folder + "/btree_cache_size", "node_bcachefs_btree_cache_size_bytes", {{"uuid", uuid}}, kHuman);
    describe_table(builder, Kind::compression, folder + "/compression_stats", {{"uuid", uuid}});
    describe_table(builder, Kind::errors, folder + "/errors", {{"uuid", uuid}});
    describe_table(builder, Kind::writes, folder + "/btree_write_stats", {{"uuid", uuid}});
    for (const std::string& counter : list_folder(folder + "/counters").value_or(std::vector<std::string>{})) {
      files_.add(builder, fmt::format("{}/counters/{}", folder, counter), counter_metric(counter), {{"uuid", uuid}},
                 kSinceCreation);
    }
    for (const std::string& name : list_folder(folder).value_or(std::vector<std::string>{})) {
      if (name.starts_with(kDevice))
        describe_device(builder, fmt::format("{}/{}", folder, name), uuid, name.substr(kDevice.size()));
    }
  }
  if (files_.empty()) return failure("{} has no file system", folder_);
  return {};
}

Sampled BcachefsSource::sample_table(Table& table, Row& row) {
  const Result<std::string_view> text = table.file.read();
  if (!text) return Sampled::layout_changed;
  std::size_t i = 0;
  bool same = true;
  walk(table.kind, *text,
       [&](std::string_view section, std::string_view type, std::optional<double> first, std::optional<double> second) {
         same = i < table.rows.size() && table.rows[i].section == section && table.rows[i].type == type;
         if (!same) return false;
         if (first) put(row, table.rows[i].first, *first);
         if (second) put(row, table.rows[i].second, *second);
         ++i;
         return true;
       });
  // Rows behind a cut are only missing for now.
  return same && (i == table.rows.size() || !text->ends_with('\n')) ? Sampled::ok : Sampled::layout_changed;
}

Result<Sampled> BcachefsSource::sample(Row& row) {
  for (Table& table : tables_) {
    if (sample_table(table, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  return files_.sample(row);
}

}  // namespace tacho::sampler
