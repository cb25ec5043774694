#include "sampler/host/storage/xfs.h"

#include "sampler/folders.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct Line {
  std::string_view key;
  std::vector<std::string_view> names;  // of its values, in the file's order
};

// The part of the metrics' names between "node_xfs_" and "_total".
const std::vector<Line>& shown_lines() {
  static const auto* const lines = new std::vector<Line>{
      {"extent_alloc",
       {"extent_allocation_extents_allocated", "extent_allocation_blocks_allocated", "extent_allocation_extents_freed",
        "extent_allocation_blocks_freed"}},
      {"abt",
       {"allocation_btree_lookups", "allocation_btree_compares", "allocation_btree_records_inserted",
        "allocation_btree_records_deleted"}},
      {"blk_map",
       {"block_mapping_reads", "block_mapping_writes", "block_mapping_unmaps", "block_mapping_extent_list_insertions",
        "block_mapping_extent_list_deletions", "block_mapping_extent_list_lookups", "block_mapping_extent_list_compares"}},
      {"bmbt",
       {"block_map_btree_lookups", "block_map_btree_compares", "block_map_btree_records_inserted",
        "block_map_btree_records_deleted"}},
      {"dir",
       {"directory_operation_lookup", "directory_operation_create", "directory_operation_remove",
        "directory_operation_getdents"}},
      {"ig",
       {"inode_operation_attempts", "inode_operation_found", "inode_operation_recycled", "inode_operation_missed",
        "inode_operation_duplicates", "inode_operation_reclaims", "inode_operation_attribute_changes"}},
      {"rw", {"write_calls", "read_calls"}},
      {"vnodes", {"vnode_active", "vnode_allocate", "vnode_get", "vnode_hold", "vnode_release", "vnode_reclaim", "vnode_remove"}},
  };
  return *lines;
}

}  // namespace

Result<void> XfsSource::describe(store::Schema& schema) {
  print_ = folder_print(folder_);
  Result<std::vector<std::string>> devices = list_folder(folder_);
  if (!devices) return std::unexpected(devices.error());
  SchemaBuilder builder(schema);
  std::vector<FileSystem> found;
  for (const std::string& device : *devices) {
    FileSystem one{.file = KernelFile(folder_ + "/" + device + "/stats/stats"), .lines = {}};
    const Result<std::string_view> text = one.file.read();
    if (!text) continue;  // "stats" and "debug" are no devices, and one may be gone since it was listed
    one.lines.learn_fields(*text, [&](std::string_view key, std::string_view fields) {
      std::vector<KeyedLines::Column> columns;
      for (const Line& line : shown_lines()) {
        if (line.key != key) continue;
        for (std::string_view name : line.names) {
          if (take_word(fields).empty()) break;
          columns.push_back({.index = builder.add("node_xfs_" + std::string(name) + "_total", {{"device", device}})});
        }
      }
      return columns;
    });
    found.push_back(std::move(one));
  }
  if (found.empty()) return failure("{} has no file system", folder_);
  file_systems_ = std::move(found);
  return {};
}

Result<Sampled> XfsSource::sample(Row& row) {
  if (folder_print(folder_) != print_) return Sampled::layout_changed;
  for (FileSystem& one : file_systems_) {
    const Result<std::string_view> text = one.file.read();
    if (!text) return std::unexpected(text.error());
    if (one.lines.read(*text, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
