#include "sampler/host/storage/bcache.h"

#include <algorithm>

#include "sampler/cells.h"
#include "sampler/folders.h"
#include "sampler/host/storage/human_number.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr NumberForm kHuman{.parse = parse_bcache_number};
constexpr NumberForm kMicroseconds{.divisor = 1e6, .parse = parse_bcache_number};

struct CacheFile {
  std::string_view file;
  std::string_view metric;
  NumberForm form = kHuman;
};

constexpr CacheFile kSet[] = {
    {"average_key_size", "node_bcache_average_key_size_sectors"},
    {"btree_cache_size", "node_bcache_btree_cache_size_bytes"},
    {"cache_available_percent", "node_bcache_cache_available_percent"},
    {"congested", "node_bcache_congested"},
    {"root_usage_percent", "node_bcache_root_usage_percent"},
    {"tree_depth", "node_bcache_tree_depth"},
    {"internal/active_journal_entries", "node_bcache_active_journal_entries"},
    {"internal/btree_nodes", "node_bcache_btree_nodes"},
    {"internal/btree_read_average_duration_us", "node_bcache_btree_read_average_duration_seconds", kMicroseconds},
    {"internal/cache_read_races", "node_bcache_cache_read_races_total"},
};
constexpr CacheFile kDisk[] = {
    {"dirty_data", "node_bcache_dirty_data_bytes"},
    {"stats_total/bypassed", "node_bcache_bypassed_bytes_total"},
    {"stats_total/cache_hits", "node_bcache_cache_hits_total"},
    {"stats_total/cache_misses", "node_bcache_cache_misses_total"},
    {"stats_total/cache_bypass_hits", "node_bcache_cache_bypass_hits_total"},
    {"stats_total/cache_bypass_misses", "node_bcache_cache_bypass_misses_total"},
    {"stats_total/cache_miss_collisions", "node_bcache_cache_miss_collisions_total"},
    {"stats_total/cache_readaheads", "node_bcache_cache_readaheads_total"},
};
constexpr CacheFile kCache[] = {
    {"io_errors", "node_bcache_io_errors"},
    {"metadata_written", "node_bcache_metadata_written_bytes_total"},
    {"written", "node_bcache_written_bytes_total"},
};

struct Rate {
  std::string_view key;
  std::string_view metric;
};
constexpr Rate kRates[] = {
    {"rate", "node_bcache_writeback_rate"},
    {"target", "node_bcache_dirty_target_bytes"},
    {"proportional", "node_bcache_writeback_rate_proportional_term"},
    {"integral", "node_bcache_writeback_rate_integral_term"},
    {"change", "node_bcache_writeback_change"},
};

}  // namespace

void BcacheSource::describe_disk(SchemaBuilder& builder, const std::string& folder, const std::vector<Label>& labels) {
  static_assert(std::size(kRates) == kRateCount);
  for (const CacheFile& file : kDisk) files_.add(builder, folder + std::string(file.file), file.metric, labels, file.form);
  Rates rates{.file = KernelFile(folder + "writeback_rate_debug")};
  if (!rates.file.read()) return;
  for (std::size_t i = 0; i < kRateCount; ++i) rates.columns[i] = builder.add(kRates[i].metric, labels);
  rates_.push_back(std::move(rates));
}

Result<void> BcacheSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  rates_.clear();
  const Result<std::vector<std::string>> sets = list_folder(folder_);
  if (!sets) return std::unexpected(sets.error());
  SchemaBuilder builder(schema);
  for (const std::string& uuid : *sets) {
    if (uuid.find('-') == std::string::npos) continue;  // "register", "pendings_cleanup"
    const std::string folder = folder_ + "/" + uuid + "/";
    files_.watch(folder_ + "/" + uuid);
    for (const CacheFile& file : kSet) {
      files_.add(builder, folder + std::string(file.file), file.metric, {{"uuid", uuid}}, file.form);
    }
    for (const std::string& disk : list_numbered(folder, "bdev").value_or(std::vector<std::string>{})) {
      describe_disk(builder, folder + disk + "/", {{"uuid", uuid}, {"backing_device", disk}});
    }
    for (const std::string& cache : list_numbered(folder, "cache").value_or(std::vector<std::string>{})) {
      for (const CacheFile& file : kCache) {
        files_.add(builder, folder + cache + "/" + std::string(file.file), file.metric, {{"uuid", uuid}, {"cache_device", cache}},
                   file.form);
      }
    }
  }
  if (files_.empty()) return failure("{} has no cache", folder_);
  return {};
}

Result<Sampled> BcacheSource::sample(Row& row) {
  for (Rates& rates : rates_) {
    std::array<char, 512> buffer;
    std::string_view text;
    if (rates.file.read_short(buffer, text) != 0) continue;
    for (Lines lines(text); lines.next() && lines.whole();) {
      std::string_view value = lines.line();
      const std::string_view key = take_until(value, ':');
      const auto* const rate = std::ranges::find(kRates, key, &Rate::key);
      if (rate == std::end(kRates)) continue;
      if (value.ends_with("/sec")) value.remove_suffix(4);
      const std::optional<double> number = parse_bcache_number(value);
      if (number) put(row, rates.columns[static_cast<std::size_t>(rate - std::begin(kRates))], *number);
    }
  }
  return files_.sample(row);
}

}  // namespace tacho::sampler
