#include "sampler/host/system/selinux.h"

#include <unistd.h>

#include <algorithm>

#include "proto/base/file.h"
#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kCache[] = {"lookups", "hits", "misses", "allocations", "reclaims", "frees"};
constexpr std::string_view kHash[] = {"node_selinux_avc_hash_entries", "node_selinux_avc_hash_buckets_used",
                                      "node_selinux_avc_hash_buckets_available", "node_selinux_avc_hash_longest_chain"};

// SELINUX=enforcing in a shell-like file; off where it does not say.
double configured_mode(const std::string& path) {
  const std::string text = read_file(path).value_or("");
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = take_until(rest, '\n');
    skip_blanks(line);
    if (!line.starts_with("SELINUX=")) continue;
    line.remove_prefix(8);
    const std::string_view mode = take_word(line);
    return mode == "enforcing" ? 1 : mode == "permissive" ? 0 : -1;
  }
  return -1;
}

}  // namespace

void SelinuxSource::describe_cache(SchemaBuilder& builder) {
  cache_order_.clear();
  cache_columns_.fill(kNoColumn);
  hash_columns_.fill(kNoColumn);
  if (const Result<std::string_view> text = cache_.read()) {
    Lines lines(*text);
    std::string_view names = lines.next() && lines.whole() ? lines.line() : std::string_view{};
    for (std::string_view name; !(name = take_word(names)).empty();) {
      const auto which = static_cast<std::size_t>(std::ranges::find(kCache, name) - std::begin(kCache));
      cache_order_.push_back(which < kCacheCount ? which : kNoColumn);
      if (which < kCacheCount) cache_columns_[which] = builder.add("node_selinux_avc_" + std::string(name) + "_total");
    }
  }
  if (!hash_.read()) return;
  for (std::size_t i = 0; i < kHashCount; ++i) hash_columns_[i] = builder.add(kHash[i]);
}

Result<void> SelinuxSource::describe(store::Schema& schema) {
  static_assert(std::size(kCache) == kCacheCount && std::size(kHash) == kHashCount);
  if (::access(sysfs_folder_.c_str(), F_OK) != 0) return sys_failure(errno, "cannot look at {}", sysfs_folder_);
  on_ = ::access((folder_ + "/enforce").c_str(), F_OK) == 0;
  files_.start();
  files_.watch(folder_);
  SchemaBuilder builder(schema);
  enabled_column_ = builder.add("node_selinux_enabled");
  if (!on_) return {};
  files_.constant(builder, "node_selinux_config_mode", {}, configured_mode(config_path_));
  files_.add(builder, folder_ + "/enforce", "node_selinux_current_mode", {});
  files_.add(builder, folder_ + "/avc/cache_threshold", "node_selinux_avc_threshold", {});
  describe_cache(builder);
  return {};
}

void SelinuxSource::sample_cache(Row& row) {
  if (cache_order_.empty()) return;
  const Result<std::string_view> text = cache_.read();
  Lines lines(text ? *text : std::string_view{});
  if (!lines.next()) return;
  std::array<std::optional<std::uint64_t>, kCacheCount> sums;
  sums.fill(0);
  while (lines.next()) {
    if (!lines.whole()) return;
    std::string_view rest = lines.line();
    for (const std::size_t which : cache_order_) {
      const std::optional<std::uint64_t> value = take_u64(rest);
      if (which == kNoColumn) continue;
      sums[which] = sums[which] && value ? std::optional(*sums[which] + *value) : std::nullopt;
    }
  }
  for (std::size_t i = 0; i < kCacheCount; ++i) put(row, cache_columns_[i], sums[i]);
}

// "entries: 503", "buckets used: 283/512", "longest chain: 2"
void SelinuxSource::sample_hash(Row& row) {
  if (hash_columns_[0] == kNoColumn) return;
  const Result<std::string_view> text = hash_.read();
  for (Lines lines(text ? *text : std::string_view{}); lines.next() && lines.whole();) {
    std::string_view rest = lines.line();
    const std::string_view key = take_until(rest, ':');
    std::string_view first = take_until(rest, '/');
    if (key == "entries") put(row, hash_columns_[0], take_u64(first));
    if (key == "buckets used") {
      put(row, hash_columns_[1], take_u64(first));
      put(row, hash_columns_[2], take_u64(rest));
    }
    if (key == "longest chain") put(row, hash_columns_[3], take_u64(first));
  }
}

Result<Sampled> SelinuxSource::sample(Row& row) {
  put(row, enabled_column_, on_ ? 1.0 : 0.0);
  if (on_) {
    sample_cache(row);
    sample_hash(row);
  }
  return files_.sample(row);
}

}  // namespace tacho::sampler
