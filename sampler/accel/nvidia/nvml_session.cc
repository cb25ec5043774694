#include "sampler/accel/nvidia/nvml_session.h"

namespace tacho::sampler::nvml {

Session::~Session() {
  // Says good-bye to the driver: processes that are killed within its calls have left cards in need of a reset.
  if (library_) library_->functions().shutdown();
}

Result<const Functions*> Session::ready() {
  const std::lock_guard lock(mutex_);
  if (library_) return &library_->functions();
  auto opened = Library::open(paths_, flavour_);
  if (!opened) return std::unexpected(opened.error());
  const Code code = marked((*opened)->functions(), (*opened)->functions().init);
  if (code == Code::lib_rm_version_mismatch)
    return failure(
        "{} does not fit the loaded driver: {}; the driver was updated, and the old one is still loaded: reload it or restart "
        "the node",
        (*opened)->path(), code);
  if (code != Code::success) return failure("{} cannot be initialised: {}", (*opened)->path(), code);
  library_ = std::move(*opened);
  return &library_->functions();
}

std::string Session::library_path() {
  const std::lock_guard lock(mutex_);
  return library_ ? library_->path() : "";
}

Versions versions(const Functions& f) {
  Versions out;
  char text[128] = {};
  if (f.driver_version && f.driver_version(text, sizeof text - 1) == Code::success) out.driver = text;
  if (f.nvml_version && f.nvml_version(text, sizeof text - 1) == Code::success) out.nvml = text;
  std::int32_t cuda = 0;
  if (f.cuda_version && f.cuda_version(&cuda) == Code::success) out.cuda = fmt::format("{}.{}", cuda / 1000, cuda % 1000 / 10);
  return out;
}

}  // namespace tacho::sampler::nvml
