// The processes on the cards as scopes of their own, where what they are differs from whose the card is.
//
// Shape    a process is in a pod, a container or a Slurm job by its cgroup. What it gets of that beside the card's labels makes a scope; a
//          process of the card's holder needs none, for its series carry the card's labels anyway.
// From     the process's start, or, where its pod's labels changed since, their change.
// Union    of a stranger's process on a pod's card, labels that only the card's pod has stay: an identity can add, not take away.
// Threads  one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sampler/host/workload/cgroup_path.h"
#include "sampler/identity/card_list.h"
#include "sampler/identity/told_scopes.h"

namespace tacho::sampler {

class ProcessScopes {
 public:
  explicit ProcessScopes(std::string procfs) : procfs_(std::move(procfs)) {}

  // Looks at the processes that are on the cards now; before anything else of a round.
  void look(const std::vector<Card>& cards, TimeMs now);
  struct Process {
    TimeMs start = 0;
    CgroupIdentity cgroup;
  };
  // nullptr: it is gone, or in no pod and no job.
  const Process* find(std::uint32_t pid) const;

  // `labels_of`: of a pod by its uid and of a container in it by its id. `of_card`: what the card's series carry; nothing: not settled
  // yet, and the card's processes stay as they are.
  struct PodLabels {
    Labels labels;
    TimeMs since = 0;  // of these labels
  };
  using LabelsOf = std::function<PodLabels(const CgroupIdentity&)>;
  using OfCard = std::function<std::optional<Labels>(const Card&)>;
  void tell(const std::vector<Card>& cards, const LabelsOf& labels_of, const OfCard& of_card, ToldScopes& told, TimeMs now) const;

 private:
  const std::string procfs_;
  std::map<std::uint32_t, Process> processes_;
};

}  // namespace tacho::sampler
