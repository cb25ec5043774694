#include "sampler/accel/card_processes.h"

namespace tacho::sampler {

void CardProcesses::merge() {
  std::sort(processes_.begin(), processes_.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  auto out = processes_.begin();
  for (auto it = processes_.begin(); it != processes_.end(); ++it) {
    if (out == processes_.begin() || (out - 1)->pid != it->pid) {
      *out++ = *it;
    } else if (it->memory_bytes != CardProcess::kUntold && (out - 1)->memory_bytes != CardProcess::kUntold) {
      (out - 1)->memory_bytes += it->memory_bytes;
    }
  }
  processes_.erase(out, processes_.end());
}

bool CardProcesses::changed() const {
  const auto same = [](const Shown& a, const CardProcess& b) { return a.pid == b.pid; };
  return !std::equal(shown_.begin(), shown_.end(), processes_.begin(), processes_.end(), same);
}

void CardProcesses::put_into(Row& row) const {
  put(row, count_column_, static_cast<double>(processes_.size()));
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    if (processes_[i].memory_bytes != CardProcess::kUntold)
      put(row, shown_[i].column, static_cast<double>(processes_[i].memory_bytes));
  }
}

}  // namespace tacho::sampler
