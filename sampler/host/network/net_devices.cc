#include "sampler/host/network/net_devices.h"

#include <fcntl.h>

#include <algorithm>

#include "proto/base/file.h"
#include "sampler/folders.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {

// The names of what is in the folder, into listing_.
Result<void> NetDevices::read() {
  listing_.clear();
  Result<Fd> fd = Fd::open(folder_, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!fd) return std::unexpected(fd.error());
  const int error = for_each_name(*fd, [this](std::string_view name, unsigned char type) {
    if (type != DT_REG) listing_.append(name).append("/");
  });
  if (error) return sys_failure(error, "cannot list {}", folder_);
  return {};
}

// The devices of the listing that are shown, in the order of their names.
std::vector<std::string> NetDevices::shown() const {
  std::vector<std::string> names;
  for (std::string_view rest = listing_; !rest.empty();) {
    const std::string_view name = take_until(rest, '/');
    if (!exclude_(name)) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> NetDevices::list() {
  if (Result<void> done = read(); !done) return std::unexpected(done.error());
  names_ = shown();
  last_listing_ = listing_;
  return names_;
}

Result<bool> NetDevices::unchanged() {
  if (Result<void> done = read(); !done) return std::unexpected(done.error());
  if (listing_ == last_listing_) return true;
  if (shown() != names_) return false;
  last_listing_ = listing_;
  return true;
}

}  // namespace tacho::sampler
