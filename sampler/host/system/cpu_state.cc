#include "sampler/host/system/cpu_state.h"

#include <fmt/format.h>

#include <set>

#include "sampler/host/system/cpu_list.h"
#include "sampler/short_text.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {

// The line of the file. What was cut is no list.
std::string_view CpuStateSource::List::now() {
  const Result<std::string_view> read = file.read();
  there = read.has_value();
  Lines lines(read ? *read : std::string_view{});
  return lines.next() && lines.whole() ? lines.line() : std::string_view{};
}

void CpuStateSource::describe_throttles(SchemaBuilder& builder, const std::vector<std::uint64_t>& cpus) {
  std::set<std::string> packages;
  std::set<std::pair<std::string, std::string>> cores;
  for (const std::uint64_t cpu : cpus) {
    const std::string folder = fmt::format("{}/cpu{}/", folder_, cpu);
    const std::string package = label_text(folder + "topology/physical_package_id");
    const std::string core = label_text(folder + "topology/core_id");
    if (!parse_short_number(package) || !parse_short_number(core)) continue;
    const std::string throttles = folder + "thermal_throttle/";
    if (!cores.contains({package, core}) && files_.add(builder, throttles + "core_throttle_count",
                                                       "node_cpu_core_throttles_total", {{"package", package}, {"core", core}})) {
      cores.insert({package, core});
    }
    if (!packages.contains(package) &&
        files_.add(builder, throttles + "package_throttle_count", "node_cpu_package_throttles_total", {{"package", package}})) {
      packages.insert(package);
    }
  }
}

Result<void> CpuStateSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  const Result<std::vector<std::uint64_t>> cpus = list_cpus(folder_);
  if (!cpus) return std::unexpected(cpus.error());
  online_.text = online_.now();
  isolated_.text = isolated_.now();
  SchemaBuilder builder(schema);
  for (const std::uint64_t cpu : *cpus) {
    const Label label{"cpu", fmt::format("{}", cpu)};
    if (!online_.text.empty()) files_.constant(builder, "node_cpu_online", {label}, lists_cpu(online_.text, cpu) ? 1.0 : 0.0);
    if (lists_cpu(isolated_.text, cpu)) files_.constant(builder, "node_cpu_isolated", {label});
  }
  describe_throttles(builder, *cpus);
  if (files_.empty()) return failure("{} does not say which CPUs are online", folder_);
  return {};
}

Result<Sampled> CpuStateSource::sample(Row& row) {
  if (online_.there && online_.now() != online_.text) return Sampled::layout_changed;
  if (isolated_.there && isolated_.now() != isolated_.text) return Sampled::layout_changed;
  return files_.sample(row);
}

}  // namespace tacho::sampler
