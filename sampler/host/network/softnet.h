// Packets each CPU has taken from the network devices' queues: node_softnet_*.
//
// Source   PROCFS/net/softnet_stat: a line for each online CPU, of hexadecimal columns. Kernels before 2.6.36 have 9 of them,
//          before 5.10 up to 11, later ones 13 and more, the 13th being the CPU's number. What a kernel does not write has no
//          series; node_exporter shows 0 there.
// CPUs     without the 13th column the line's number is taken for the CPU's, which is wrong behind a CPU that is offline;
//          node_exporter takes 0 for all of them and has the same series several times.
// Wrap     the kernel's counters have 32 bits; they are shown as they are, so that a wrap looks like a reset, as in node_exporter.
#pragma once

#include <array>
#include <vector>

#include "sampler/host/network/net_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class SoftnetSource : public Source {
 public:
  explicit SoftnetSource(const Roots& roots) : file_(roots, "softnet_stat") {}

  std::string_view name() const override { return "softnet"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  static constexpr std::size_t kShownCount = 7;

  struct Cpu {
    std::uint64_t number = 0;
    std::size_t width = 0;  // how many columns its line has
    std::array<std::size_t, kShownCount> columns{};
  };

  NetFile file_;
  std::vector<Cpu> cpus_;
};

}  // namespace tacho::sampler
