#include "sampler/accel/ascend/dcmi_api.h"

#include <dlfcn.h>

#include <utility>

namespace tacho::sampler::dcmi {

Result<std::shared_ptr<Library>> Library::open(std::span<const std::string> paths) {
  constexpr int kModes[] = {RTLD_NOW | RTLD_LOCAL, RTLD_NOW | RTLD_GLOBAL, RTLD_LAZY | RTLD_GLOBAL};
  Functions f;
  auto opened = SharedLibrary::open(paths, kModes, [&](const SharedLibrary& library) {
#define X(member, symbol, parameters) f.member = library.function<decltype(f.member)>(symbol);
    TACHO_DCMI_PLAIN(X)
#undef X
#define X(member, symbol, ...) f.member.v1 = library.function<decltype(f.member.v1)>("dcmi_" symbol);
    TACHO_DCMI_V1(X)
    TACHO_DCMI_BOTH(X)
#undef X
#define X(member, symbol, ...) f.member.v2 = library.function<decltype(f.member.v2)>("dcmiv2_" symbol);
    TACHO_DCMI_BOTH(X)
#undef X
    const bool first = f.init && (f.card_list || f.card_num_list);
    const bool second = f.init_v2 && f.device_list_v2;
    if (first || second) return std::string();
    return std::string("has neither dcmi_init and dcmi_get_card_list nor dcmiv2_init and dcmiv2_get_device_list: it is no DCMI");
  });
  if (!opened) {
    return failure(
        "Huawei's DCMI cannot be opened: {}; if parts of it are missing, add the driver's lib64 folders to LD_LIBRARY_PATH",
        opened.error().message);
  }
  return std::shared_ptr<Library>(new Library(std::move(*opened), f));
}

std::string_view text_of(Code code) {
  switch (code) {
    case Code::success: return "success";
    case Code::no_function: return "not in this library";
    case Code::parameter: return "parameter wrong";
    case Code::permission: return "no permission";
    case Code::memory: return "memory failure";
    case Code::secure_function: return "secure function failure";
    case Code::inner: return "inner error";
    case Code::timeout: return "timeout";
    case Code::invalid_device: return "invalid device";
    case Code::not_exist: return "device does not exist";
    case Code::ioctl: return "ioctl failure";
    case Code::send: return "message not sent";
    case Code::receive: return "no answer received";
    case Code::not_ready: return "not ready, or dropped off the bus";
    case Code::in_container: return "not supported in a container";
    case Code::file: return "file failure";
    case Code::resetting: return "reset in progress";
    case Code::aborted: return "aborted";
    case Code::upgrading: return "upgrade in progress";
    case Code::occupied: return "resource occupied";
    case Code::partition: return "not for a partitioned device";
    case Code::no_config: return "not configured";
    case Code::not_supported: return "not supported";
  }
  return "error";
}

bool is_unsupported(Code code) {
  switch (code) {
    case Code::no_function:
    case Code::parameter:
    case Code::permission:
    case Code::in_container:
    case Code::partition:
    case Code::no_config:
    case Code::not_supported: return true;
    default: return false;
  }
}

bool is_lost(Code code) {
  switch (code) {
    case Code::invalid_device:
    case Code::not_ready:
    case Code::resetting: return true;
    default: return false;
  }
}

}  // namespace tacho::sampler::dcmi
