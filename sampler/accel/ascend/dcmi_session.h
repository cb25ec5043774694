// The library in use: opened and initialised when the first device asks for it; and which device has which PCI address.
//
// Eras     both kinds of functions (dcmi_api.h) are initialised, dcmiv2_init first; it is enough that one of them can be. Devices are
//          then listed by those of the first kind, which tell more, and by the second where the first do not support the chip.
// Life     ready() tries again as long as it has failed: a driver that is loaded later is found. What was opened stays open, since
//          the library has no call that ends it: after a driver's update the agent is to be restarted.
// Hangs    devices are asked who they are outside of the mutex, each by its own thread first (ascend_card.cc): one that hangs is not
//          in the others' way. What one thread has found out the others need not ask again.
// Threads  any; the mutex is held while the library initialises. In the steady state nobody comes here.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sampler/accel/ascend/dcmi_api.h"

namespace tacho::sampler::dcmi {

struct DeviceId {
  int card = 0;
  int device = 0;
  bool v2 = false;  // by `device` alone

  bool operator==(const DeviceId&) const = default;
};

// In the library's order, without asking the devices themselves. The code is that of the list as a whole; a card that does not
// answer is left out.
std::expected<std::vector<DeviceId>, Code> list_devices(const Functions& f);
// And no controller of the card. Asks the device.
bool is_npu(const Functions& f, DeviceId id);

class Session {
 public:
  explicit Session(std::vector<std::string> library_paths) : paths_(std::move(library_paths)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The initialised library. Its functions are valid for ever.
  Result<const Functions*> ready();
  // Where it came from; "" while it is not initialised.
  std::string library_path();

  // Which device has said that this is its PCI address.
  std::optional<DeviceId> device_at(const std::string& pci_bus_id);
  void remember(const std::string& pci_bus_id, DeviceId device);

 private:
  const std::vector<std::string> paths_;
  std::mutex mutex_;                  // guards the rest
  std::shared_ptr<Library> library_;  // opened; null until then
  bool initialised_ = false;
  std::map<std::string, DeviceId> devices_;  // by PCI address
};

// What the library says of itself; "" for what it does not.
struct Versions {
  std::string dcmi, driver;
};
Versions versions(const Functions& f);

}  // namespace tacho::sampler::dcmi
