#include "sampler/host/system/cpu.h"

#include <algorithm>
#include <optional>

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr double kTicksPerSecond = 100.0;

struct Field {
  std::string_view metric;
  std::string_view mode;
};

// In the file's order.
constexpr Field kFields[] = {
    {"node_cpu_seconds_total", "user"},       {"node_cpu_seconds_total", "nice"},   {"node_cpu_seconds_total", "system"},
    {"node_cpu_seconds_total", "idle"},       {"node_cpu_seconds_total", "iowait"}, {"node_cpu_seconds_total", "irq"},
    {"node_cpu_seconds_total", "softirq"},    {"node_cpu_seconds_total", "steal"},  {"node_cpu_guest_seconds_total", "user"},
    {"node_cpu_guest_seconds_total", "nice"},
};

// "cpu12" but not "cpu", the sum over all of them.
bool is_cpu_key(std::string_view word) { return word.size() > 3 && word.starts_with("cpu"); }

}  // namespace

Result<void> CpuSource::describe(store::Schema& schema) {
  Result<std::string_view> text = stat_->text(seen_);
  if (!text) return std::unexpected(text.error());
  std::vector<Cpu> cpus;
  SchemaBuilder builder(schema);
  for (Lines lines(*text); lines.next();) {
    std::string_view rest = lines.line();
    std::string_view key = take_word(rest);
    if (!key.starts_with("cpu")) break;
    if (!is_cpu_key(key)) continue;
    std::vector<Label> cpu_label{{"cpu", std::string(key.substr(3))}};
    Cpu cpu{.key = std::string(key), .columns = {}};
    cpu.columns.fill(kNoColumn);
    for (std::size_t i = 0; i < kFieldCount && !take_word(rest).empty(); ++i) {
      cpu.columns[i] = builder.add(kFields[i].metric, {cpu_label[0], {"mode", std::string(kFields[i].mode)}});
    }
    // A CPU that was here before keeps what it has reached.
    auto known = std::find_if(cpus_.begin(), cpus_.end(), [&](const Cpu& c) { return c.key == cpu.key; });
    if (known != cpus_.end()) cpu.ticks = known->ticks;
    cpus.push_back(std::move(cpu));
  }
  if (cpus.empty()) return failure("{} has no line of a CPU (cpu0 ...)", stat_->path());
  cpus_ = std::move(cpus);
  return {};
}

void CpuSource::fill(Cpu& cpu, std::string_view fields, Row& row) {
  std::array<std::optional<std::uint64_t>, kFieldCount> now;
  for (std::optional<std::uint64_t>& ticks : now) ticks = take_u64(fields);
  if (now[kIdle] && *now[kIdle] + kIdleStepTicks <= cpu.ticks[kIdle]) cpu.ticks.fill(0);
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (!now[i]) continue;
    cpu.ticks[i] = std::max(cpu.ticks[i], *now[i]);
    put(row, cpu.columns[i], static_cast<double>(cpu.ticks[i]) / kTicksPerSecond);
  }
}

Result<Sampled> CpuSource::sample(Row& row) {
  Result<std::string_view> text = stat_->text(seen_);
  if (!text) return std::unexpected(text.error());
  std::size_t i = 0;
  bool cut = false;
  for (Lines lines(*text); lines.next();) {
    cut = !lines.whole();
    std::string_view rest = lines.line();
    std::string_view key = take_word(rest);
    if (!key.starts_with("cpu")) break;
    if (!is_cpu_key(key)) continue;
    if (i == cpus_.size() || key != cpus_[i].key) {
      if (cut) break;
      return Sampled::layout_changed;
    }
    fill(cpus_[i++], rest, row);
  }
  return i == cpus_.size() || cut ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
