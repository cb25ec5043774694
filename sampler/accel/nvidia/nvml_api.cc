#include "sampler/accel/nvidia/nvml_api.h"

#include <dlfcn.h>

#include <utility>

namespace tacho::sampler::nvml {

Result<std::shared_ptr<Library>> Library::open(std::span<const std::string> paths, const Flavour& flavour) {
  constexpr int kModes[] = {RTLD_NOW | RTLD_LOCAL};
  Functions f;
  auto opened = SharedLibrary::open(paths, kModes, [&](const SharedLibrary& library) {
#define X(member, symbol, parameters) \
  f.member =                          \
      has_function(flavour, symbol) ? library.function<decltype(f.member)>(function_name(flavour, symbol).c_str()) : nullptr;
    TACHO_NVML_FUNCTIONS(X)
#undef X
    // What else a vendor's must have to be the one is known of NVIDIA's only.
    const bool whole = &flavour != &nvidia() || (f.pci_info && f.uuid);
    if (f.init && f.shutdown && f.device_by_index && f.name && whole) return std::string();
    return fmt::format("lacks the first functions of {}'s, {}Init_v2 among them: it is another library, or an old one",
                       flavour.title, flavour.prefix);
  });
  if (!opened) return failure("{}'s management library cannot be opened: {}", flavour.title, opened.error().message);
  return std::shared_ptr<Library>(new Library(std::move(*opened), f));
}

const char* symbol_of(const Functions& functions, const void* function) {
#define X(member, symbol, parameters) \
  if (function == reinterpret_cast<const void*>(functions.member)) return symbol;
  TACHO_NVML_FUNCTIONS(X)
#undef X
  return "";
}

std::string_view text_of(Code code) {
  switch (code) {
    case Code::success: return "success";
    case Code::uninitialized: return "not initialized";
    case Code::invalid_argument: return "invalid argument";
    case Code::not_supported: return "not supported";
    case Code::no_permission: return "no permission";
    case Code::not_found: return "not found";
    case Code::insufficient_size: return "insufficient size";
    case Code::driver_not_loaded: return "driver not loaded";
    case Code::timeout: return "timeout";
    case Code::function_not_found: return "not in this library";
    case Code::gpu_is_lost: return "GPU is lost";
    case Code::reset_required: return "GPU needs a reset";
    case Code::lib_rm_version_mismatch: return "driver and library versions differ";
    case Code::no_data: return "no data";
    case Code::argument_version_mismatch: return "argument version mismatch";
    case Code::deprecated: return "deprecated";
    case Code::not_ready: return "not ready";
    case Code::gpu_not_found: return "GPU not found";
    case Code::unknown: return "unknown error";
  }
  return "error";
}

bool is_unsupported(Code code) {
  switch (code) {
    case Code::invalid_argument:
    case Code::not_supported:
    case Code::no_permission:
    case Code::function_not_found:
    case Code::argument_version_mismatch:
    case Code::deprecated: return true;
    default: return false;
  }
}

bool is_lost(Code code) {
  switch (code) {
    case Code::uninitialized:
    case Code::driver_not_loaded:
    case Code::gpu_is_lost:
    case Code::reset_required:
    case Code::lib_rm_version_mismatch:
    case Code::gpu_not_found: return true;
    default: return false;
  }
}

}  // namespace tacho::sampler::nvml
