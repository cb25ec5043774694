#include "sampler/accel/nvidia_processes.h"

#include <algorithm>
#include <cstring>

#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr std::size_t kEntryBytesMax = 32;
constexpr std::size_t kEntriesMax = 4096;

}  // namespace

std::optional<std::size_t> entry_bytes(std::span<const std::byte> buffer, std::size_t count) {
  std::size_t written = buffer.size();
  while (written > 0 && buffer[written - 1] == kUnwritten) --written;
  for (const std::size_t bytes : {std::size_t{16}, std::size_t{24}, kEntryBytesMax}) {
    // The last word of an entry is written in every form.
    if (written > count * bytes - 8 && written <= count * bytes) return bytes;
  }
  return std::nullopt;
}

// One call, into buffer_. count: entries there are, also when they do not fit.
Code NvidiaProcesses::list_once(NvidiaCard& card, nvml::U32& count) {
  const nvml::Functions& f = card.functions();
  count = static_cast<nvml::U32>(buffer_.size() / kEntryBytesMax);
  std::fill(buffer_.begin(), buffer_.end(), kUnwritten);
  if (f.process_details) {
    nvml::ProcessDetailList details{.mode = 0, .count = count, .entries = buffer_.data()};
    const Code code = card.call(f.process_details, &details);
    count = details.count;
    if (!nvml::is_unsupported(code)) return code;
    count = static_cast<nvml::U32>(buffer_.size() / kEntryBytesMax);
  }
  auto* const function = f.processes_v3 ? f.processes_v3 : f.processes_v2 ? f.processes_v2 : f.processes_v1;
  return card.call(function, &count, static_cast<void*>(buffer_.data()));
}

Code NvidiaProcesses::list(NvidiaCard& card) {
  processes_.clear();
  nvml::U32 count = 0;
  Code code = list_once(card, count);
  if (code == Code::insufficient_size && count < kEntriesMax) {
    buffer_.resize((std::size_t{count} + 16) * kEntryBytesMax);
    code = list_once(card, count);
  }
  if (code != Code::success || count == 0) return code;
  const auto bytes = entry_bytes(buffer_, count);
  if (!bytes || *bytes * count > buffer_.size()) return Code::unknown;
  for (std::size_t i = 0; i < count; ++i) {
    CardProcess process{};
    std::memcpy(&process.pid, buffer_.data() + i * *bytes, sizeof process.pid);
    std::memcpy(&process.memory_bytes, buffer_.data() + i * *bytes + 8, sizeof process.memory_bytes);
    if (process.pid != 0) processes_.push_back(process);
  }
  // A process of several instances is several entries.
  std::sort(processes_.begin(), processes_.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  auto out = processes_.begin();
  for (auto it = processes_.begin(); it != processes_.end(); ++it) {
    if (out != processes_.begin() && (out - 1)->pid == it->pid) {
      if (it->memory_bytes != ~std::uint64_t{0} && (out - 1)->memory_bytes != ~std::uint64_t{0})
        (out - 1)->memory_bytes += it->memory_bytes;
    } else {
      *out++ = *it;
    }
  }
  processes_.erase(out, processes_.end());
  return code;
}

void NvidiaProcesses::probe(NvidiaCard& card) {
  supported_ = supported("accel_processes", list(card));
  use_supported_ = supported_ && supported("accel_process_utilization_ratio", use_.drain(card));
}

void NvidiaProcesses::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  shown_.clear();
  count_column_ = kNoColumn;
  if (!supported_) return;
  count_column_ = builder.add("accel_processes", card.labels());
  for (const CardProcess& p : processes_) {
    const std::string pid = fmt::format("{}", p.pid);
    Shown& shown =
        shown_.emplace_back(Shown{p.pid, builder.add("accel_process_memory_used_bytes", card.labels_and({{"pid", pid}}))});
    shown.use_columns.fill(kNoColumn);
    if (!use_supported_) continue;
    for (std::size_t e = 0; e < NvidiaProcessUse::kEngines; ++e) {
      shown.use_columns[e] =
          builder.add("accel_process_utilization_ratio",
                      card.labels_and({{"pid", pid}, {"engine", std::string(NvidiaProcessUse::kEngineNames[e])}}));
    }
  }
}

Sampled NvidiaProcesses::sample(NvidiaCard& card, Row& row) {
  if (!supported_ || list(card) != Code::success) return Sampled::ok;
  const auto same = [](const Shown& a, const CardProcess& b) { return a.pid == b.pid; };
  if (!std::equal(shown_.begin(), shown_.end(), processes_.begin(), processes_.end(), same)) return Sampled::layout_changed;
  put(row, count_column_, static_cast<double>(processes_.size()));
  const bool used = use_supported_ && use_.drain(card) == Code::success;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    if (processes_[i].memory_bytes != ~std::uint64_t{0})
      put(row, shown_[i].column, static_cast<double>(processes_[i].memory_bytes));
    if (!used) continue;
    const auto use = use_.of(processes_[i].pid);
    for (std::size_t e = 0; e < use.size(); ++e) put(row, shown_[i].use_columns[e], use[e]);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
