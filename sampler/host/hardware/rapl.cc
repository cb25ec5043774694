#include "sampler/host/hardware/rapl.h"

#include "sampler/folders.h"
#include "sampler/short_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tacho::sampler {
namespace {

struct Zone {
  std::string name;
  std::uint64_t index;
};

// "package-0" is package 0. "dram" and "package-0-die-1" have no index of their own: they are counted.
Zone zone_of(const std::string& text, const std::map<std::string, std::uint64_t>& next_index) {
  const std::size_t dash = text.find('-');
  if (dash != std::string::npos && text.find('-', dash + 1) == std::string::npos) {
    const std::string digits = text.substr(dash + 1);
    const bool number = !digits.empty() && digits.size() < 10 && digits.find_first_not_of("0123456789") == std::string::npos;
    if (number) return {text.substr(0, dash), std::stoull(digits)};
  }
  const auto next = next_index.find(text);
  return {text, next == next_index.end() ? 0 : next->second};
}

std::string metric_name(std::string zone) {
  std::replace_if(
      zone.begin(), zone.end(),
      [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':'); }, '_');
  return "node_rapl_" + zone + "_joules_total";
}

}  // namespace

Result<void> RaplSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  std::map<std::string, std::uint64_t> next_index;
  for (const std::string& name : *names) {
    const std::string folder = folder_ + "/" + name;
    const std::string text = label_text(folder + "/name");
    if (text.empty()) continue;  // "intel-rapl" is what the zones hang from, and none itself
    const Zone zone = zone_of(text, next_index);
    next_index[zone.name] = zone.index + 1;
    const double range = parse_short_number(label_text(folder + "/max_energy_range_uj")).value_or(0);
    files_.add(builder, folder + "/energy_uj", metric_name(zone.name),
               {{"index", fmt::format("{}", zone.index)}, {"path", folder}},
               {.divisor = 1e6, .wrap = range > 0 && range < 9e18 ? static_cast<std::uint64_t>(range) : 0});
  }
  if (files_.empty()) return failure("{} has no zone whose energy_uj can be read; since Linux 5.10 only root may", folder_);
  return {};
}

}  // namespace tacho::sampler
