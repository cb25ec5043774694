// Memory by NUMA node: node_memory_numa_*.
//
// Source   SYSFS/devices/system/node/nodeN/meminfo, "Node 0 MemFree: 123 kB": sizes become bytes, though node_exporter's names do
//          not end in _bytes here; HugePages_* are counts. And nodeN/numastat: in pages, counting up.
// Fields   all of them, as in node_exporter.
// Nodes    SYSFS/devices/system/node/online says which there are; another answer is another layout.
// Cost     two files a node, for which the kernel adds up the counters of all CPUs; by default every 10 s.
// Errors   a node whose files cannot be read is an error; one without memory has files like any other.
#pragma once

#include <string>
#include <vector>

#include "sampler/host/keyed_lines.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class MeminfoNumaSource : public Source {
 public:
  explicit MeminfoNumaSource(const Roots& roots) : folder_(roots.sysfs + "/devices/system/node"), online_(folder_ + "/online") {}

  std::string_view name() const override { return "meminfo_numa"; }
  std::int64_t default_interval_ms() const override { return 10'000; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Node {
    KernelFile meminfo;
    KernelFile numastat;
    KeyedLines memory{2};  // behind "Node 0"
    KeyedLines pages{};
  };

  std::string_view online();

  std::string folder_;
  KernelFile online_;
  std::string described_online_;
  std::vector<Node> nodes_;
};

}  // namespace tacho::sampler
