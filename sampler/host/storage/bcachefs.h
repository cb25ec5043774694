// bcachefs, one set a file system: node_bcachefs_*.
//
// Source   SYSFS/fs/bcachefs/UUID/: btree_cache_size, the tables compression_stats, errors and btree_write_stats, a file a counter in
//          counters/; of each device dev-N/: label, state, bucket_size, nbuckets, durability, and the tables io_done and io_errors.
// Units    sizes are written for people (human_number.h). Counters and errors are those since the file system was made.
// Tables   a row for each type; other rows are another layout.
// Blocking the file system answers under its own locks.
#pragma once

#include <string>
#include <vector>

#include "sampler/host/number_files.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class BcachefsSource : public Source {
 public:
  explicit BcachefsSource(const Roots& roots) : folder_(roots.sysfs + "/fs/bcachefs") {}

  std::string_view name() const override { return "bcachefs"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  enum class Kind { compression, errors, writes, io_done, io_errors };

  // What a row is of, and where its numbers go.
  struct TableRow {
    std::string section;  // "read" or "write" in io_done
    std::string type;
    std::size_t first, second;
  };
  struct Table {
    Kind kind;
    KernelFile file;
    std::vector<TableRow> rows;
  };

  template <class Visit>
  static void walk(Kind kind, std::string_view text, Visit&& visit);
  void describe_table(SchemaBuilder& builder, Kind kind, const std::string& path, const std::vector<Label>& labels);
  void describe_device(SchemaBuilder& builder, const std::string& folder, const std::string& uuid, const std::string& device);
  static Sampled sample_table(Table& table, Row& row);

  std::string folder_;
  NumberFiles files_{1};
  std::vector<Table> tables_;
};

}  // namespace tacho::sampler
