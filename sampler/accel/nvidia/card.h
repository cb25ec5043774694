// One card of NVIDIA's, or of a vendor whose library is made after NVIDIA's (nvml_flavour.h), as one source sees it (library_card.h):
// found by its PCI address, called by its handle.
//
// Others   are found by the library's numbers: the n-th of the driver's device nodes is taken for the library's n-th.
// Calls    call() and ask() make one call of the library for this card; none after the row has ended.
// Names    the library's own numbers of cards may change, those of PCI addresses do not.
// Threads  one. Each source of a card has a NvidiaCard of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sampler/accel/library_card.h"
#include "sampler/accel/nvidia/nvml_session.h"

namespace tacho::sampler {

// "0000:3b:00.0", as sysfs has it.
std::string pci_address(const nvml::PciInfo& pci);

class NvidiaCard final : public LibraryCard<nvml::Code> {
 public:
  NvidiaCard(std::shared_ptr<nvml::Session> session, CardSlot slot, const Clock& clock = system_clock())
      : LibraryCard(std::move(slot), clock), session_(std::move(session)) {}

  std::string name() const override;
  // Requires: bound.
  nvml::Device device() const { return device_; }
  const nvml::Functions& functions() const { return *functions_; }

  // For a function that may be missing. Requires: bound.
  template <class F, class... A>
  nvml::Code call(F function, A... arguments) {
    return call_of(device_, function, arguments...);
  }
  // The same for one of its partitions.
  template <class F, class... A>
  nvml::Code call_of(nvml::Device device, F function, A... arguments) {
    if (lost() != nvml::Code::success) return lost();
    if (function == nullptr) return nvml::Code::function_not_found;
    const nvml::Code code = nvml::marked(*functions_, function, device, arguments...);
    heed(code);
    return code;
  }
  template <class Out, class F, class... A>
  std::expected<Out, nvml::Code> ask(F function, A... arguments) {
    return ask_of<Out>(device_, function, arguments...);
  }
  template <class Out, class F, class... A>
  std::expected<Out, nvml::Code> ask_of(nvml::Device device, F function, A... arguments) {
    Out out{};
    const nvml::Code code = call_of(device, function, arguments..., &out);
    if (code != nvml::Code::success) return std::unexpected(code);
    return out;
  }
  // A text of printable ASCII, as a label can hold it; "" when there is none.
  using TextCall = nvml::Code (*)(nvml::Device, char*, nvml::U32);
  std::string text(TextCall function);
  std::string text_of(nvml::Device device, TextCall function);

 private:
  Result<void> find() override;
  nvml::Code find_device();
  std::string read_address();

  std::shared_ptr<nvml::Session> session_;
  const nvml::Functions* functions_ = nullptr;
  nvml::Device device_ = nullptr;
};

}  // namespace tacho::sampler
