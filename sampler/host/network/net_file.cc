#include "sampler/host/network/net_file.h"

namespace tacho::sampler {

NetFile::NetFile(const Roots& roots, std::string_view name) {
  const std::string inside = "/net/" + std::string(name);
  if (roots.procfs != Roots{}.procfs) candidates_.emplace_back(roots.procfs + "/1" + inside);
  candidates_.emplace_back(roots.procfs + inside);
}

Result<std::string_view> NetFile::choose() {
  for (chosen_ = 0; chosen_ + 1 < candidates_.size(); ++chosen_) {
    if (Result<std::string_view> text = candidates_[chosen_].read()) return text;
  }
  return candidates_[chosen_].read();
}

}  // namespace tacho::sampler
