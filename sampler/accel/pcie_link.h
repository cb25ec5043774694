// The PCIe link of a device, off sysfs: what it runs at now and what it could.
//
// Source   SYSFS/bus/pci/devices/ADDRESS/{current,max}_link_{speed,width}. The kernel asks the device for what is current, so that a
//          device that is stuck can make this wait: for a source with a thread of its own.
// Units    generation 1 to 7, by the speed of a lane ("16.0 GT/s PCIe" is the fourth); lanes.
// Threads  one.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/catalogue.h"
#include "sampler/kernel_file.h"
#include "sampler/source.h"

namespace tacho::sampler {

class PcieLink {
 public:
  // Opens nothing yet. `device`: its folder in sysfs.
  explicit PcieLink(const std::string& device);

  // Adds the series of the files that are there.
  template <class Card>
  void describe(const Card& card, SchemaBuilder& builder) {
    for (Number& n : numbers_) n.column = look(n) ? builder.add(n.metric, card.labels()) : kNoColumn;
  }
  void sample(Row& row);

 private:
  struct Number {
    KernelFile file;
    std::string_view metric;
    bool is_speed;
    std::size_t column = kNoColumn;
  };
  static std::optional<double> look(Number& number);

  std::vector<Number> numbers_;
};

// nullopt for what is no speed of PCIe ("Unknown").
std::optional<double> pcie_generation(std::string_view speed);

}  // namespace tacho::sampler
