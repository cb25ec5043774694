// Who the card is: versions, serial number, place and its PCIe link, how it is partitioned; the highest clocks.
//
// Source   the card's files; SYSFS/module/DRIVER/version (drivers that were not built with the kernel have it); pp_dpm_sclk and
//          pp_dpm_mclk, the lists of clock rates that the card can have.
// Layout   another partition, performance level or firmware is a new layout.
#pragma once

#include <array>

#include "sampler/accel/amd/reading.h"
#include "sampler/accel/pcie_link.h"
#include "sampler/host/number_files.h"

namespace tacho::sampler {

class AmdInfo final : public AmdReading {
 public:
  void describe(const AmdCard& card, SchemaBuilder& builder) override;
  Sampled sample(Row& row) override;

 private:
  struct Clock {
    KernelFile file;
    std::size_t column;
  };

  NumberFiles files_{1};
  std::vector<Clock> clocks_;
  std::optional<PcieLink> link_;
};

// The highest rate of a list "0: 500Mhz\n1: 2100Mhz *", in hertz; nullopt when there is none in it.
std::optional<double> highest_clock(std::string_view list);

}  // namespace tacho::sampler
