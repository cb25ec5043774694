// One NVIDIA card, as one source sees it: found, named, asked; lost and found again.
//
// Calls    call() and ask() make one call of the library for this card. The first code that means the card is gone (lost, in need
//          of a reset, driver away) ends the row: further calls of the tick are not made. So does a call that took longer
//          than kPatience: of a card whose firmware has stopped every call takes a minute, and there are dozens in a row.
// Lost     forget() puts the card away for kRetryAfter; bind() then finds it anew. Between, bind() fails without a call.
// Names    labels() go on every series: vendor, accel (the card's number on this node, in the order of PCI addresses: NVML's own
//          numbers may change), uuid, pci_bus_id, model.
// Threads  one. Each source of a card has a NvidiaCard of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/labels.h"
#include "sampler/accel/nvml_session.h"

namespace tacho::sampler {

// Which card: by its PCI address, or, where sysfs does not show any, the library's n-th.
struct CardSlot {
  std::uint32_t index = 0;
  std::string pci_bus_id;  // "0000:3b:00.0"; "": not known
  std::string numa_node;   // "": not known
};

// "0000:3b:00.0", as sysfs has it.
std::string pci_address(const nvml::PciInfo& pci);

class NvidiaCard {
 public:
  NvidiaCard(std::shared_ptr<nvml::Session> session, CardSlot slot, const Clock& clock = system_clock())
      : session_(std::move(session)), slot_(std::move(slot)), clock_(clock) {}

  // Finds the card and reads who it is. Does nothing while it is bound.
  Result<void> bind();
  bool bound() const { return device_ != nullptr; }
  // Requires: bound.
  const std::vector<Label>& labels() const { return labels_; }
  std::vector<Label> labels_and(std::vector<Label> more) const;
  // For messages.
  std::string name() const;
  const CardSlot& slot() const { return slot_; }
  nvml::Device device() const { return device_; }
  // How often it was found: what was made for a card that was lost since belongs to an older binding.
  unsigned binding() const { return binding_; }
  const nvml::Functions& functions() const { return *functions_; }
  const Clock& clock() const { return clock_; }

  // A new row: nothing has gone wrong yet.
  void begin_row();
  // A code that came with a value of its own, or from a call that was not made for a card: it may say that the card is gone.
  void heed(nvml::Code code);
  // The card was partitioned otherwise: what it supports is to be found out anew.
  void mark_changed() { changed_ = true; }
  bool take_changed() { return std::exchange(changed_, false); }
  // success, or the code that ended the row.
  nvml::Code lost() const { return lost_; }
  // The card is put away; why bind() fails until it is time.
  void forget();
  // What to say of it.
  Error trouble() const;

  // For a function that may be missing. Requires: bound.
  template <class F, class... A>
  nvml::Code call(F function, A... arguments) {
    return call_of(device_, function, arguments...);
  }
  // The same for one of its partitions.
  template <class F, class... A>
  nvml::Code call_of(nvml::Device device, F function, A... arguments) {
    if (lost_ != nvml::Code::success) return lost_;
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
  static constexpr std::int64_t kPatience = 5 * kNsPerSecond;
  static constexpr std::int64_t kRetryAfter = 30 * kNsPerSecond;

  Result<void> find();

  std::shared_ptr<nvml::Session> session_;
  CardSlot slot_;
  const Clock& clock_;
  const nvml::Functions* functions_ = nullptr;
  nvml::Device device_ = nullptr;
  unsigned binding_ = 0;
  bool changed_ = false;
  std::vector<Label> labels_;
  nvml::Code lost_ = nvml::Code::success;
  bool slow_ = false;  // lost_ is ours: it took too long
  MonoNs begun_{0};
  MonoNs retry_at_{0};
  Error why_;  // why it was put away
};

}  // namespace tacho::sampler
