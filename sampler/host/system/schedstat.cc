#include "sampler/host/system/schedstat.h"

#include <algorithm>

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr double kNsPerS = 1e9;
// Numbers before the three that are kept.
constexpr std::size_t kSkipped = 6;

bool is_cpu_key(std::string_view word) {
  return word.size() > 3 && word.starts_with("cpu") &&
         std::all_of(word.begin() + 3, word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct CpuLine {
  std::string_view key;     // "" if the line is no CPU's
  std::string_view values;  // from the 7th number on
  bool full = false;        // all nine numbers have a word
};

// cpu0 0 0 0 0 0 0 1216893218 91823718 40213
CpuLine parse(std::string_view rest) {
  CpuLine line;
  const std::string_view key = take_word(rest);
  if (!is_cpu_key(key)) return line;
  line.key = key;
  for (std::size_t i = 0; i < kSkipped; ++i) take_word(rest);
  line.values = rest;
  for (std::size_t i = 0; i < 3; ++i) line.full = !take_word(rest).empty();
  return line;
}

}  // namespace

Result<void> SchedstatSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  std::vector<Cpu> cpus;
  SchemaBuilder builder(schema);
  for (Lines lines(*text); lines.next();) {
    const CpuLine line = parse(lines.line());
    // A line of fewer numbers is a kernel's that we do not know, or was cut: then the next tick finds the CPU new.
    if (!line.full) continue;
    const Label cpu{"cpu", std::string(line.key.substr(3))};
    cpus.push_back({.key = std::string(line.key),
                    .columns = {builder.add("node_schedstat_running_seconds_total", {cpu}),
                                builder.add("node_schedstat_waiting_seconds_total", {cpu}),
                                builder.add("node_schedstat_timeslices_total", {cpu})}});
  }
  if (cpus.empty()) return failure("{} has no line of a CPU with nine numbers (cpu0 ...)", file_.path());
  cpus_ = std::move(cpus);
  return {};
}

Result<Sampled> SchedstatSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  std::size_t i = 0;
  bool cut = false;
  for (Lines lines(*text); lines.next();) {
    cut = !lines.whole();
    const CpuLine line = parse(lines.line());
    if (line.key.empty() || (!line.full && !cut)) continue;
    if (i == cpus_.size() || line.key != cpus_[i].key) {
      if (cut) break;
      return Sampled::layout_changed;
    }
    const Cpu& cpu = cpus_[i++];
    std::string_view values = line.values;
    put(row, cpu.columns[0], take_u64(values), kNsPerS);
    put(row, cpu.columns[1], take_u64(values), kNsPerS);
    put(row, cpu.columns[2], take_u64(values));
  }
  return i == cpus_.size() || cut ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
