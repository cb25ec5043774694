// The library in use: opened and initialised when the first card asks for it, shut down when the last source is gone.
//
// Life     ready() tries again as long as it has failed: a driver that is loaded later is found. What was initialised once stays
//          so, with all its handles, whatever single cards do; a driver cannot be unloaded while a program holds its devices.
// Versions After a driver's update under a running system, initialising fails until the old driver is out. The library that
//          said so is closed again, so that the next try opens the new one.
// Threads  any; the mutex is held while the library initialises (the driver may take seconds for a card that was asleep, or hang:
//          then all cards' threads wait here, and nobody else). In the steady state nobody comes here.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sampler/accel/nvidia/nvml_api.h"

namespace tacho::sampler::nvml {

class Session {
 public:
  explicit Session(std::vector<std::string> library_paths, const Flavour& flavour = nvidia())
      : paths_(std::move(library_paths)), flavour_(flavour) {}
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The initialised library. Its functions are valid while the session lives.
  Result<const Functions*> ready();
  const Flavour& flavour() const { return flavour_; }
  // Where it came from; "" while it is not initialised.
  std::string library_path();

 private:
  const std::vector<std::string> paths_;
  const Flavour& flavour_;
  std::mutex mutex_;                  // guards library_
  std::shared_ptr<Library> library_;  // initialised; null until then
};

// What the library says of itself; "" for what it does not.
struct Versions {
  std::string driver, nvml, cuda;
};
Versions versions(const Functions& f);

}  // namespace tacho::sampler::nvml
