// One Ascend NPU, as one source sees it (library_card.h): found by its PCI address, called by the numbers that the library has for it.
//
// Found    devices are asked for their PCI addresses, beginning with the n-th for the n-th slot: usually that is the one, and a device
//          that hangs then only meets its own threads. Where devices cannot tell their addresses (Ascend 950, containers), or sysfs shows
//          none, the n-th device is taken, and no address is shown but what it tells itself.
// Calls    call() and ask() make one call of the library for this device; none after the row has ended.
// Names    uuid is the id of the chip's VDIE as Huawei's exporter prints it: five words of eight upper-case hexadecimal digits each,
//          joined by '-'. model is what the chip calls itself.
// Threads  one. Each source of a device has an AscendCard of its own.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "sampler/accel/ascend/dcmi_session.h"
#include "sampler/accel/library_card.h"

namespace tacho::sampler {

class AscendCard final : public LibraryCard<dcmi::Code> {
 public:
  AscendCard(std::shared_ptr<dcmi::Session> session, CardSlot slot, const Clock& clock = system_clock(),
             std::int64_t patience_ns = kPatience)
      : LibraryCard(std::move(slot), clock, patience_ns), session_(std::move(session)) {}

  std::string name() const override;
  // Requires: bound.
  dcmi::DeviceId device() const { return device_; }
  const dcmi::Functions& functions() const { return *functions_; }
  // "0000:c1:00.0", as the device told it; "": not known.
  const std::string& pci_bus_id() const { return pci_bus_id_; }

  // For a function that may be missing. Requires: bound.
  template <class... P, class... A>
  dcmi::Code call(const dcmi::Call<P...>& function, A... arguments) {
    if (lost() != dcmi::Code::success) return lost();
    const bool there = device_.v2 ? function.v2 != nullptr : function.v1 != nullptr;
    if (!there) return dcmi::Code::no_function;
    const dcmi::Code code =
        device_.v2 ? function.v2(device_.device, arguments...) : function.v1(device_.card, device_.device, arguments...);
    heed(code);
    return code;
  }
  template <class Out, class... P, class... A>
  std::expected<Out, dcmi::Code> ask(const dcmi::Call<P...>& function, A... arguments) {
    Out out{};
    const dcmi::Code code = call(function, arguments..., &out);
    if (code != dcmi::Code::success) return std::unexpected(code);
    return out;
  }

 private:
  Result<void> find() override;
  // Which device, and its address if it tells that.
  Result<void> locate();
  bool is_at_slot(dcmi::DeviceId device);

  std::shared_ptr<dcmi::Session> session_;
  const dcmi::Functions* functions_ = nullptr;
  dcmi::DeviceId device_;
  std::string pci_bus_id_;
  bool addresses_ = false;                   // some device has told its own
  dcmi::Code untold_ = dcmi::Code::success;  // why one did not that could
};

// A text of a struct, which need not end.
template <std::size_t N>
std::string text_of(const char (&text)[N]) {
  return clean_text(std::string_view(text, ::strnlen(text, N)));
}

std::string pci_address(const dcmi::PcieInfo& pcie);
// "" for an id of zeros.
std::string uuid_of(const dcmi::DieId& die);

}  // namespace tacho::sampler
