// Which job a set of identity labels names.
//
// Shape    the first there is of: job_name with job_namespace (or namespace); a Slurm job's number; the pod alone. Pods are told apart by
//          pod_uid, else by namespace and name, else by the job and its number.
// Threads  values.
#pragma once

#include <string>
#include <string_view>

#include "proto/base/labels.h"

namespace tacho::query {

struct JobOwner {
  std::string name, name_space;
  auto operator<=>(const JobOwner&) const = default;
  // "team-a/train-7", or the name alone.
  std::string text() const;
  // By either of the two.
  bool is_called(std::string_view what) const { return name == what || text() == what; }
};

// Whether they name a job, a pod, or one of Slurm's numbers; a cluster's or a node's name alone is nobody's.
bool names_owner(const Labels& identity);
// Requires: names_owner().
JobOwner owner_of(const Labels& identity);
// The same for the same pod, whatever else its labels say.
std::string pod_key_of(const Labels& identity);

}  // namespace tacho::query
