#include "sampler/accel/nvidia/processes.h"

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
    if (process.pid != 0) processes_.add(process);
  }
  processes_.merge();
  return code;
}

void NvidiaProcesses::probe(NvidiaCard& card) {
  supported_ = supported("accel_processes", list(card));
  use_supported_ = supported_ && supported("accel_process_utilization_ratio", use_.drain(card));
}

void NvidiaProcesses::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  use_columns_.clear();
  if (!supported_) return;
  processes_.describe(card, builder);
  if (!use_supported_) return;
  for (const CardProcess& p : processes_.list()) {
    auto& columns = use_columns_.emplace_back();
    for (std::size_t e = 0; e < NvidiaProcessUse::kEngines; ++e) {
      columns[e] = builder.add(
          "accel_process_utilization_ratio",
          card.labels_and({{"pid", fmt::format("{}", p.pid)}, {"engine", std::string(NvidiaProcessUse::kEngineNames[e])}}));
    }
  }
}

Sampled NvidiaProcesses::sample(NvidiaCard& card, Row& row) {
  if (!supported_ || list(card) != Code::success) return Sampled::ok;
  if (processes_.changed()) return Sampled::layout_changed;
  processes_.put_into(row);
  if (!use_supported_ || use_.drain(card) != Code::success) return Sampled::ok;
  for (std::size_t i = 0; i < use_columns_.size(); ++i) {
    const auto use = use_.of(processes_.list()[i].pid);
    for (std::size_t e = 0; use && e < use->size(); ++e) put(row, use_columns_[i][e], (*use)[e]);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
