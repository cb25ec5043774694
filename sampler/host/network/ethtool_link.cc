#include "sampler/host/network/ethtool_link.h"

#include <charconv>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

constexpr double kBytesPerMegabit = 125'000;

// A bit of <linux/ethtool.h>, and what it stands for; newer ones than the header that this was built with among them.
struct Mode {
  unsigned bit;
  std::string_view name;  // begins with its megabits a second
  std::string_view duplex = "full";
};

// clang-format off
constexpr Mode kModes[] = {
    {0, "10baseT", "half"}, {1, "10baseT"}, {2, "100baseT", "half"}, {3, "100baseT"},
    {4, "1000baseT", "half"}, {5, "1000baseT"}, {12, "10000baseT"}, {15, "2500baseX"},
    {17, "1000baseKX"}, {18, "10000baseKX4"}, {19, "10000baseKR"}, {20, "10000baseR_FEC"},
    {21, "20000baseMLD2"}, {22, "20000baseKR2"}, {23, "40000baseKR4"}, {24, "40000baseCR4"},
    {25, "40000baseSR4"}, {26, "40000baseLR4"}, {27, "56000baseKR4"}, {28, "56000baseCR4"},
    {29, "56000baseSR4"}, {30, "56000baseLR4"}, {31, "25000baseCR"}, {32, "25000baseKR"},
    {33, "25000baseSR"}, {34, "50000baseCR2"}, {35, "50000baseKR2"}, {36, "100000baseKR4"},
    {37, "100000baseSR4"}, {38, "100000baseCR4"}, {39, "100000baseLR4_ER4"}, {40, "50000baseSR2"},
    {41, "1000baseX"}, {42, "10000baseCR"}, {43, "10000baseSR"}, {44, "10000baseLR"},
    {45, "10000baseLRM"}, {46, "10000baseER"}, {47, "2500baseT"}, {48, "5000baseT"},
    {52, "50000baseKR"}, {53, "50000baseSR"}, {54, "50000baseCR"}, {55, "50000baseLR_ER_FR"},
    {56, "50000baseDR"}, {57, "100000baseKR2"}, {58, "100000baseSR2"}, {59, "100000baseCR2"},
    {60, "100000baseLR2_ER2_FR2"}, {61, "100000baseDR2"}, {62, "200000baseKR4"}, {63, "200000baseSR4"},
    {64, "200000baseLR4_ER4_FR4"}, {65, "200000baseDR4"}, {66, "200000baseCR4"}, {67, "100baseT1"},
    {68, "1000baseT1"}, {69, "400000baseKR8"}, {70, "400000baseSR8"}, {71, "400000baseLR8_ER8_FR8"},
    {72, "400000baseDR8"}, {73, "400000baseCR8"}, {75, "100000baseKR"}, {76, "100000baseSR"},
    {77, "100000baseLR_ER_FR"}, {78, "100000baseCR"}, {79, "100000baseDR"}, {80, "200000baseKR2"},
    {81, "200000baseSR2"}, {82, "200000baseLR2_ER2_FR2"}, {83, "200000baseDR2"}, {84, "200000baseCR2"},
    {85, "400000baseKR4"}, {86, "400000baseSR4"}, {87, "400000baseLR4_ER4_FR4"}, {88, "400000baseDR4"},
    {89, "400000baseCR4"}, {90, "100baseFX", "half"}, {91, "100baseFX"}, {92, "10baseT1L"},
    {93, "800000baseCR8"}, {94, "800000baseKR8"}, {95, "800000baseDR8"}, {96, "800000baseDR8_2"},
    {97, "800000baseSR8"}, {98, "800000baseVR8"}, {99, "10baseT1S"}, {100, "10baseT1S", "half"},
    {101, "10baseT1S_P2MP", "half"}, {102, "10baseT1BRR"}, {103, "200000baseCR"}, {104, "200000baseKR"},
    {105, "200000baseDR"}, {106, "200000baseDR_2"}, {107, "200000baseSR"}, {108, "200000baseVR"},
    {109, "400000baseCR2"}, {110, "400000baseKR2"}, {111, "400000baseDR2"}, {112, "400000baseDR2_2"},
    {113, "400000baseSR2"}, {114, "400000baseVR2"}, {115, "800000baseCR4"}, {116, "800000baseKR4"},
    {117, "800000baseDR4"}, {118, "800000baseDR4_2"}, {119, "800000baseSR4"}, {120, "800000baseVR4"},
    {121, "1600000baseCR8"}, {122, "1600000baseKR8"}, {123, "1600000baseDR8"}, {124, "1600000baseDR8_2"},
};
// clang-format on

struct Port {
  unsigned bit;
  std::string_view type;
};
constexpr Port kPorts[] = {{7, "TP"}, {8, "AUI"}, {9, "MII"}, {10, "FIBRE"}, {11, "BNC"}, {16, "Backplane"}};

constexpr unsigned kAutonegotiateBit = 6;
constexpr unsigned kPauseBit = 13;
constexpr unsigned kAsymmetricPauseBit = 14;

using Modes = std::array<std::uint32_t, Ethtool::kLinkWordsMax>;

bool has(const Modes& modes, unsigned bit) { return (modes[bit / 32] >> bit % 32 & 1) != 0; }

double speed_of(const Mode& mode) {
  unsigned megabits = 0;
  std::from_chars(mode.name.data(), mode.name.data() + mode.name.size(), megabits);
  return megabits * kBytesPerMegabit;
}

}  // namespace

void EthtoolLinkSource::describe_modes(SchemaBuilder& builder, Device& device, const Modes& modes, std::string_view how) {
  const std::string suffix(how);
  const auto add = [&](std::size_t column, double value) { device.constants.push_back({.column = column, .value = value}); };
  for (const Mode& mode : kModes) {
    if (!has(modes, mode.bit)) continue;
    add(builder.add("node_network_" + suffix + "_speed_bytes",
                    {{"device", device.name}, {"duplex", std::string(mode.duplex)}, {"mode", std::string(mode.name)}}),
        speed_of(mode));
  }
  const auto flag = [&](std::string_view what, unsigned bit) {
    add(builder.add("node_network_" + std::string(what) + "_" + suffix, {{"device", device.name}}), has(modes, bit) ? 1 : 0);
  };
  flag("autonegotiate", kAutonegotiateBit);
  flag("pause", kPauseBit);
  flag("asymmetricpause", kAsymmetricPauseBit);
}

Result<void> EthtoolLinkSource::describe(store::Schema& schema) {
  const Result<std::vector<std::string>> names = listed_.list();
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  devices_.clear();
  for (const std::string& name : *names) {
    Device device{.name = name, .link = {}, .autonegotiate_column = kNoColumn, .constants = {}};
    Ethtool::Link link;
    if (ethtool_.link(name, link) == 0) {
      device.link = link;
      describe_modes(builder, device, link.supported, "supported");
      for (const Port& port : kPorts) {
        if (!has(link.supported, port.bit)) continue;
        const std::size_t column =
            builder.add("node_network_supported_port_info", {{"device", name}, {"type", std::string(port.type)}});
        device.constants.push_back({.column = column, .value = 1});
      }
      describe_modes(builder, device, link.advertised, "advertised");
      device.autonegotiate_column = builder.add("node_network_autonegotiate", {{"device", name}});
    }
    devices_.push_back(std::move(device));
  }
  if (schema.size() == before) return failure("no interface in {} tells the modes of its link", listed_.folder());
  return {};
}

Result<Sampled> EthtoolLinkSource::sample(Row& row) {
  const Result<bool> unchanged = listed_.unchanged();
  if (!unchanged) return std::unexpected(unchanged.error());
  if (!*unchanged) return Sampled::layout_changed;
  for (const Device& device : devices_) {
    Ethtool::Link link;
    if (ethtool_.link(device.name, link) != 0) continue;
    if (!device.link || device.link->supported != link.supported || device.link->advertised != link.advertised) {
      return Sampled::layout_changed;
    }
    for (const Constant& constant : device.constants) put(row, constant.column, constant.value);
    put(row, device.autonegotiate_column, static_cast<double>(link.autonegotiate));
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
