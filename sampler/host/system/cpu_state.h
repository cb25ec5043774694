// Which CPUs are online and isolated, and how often heat has slowed them down: the rest of node_exporter's collector cpu.
//
// Source   SYSFS/devices/system/cpu/: online and isolated, lists of ranges; cpuN/topology/{physical_package_id,core_id}, and
//          cpuN/thermal_throttle/{core,package}_throttle_count (x86), of the first CPU of each core and package.
// Online   by the list, for every folder cpuN; node_exporter reads cpuN/online, and shows nothing where cpu0 has no such file.
// Changes  a CPU that goes on- or offline is a new layout: its core may have to be asked through another.
// Cost     a file a core, kept open.
#pragma once

#include <string>

#include "sampler/host/number_files.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class CpuStateSource : public Source {
 public:
  explicit CpuStateSource(const Roots& roots)
      : folder_(roots.sysfs + "/devices/system/cpu"), online_(folder_ + "/online"), isolated_(folder_ + "/isolated") {}

  std::string_view name() const override { return "cpu_state"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  // A list of CPUs as last described; "" when it cannot be read.
  struct List {
    explicit List(std::string path) : file(std::move(path)) {}
    std::string_view now();

    KernelFile file;
    std::string text;
    bool there = false;  // in describe() it could be read
  };

  void describe_throttles(SchemaBuilder& builder, const std::vector<std::uint64_t>& cpus);

  std::string folder_;
  List online_;
  List isolated_;
  NumberFiles files_{1};
};

}  // namespace tacho::sampler
