#include "sampler/identity/process_scopes.h"

#include <algorithm>
#include <utility>

#include "sampler/identity/pod_cgroups.h"

namespace tacho::sampler {
namespace {

// The kernel counts a start in hundredths of a second, and the two clocks are not read at once.
constexpr std::int64_t kSameStartMs = 200;

}  // namespace

void ProcessScopes::look(const std::vector<Card>& cards, TimeMs now) {
  std::map<std::uint32_t, Process> before = std::exchange(processes_, {});
  for (const Card& card : cards) {
    for (const std::uint32_t pid : card.pids) {
      if (processes_.contains(pid)) continue;
      const auto start = process_start(procfs_, pid, now);
      if (!start) continue;
      const auto known = before.find(pid);
      if (known != before.end() && std::abs(known->second.start - *start) <= kSameStartMs) {
        processes_.insert(before.extract(known));
      } else if (auto cgroup = process_cgroup(procfs_, pid)) {
        processes_[pid] = {*start, std::move(*cgroup)};
      }
    }
  }
}

const ProcessScopes::Process* ProcessScopes::find(std::uint32_t pid) const {
  const auto it = processes_.find(pid);
  return it == processes_.end() ? nullptr : &it->second;
}

void ProcessScopes::tell(const std::vector<Card>& cards, const LabelsOf& labels_of, const OfCard& of_card, ToldScopes& told,
                         TimeMs now) const {
  for (const Card& card : cards) {
    const std::optional<Labels> whole = of_card(card);
    for (const std::uint32_t pid : card.pids) {
      const std::string scope = fmt::format("process {} {} {}", card.vendor, card.accel, pid);
      const Process* process = find(pid);
      if (!whole) told.keep(scope);
      if (process == nullptr || !whole) continue;
      auto [labels, since] = labels_of(process->cgroup);
      // A process stays in its pod, also while nobody tells the pods.
      const store::Identity* before = told.in_force(scope);
      if (before != nullptr && labels.has("pod_uid") && !labels.has("pod") &&
          before->labels.get("pod_uid") == labels.get("pod_uid")) {
        told.keep(scope);
        continue;
      }
      if (!process->cgroup.job_id.empty()) labels.set("slurm_job_id", process->cgroup.job_id);
      const bool same = std::all_of(labels.begin(), labels.end(), [&](const Label& l) { return whole->get(l.name) == l.value; });
      if (same) continue;
      // More labels than any target of a card's: of two that give one label, the narrower target counts.
      told.tell({.scope = scope,
                 .targets = {Labels{{"vendor", card.vendor}, {"accel", card.accel}, {"pid", fmt::format("{}", pid)}}},
                 .labels = std::move(labels),
                 .from = std::max(process->start, since)},
                now);
    }
  }
  told.sweep("process", now);
}

}  // namespace tacho::sampler
