// The network interfaces in SYSFS/class/net that are shown, and whether they are still the same.
//
// Devices  those that netdev shows. What is no folder (bonding_masters) is no device.
// Space    the network namespace for which SYSFS was mounted.
// Cost     unchanged(): the folder is listed; no allocation unless its names changed.
// Threads  one.
#pragma once

#include <string>
#include <vector>

#include "sampler/host/filter.h"
#include "sampler/host/network/netdev.h"
#include "sampler/source.h"

namespace tacho::sampler {

class NetDevices {
 public:
  explicit NetDevices(const Roots& roots, Exclude exclude = Exclude(kNetdevExclude))
      : folder_(roots.sysfs + "/class/net"), exclude_(std::move(exclude)) {}

  // The names, sorted; unchanged() compares with them from now on.
  Result<std::vector<std::string>> list();
  // Pods' interfaces come and go all the time: one that is not shown is no change.
  Result<bool> unchanged();
  const std::string& folder() const { return folder_; }

 private:
  Result<void> read();
  std::vector<std::string> shown() const;

  std::string folder_;
  Exclude exclude_;
  std::string listing_;  // the folder's names, each with a '/' behind it
  std::string last_listing_;
  std::vector<std::string> names_;
};

}  // namespace tacho::sampler
