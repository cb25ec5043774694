#include "sampler/accel/ascend/dcmi_session.h"

#include <algorithm>
#include <array>

#include "sampler/accel/library_card.h"

namespace tacho::sampler::dcmi {
namespace {

constexpr int kCardsMax = 64;
constexpr int kDevicesInCardMax = 8;

using Numbers = std::array<int, kCardsMax>;

std::span<const int> first(const Numbers& numbers, int count) {
  return std::span(numbers).first(static_cast<std::size_t>(std::clamp(count, 0, kCardsMax)));
}

// How many NPUs the card may have: the numbers below are theirs, those above its controllers'.
int devices_in(const Functions& f, int card) {
  int count = 0;
  int mcu = 0;
  int cpu = 0;
  if (f.device_id_in_card && f.device_id_in_card(card, &count, &mcu, &cpu) == Code::success)
    return std::clamp(count, 0, kDevicesInCardMax);
  if (f.device_num_in_card && f.device_num_in_card(card, &count) == Code::success) return std::clamp(count, 0, kDevicesInCardMax);
  return 0;
}

std::expected<std::vector<DeviceId>, Code> list_by_cards(const Functions& f) {
  auto* const list = f.card_list ? f.card_list : f.card_num_list;
  if (!list) return std::unexpected(Code::no_function);
  Numbers cards{};
  int count = 0;
  if (const Code code = list(&count, cards.data(), kCardsMax); code != Code::success) return std::unexpected(code);
  std::vector<DeviceId> devices;
  for (const int card : first(cards, count)) {
    for (int device = 0, count_in = devices_in(f, card); device < count_in; ++device)
      devices.push_back({.card = card, .device = device});
  }
  return devices;
}

std::expected<std::vector<DeviceId>, Code> list_by_numbers(const Functions& f) {
  if (!f.device_list_v2) return std::unexpected(Code::no_function);
  Numbers numbers{};
  int count = 0;
  if (const Code code = f.device_list_v2(numbers.data(), &count, kCardsMax); code != Code::success) return std::unexpected(code);
  std::vector<DeviceId> devices;
  for (const int number : first(numbers, count)) devices.push_back({.card = 0, .device = number, .v2 = true});
  return devices;
}

}  // namespace

bool is_npu(const Functions& f, DeviceId id) {
  UnitType type{};
  if (id.v2 || !f.device_type.v1) return true;
  // One that does not answer now keeps its place in the list.
  return f.device_type.v1(id.card, id.device, &type) != Code::success || type == UnitType::npu;
}

std::expected<std::vector<DeviceId>, Code> list_devices(const Functions& f) {
  auto devices = list_by_cards(f);
  if (devices || !is_unsupported(devices.error())) return devices;
  auto numbered = list_by_numbers(f);
  return numbered ? numbered : devices;
}

Result<const Functions*> Session::ready() {
  const std::lock_guard lock(mutex_);
  if (initialised_) return &library_->functions();
  if (!library_) {
    auto opened = Library::open(paths_);
    if (!opened) return std::unexpected(opened.error());
    library_ = std::move(*opened);
    library_->keep();
  }
  const Functions& f = library_->functions();
  const Code second = f.init_v2 ? f.init_v2() : Code::no_function;
  const Code code = f.init ? f.init() : Code::no_function;
  if (code != Code::success && second != Code::success)
    return failure(
        "{} cannot be initialised: {}; is the driver loaded, and are /dev/davinci_manager and /dev/davinciN given to tacho?",
        library_->path(), code == Code::no_function ? second : code);
  initialised_ = true;
  return &f;
}

std::string Session::library_path() {
  const std::lock_guard lock(mutex_);
  return initialised_ ? library_->path() : "";
}

std::optional<DeviceId> Session::device_at(const std::string& pci_bus_id) {
  const std::lock_guard lock(mutex_);
  const auto it = devices_.find(pci_bus_id);
  return it == devices_.end() ? std::nullopt : std::optional(it->second);
}

void Session::remember(const std::string& pci_bus_id, DeviceId device) {
  const std::lock_guard lock(mutex_);
  devices_[pci_bus_id] = device;
}

Versions versions(const Functions& f) {
  const auto text = [](auto* function) -> std::string {
    std::array<char, 128> out{};
    if (!function || function(out.data(), static_cast<U32>(out.size() - 1)) != Code::success) return "";
    out.back() = 0;
    return clean_text(out.data());
  };
  return {.dcmi = text(f.dcmi_version), .driver = text(f.driver_version)};
}

}  // namespace tacho::sampler::dcmi
