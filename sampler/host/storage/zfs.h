// What ZFS counts of its work: node_zfs_*, for the module, for each pool and for each mounted dataset.
//
// Source   the files kKstats names in PROCFS/spl/kstat/zfs, and of each pool, a folder in it, io, state and objset-*. Lines are
//          "name type data"; those of types 3 and 4 (64-bit numbers, of datasets 4 alone) are shown, under the kernel's names.
//          io, which OpenZFS has had before 2.0, is a line of names above one of numbers.
// States   one series for each state a pool can be in, 1 for the one it is in.
// Datasets by their whole names; node_exporter ends a name at its first blank.
// Odd      a number that is negative or cut leaves its cell absent; node_exporter then shows nothing at all.
// Cost     one open file for each kstat and two a pool; the datasets' are opened and closed each time, for there may be hundreds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sampler/host/keyed_lines.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class SchemaBuilder;

class ZfsSource : public Source {
 public:
  explicit ZfsSource(const Roots& roots) : folder_(roots.procfs + "/spl/kstat/zfs") {}

  std::string_view name() const override { return "zfs"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kStateCount = 7;

  struct Kstat {
    KernelFile file;
    KeyedLines lines;
  };
  struct Dataset {
    std::string path;
    std::string name_line;  // another one there is another dataset
    KeyedLines lines;
  };
  struct Pool {
    std::string folder;
    std::uint64_t print = 0;  // of the folder as described
    std::optional<KernelFile> io;
    std::string io_names;
    std::vector<std::size_t> io_columns;
    std::optional<KernelFile> state;
    std::array<std::size_t, kStateCount> state_columns{};
    std::vector<Dataset> datasets;
  };

  void describe_pool(SchemaBuilder& builder, const std::string& pool);
  void describe_dataset(SchemaBuilder& builder, Pool& pool, const std::string& pool_name, const std::string& path);
  static Sampled sample_io(Pool& pool, Row& row);
  static Sampled sample_state(Pool& pool, Row& row);
  Sampled sample_datasets(const Pool& pool, Row& row);

  std::string folder_;
  std::uint64_t print_ = 0;
  std::vector<Kstat> kstats_;
  std::vector<Pool> pools_;
  KernelFile dataset_file_{""};  // one buffer for all of them
};

}  // namespace tacho::sampler
