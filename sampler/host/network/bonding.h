// Bonded links: how many interfaces each bond has, and how many of them work: node_bonding_*.
//
// Source   SYSFS/class/net/BOND, a bond if there is a folder bonding/ in it; its interfaces are the links lower_NAME (slave_NAME on
//          kernels before 3.9) with a file bonding_slave/mii_status in them, which says "up" of one that works.
// Locks    not SYSFS/class/net/bonding_masters and BOND/bonding/slaves, which node_exporter reads: the kernel answers those only
//          when no driver holds the lock over all interfaces, which one that resets its device does for seconds.
// Changes  an interface that leaves its bond changes the layout at once, one that joins within ten ticks.
// Space    the network namespace for which SYSFS was mounted.
// Cost     an open file and a pread for each interface of a bond.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class BondingSource : public Source {
 public:
  static constexpr unsigned kTicksPerCheck = 10;

  explicit BondingSource(const Roots& roots) : folder_(roots.sysfs + "/class/net") {}

  std::string_view name() const override { return "bonding"; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;

 private:
  struct Bond {
    std::string folder;
    std::uint64_t print = 0;        // of the folder as described
    std::vector<KernelFile> links;  // mii_status of its interfaces
    std::size_t slaves_column = kNoColumn;
    std::size_t active_column = kNoColumn;
  };

  static Bond look(const std::string& folder);
  bool changed() const;

  std::string folder_;
  std::uint64_t print_ = 0;
  std::vector<Bond> bonds_;
  unsigned ticks_ = 0;
};

}  // namespace tacho::sampler
