#include "sampler/host/network/bonding.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>

#include "sampler/cells.h"
#include "sampler/folders.h"

namespace tacho::sampler {
namespace {

// "going down" and "going back" carry nothing either.
bool says_up(std::string_view text) { return text == "up\n" || text == "up"; }

}  // namespace

BondingSource::Bond BondingSource::look(const std::string& folder) {
  Bond bond{.folder = folder, .print = folder_print(folder), .links = {}};
  const std::vector<std::string> names = list_folder(folder).value_or(std::vector<std::string>{});
  std::set<std::string_view> seen;
  std::error_code error;
  // "lower_" sorts before "slave_": where a kernel has both, the first is taken.
  for (const std::string_view name : names) {
    if (!name.starts_with("lower_") && !name.starts_with("slave_")) continue;
    std::string path = folder + "/" + std::string(name) + "/bonding_slave/mii_status";
    if (!std::filesystem::exists(path, error) || !seen.insert(name.substr(name.find('_') + 1)).second) continue;
    bond.links.emplace_back(std::move(path));
  }
  return bond;
}

Result<void> BondingSource::describe(store::Schema& schema) {
  ticks_ = 0;
  print_ = folder_print(folder_);
  Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  std::vector<Bond> bonds;
  for (const std::string& name : *names) {
    const std::string folder = folder_ + "/" + name;
    std::error_code error;
    if (!std::filesystem::exists(folder + "/bonding", error)) continue;
    Bond bond = look(folder);
    bond.slaves_column = builder.add("node_bonding_slaves", {{"master", name}});
    bond.active_column = builder.add("node_bonding_active", {{"master", name}});
    bonds.push_back(std::move(bond));
  }
  if (bonds.empty()) return failure("{} has no bond", folder_);
  bonds_ = std::move(bonds);
  return {};
}

bool BondingSource::changed() const {
  return folder_print(folder_) != print_ ||
         std::any_of(bonds_.begin(), bonds_.end(), [](const Bond& b) { return folder_print(b.folder) != b.print; });
}

Result<Sampled> BondingSource::sample(Row& row) {
  bool check = ++ticks_ % kTicksPerCheck == 0;
  for (Bond& bond : bonds_) {
    std::optional<std::uint64_t> active = 0;
    for (KernelFile& link : bond.links) {
      std::array<char, 32> buffer;
      std::string_view text;
      if (link.read_short(buffer, text) != 0) {
        active = std::nullopt;
        check = true;
      } else if (active && says_up(text)) {
        ++*active;
      }
    }
    put(row, bond.slaves_column, static_cast<double>(bond.links.size()));
    put(row, bond.active_column, active);
  }
  return check && changed() ? Sampled::layout_changed : Sampled::ok;
}

}  // namespace tacho::sampler
