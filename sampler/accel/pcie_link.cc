#include "sampler/accel/pcie_link.h"

#include "sampler/cells.h"
#include "sampler/short_text.h"

namespace tacho::sampler {

std::optional<double> pcie_generation(std::string_view speed) {
  // Gigatransfers a second, the first generation first.
  constexpr double kSpeeds[] = {2.5, 5, 8, 16, 32, 64, 128};
  const auto number = parse_short_number(speed, true);
  for (std::size_t i = 0; number && i < std::size(kSpeeds); ++i) {
    if (*number == kSpeeds[i]) return static_cast<double>(i + 1);
  }
  return std::nullopt;
}

PcieLink::PcieLink(const std::string& device) {
  const auto add = [&](std::string_view file, std::string_view metric, bool is_speed) {
    numbers_.push_back({.file = KernelFile(fmt::format("{}/{}", device, file)), .metric = metric, .is_speed = is_speed});
  };
  add("current_link_speed", "accel_pcie_link_generation", true);
  add("max_link_speed", "accel_pcie_link_generation_max", true);
  add("current_link_width", "accel_pcie_link_width", false);
  add("max_link_width", "accel_pcie_link_width_max", false);
}

std::optional<double> PcieLink::look(Number& number) {
  std::array<char, 64> buffer;
  std::string_view text;
  if (number.file.read_short(buffer, text) != 0) return std::nullopt;
  if (number.is_speed) return pcie_generation(text);
  const auto lanes = parse_short_number(text);
  // 0 and 255 are what the kernel makes of a link that it cannot read.
  return lanes && *lanes > 0 && *lanes < 255 ? lanes : std::nullopt;
}

void PcieLink::sample(Row& row) {
  for (Number& n : numbers_) {
    if (n.column != kNoColumn) put(row, n.column, look(n));
  }
}

}  // namespace tacho::sampler
