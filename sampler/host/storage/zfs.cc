#include "sampler/host/storage/zfs.h"

#include <algorithm>

#include "sampler/cells.h"
#include "sampler/folders.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct KstatFile {
  std::string_view file;
  std::string_view prefix;  // of its metrics
};

constexpr KstatFile kKstats[] = {
    {"abdstats", "node_zfs_abd_"},
    {"arcstats", "node_zfs_arc_"},
    {"dbufstats", "node_zfs_dbuf_"},
    {"dmu_tx", "node_zfs_dmu_tx_"},
    {"dnodestats", "node_zfs_dnode_"},
    {"fm", "node_zfs_fm_"},
    {"vdev_cache_stats", "node_zfs_vdev_cache_"},
    {"vdev_mirror_stats", "node_zfs_vdev_mirror_"},
    {"xuio_stats", "node_zfs_xuio_"},
    {"zfetchstats", "node_zfs_zfetch_"},
    {"zil", "node_zfs_zil_"},
};

constexpr std::string_view kStates[] = {"online", "degraded", "faulted", "offline", "removed", "unavail", "suspended"};

constexpr std::string_view kInt64 = "3";
constexpr std::string_view kUint64 = "4";
constexpr std::string_view kDatasetName = "dataset_name";

// "async-upgrade-sync" is async_upgrade_sync.
std::string metric_name(std::string_view prefix, std::string_view name) {
  std::string metric(prefix);
  for (const char c : name.substr(name.rfind('.') + 1)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    metric += fits ? c : '_';
  }
  return metric;
}

// Learns the lines "name type data" below the one that says just that.
void learn_kstat(KeyedLines& lines, std::string_view text, std::string_view prefix, bool signed_too, SchemaBuilder& builder,
                 const std::vector<Label>& labels) {
  bool begun = false;
  lines.learn_fields(text, [&](std::string_view key, std::string_view fields) {
    std::vector<KeyedLines::Column> columns;
    const std::string_view type = take_word(fields);
    if (begun && (type == kUint64 || (signed_too && type == kInt64)) && !take_word(fields).empty()) {
      columns.emplace_back();
      columns.push_back({.index = builder.add(metric_name(prefix, key), labels)});
    }
    begun = begun || (key == "name" && type == "type");
    return columns;
  });
}

bool equal_but_case(std::string_view upper, std::string_view lower) {
  return std::ranges::equal(upper, lower, [](char u, char l) { return (u >= 'A' && u <= 'Z' ? u - 'A' + 'a' : u) == l; });
}

// The second line has the names, the third the numbers. False: there is no such line.
bool io_lines(std::string_view text, std::string_view& names, std::string_view& numbers) {
  Lines lines(text);
  if (!lines.next() || !lines.next()) return false;
  names = lines.line();
  if (!names.starts_with("nread") || !lines.next()) return false;
  numbers = lines.line();
  return true;
}

}  // namespace

void ZfsSource::describe_dataset(SchemaBuilder& builder, Pool& pool, const std::string& pool_name, const std::string& path) {
  dataset_file_.turn_to(path);
  const Result<std::string_view> text = dataset_file_.read();
  if (!text) return;  // unmounted since it was listed
  Dataset dataset{.path = path, .name_line = {}, .lines = {}};
  std::string name;
  for (Lines lines(*text); lines.next() && lines.whole();) {
    std::string_view rest = lines.line();
    if (take_word(rest) != kDatasetName) continue;
    dataset.name_line = std::string(lines.line()) + "\n";
    take_word(rest);
    skip_blanks(rest);
    name = rest;
  }
  if (name.empty()) return;
  learn_kstat(dataset.lines, *text, "node_zfs_zpool_dataset_", false, builder, {{"zpool", pool_name}, {"dataset", name}});
  pool.datasets.push_back(std::move(dataset));
}

void ZfsSource::describe_pool(SchemaBuilder& builder, const std::string& pool_name) {
  Pool pool{.folder = folder_ + "/" + pool_name};
  pool.print = folder_print(pool.folder);
  const Result<std::vector<std::string>> names = list_folder(pool.folder);
  if (!names) return;  // a file, or exported since it was listed
  for (const std::string& name : *names) {
    const std::string path = pool.folder + "/" + name;
    if (name == "io") {
      KernelFile file(path);
      const Result<std::string_view> text = file.read();
      std::string_view io_names, numbers;
      if (!text || !io_lines(*text, io_names, numbers)) continue;
      pool.io_names = io_names;
      for (std::string_view one; !(one = take_word(io_names)).empty();) {
        pool.io_columns.push_back(builder.add(metric_name("node_zfs_zpool_", one), {{"zpool", pool_name}}));
      }
      pool.io.emplace(std::move(file));
    } else if (name == "state") {
      pool.state.emplace(path);
      for (std::size_t i = 0; i < kStateCount; ++i) {
        pool.state_columns[i] = builder.add("node_zfs_zpool_state", {{"zpool", pool_name}, {"state", std::string(kStates[i])}});
      }
    } else if (name.starts_with("objset-")) {
      describe_dataset(builder, pool, pool_name, path);
    }
  }
  pools_.push_back(std::move(pool));
}

Result<void> ZfsSource::describe(store::Schema& schema) {
  static_assert(std::size(kStates) == kStateCount);
  print_ = folder_print(folder_);
  const Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  kstats_.clear();
  pools_.clear();
  for (const KstatFile& kstat : kKstats) {
    Kstat one{.file = KernelFile(folder_ + "/" + std::string(kstat.file)), .lines = {}};
    const Result<std::string_view> text = one.file.read();
    if (!text) continue;
    learn_kstat(one.lines, *text, kstat.prefix, true, builder, {});
    kstats_.push_back(std::move(one));
  }
  for (const std::string& name : *names) describe_pool(builder, name);
  if (schema.size() == before) return failure("{} has no statistics that are known", folder_);
  return {};
}

Sampled ZfsSource::sample_io(Pool& pool, Row& row) {
  const Result<std::string_view> text = pool.io->read();
  if (!text) return Sampled::layout_changed;
  std::string_view names, numbers;
  if (!io_lines(*text, names, numbers)) return Sampled::ok;
  if (names != pool.io_names) return Sampled::layout_changed;
  for (const std::size_t column : pool.io_columns) put(row, column, take_u64(numbers));
  return Sampled::ok;
}

Sampled ZfsSource::sample_state(Pool& pool, Row& row) {
  std::array<char, 64> buffer;
  std::string_view text;
  if (pool.state->read_short(buffer, text) != 0) return Sampled::ok;
  Lines lines(text);
  if (!lines.next() || !lines.whole()) return Sampled::ok;
  for (std::size_t i = 0; i < kStateCount; ++i) {
    put(row, pool.state_columns[i], equal_but_case(lines.line(), kStates[i]) ? 1.0 : 0.0);
  }
  return Sampled::ok;
}

Sampled ZfsSource::sample_datasets(const Pool& pool, Row& row) {
  for (const Dataset& dataset : pool.datasets) {
    dataset_file_.turn_to(dataset.path);
    const Result<std::string_view> text = dataset_file_.read();
    if (!text) return Sampled::layout_changed;
    if (!text->ends_with('\n')) continue;  // cut
    if (text->find(dataset.name_line) == std::string_view::npos) return Sampled::layout_changed;
    if (dataset.lines.read(*text, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  return Sampled::ok;
}

Result<Sampled> ZfsSource::sample(Row& row) {
  if (folder_print(folder_) != print_) return Sampled::layout_changed;
  for (Kstat& kstat : kstats_) {
    const Result<std::string_view> text = kstat.file.read();
    if (!text) return std::unexpected(text.error());
    if (kstat.lines.read(*text, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  for (Pool& pool : pools_) {
    if (folder_print(pool.folder) != pool.print) return Sampled::layout_changed;
    if (pool.io && sample_io(pool, row) == Sampled::layout_changed) return Sampled::layout_changed;
    if (pool.state && sample_state(pool, row) == Sampled::layout_changed) return Sampled::layout_changed;
    if (sample_datasets(pool, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
