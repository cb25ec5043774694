#include "sampler/identity/identity_names.h"

#include <algorithm>

#include "sampler/identity/label_table.h"

namespace tacho::sampler {

bool is_usual_identity_label(std::string_view name) {
  const auto plain = {"pod", "namespace", "container", "pod_uid", "node", "hpc_job", "slurm_job_id"};
  if (std::ranges::find(plain, name) != plain.end()) return true;
  if (name.starts_with("label_") || name.starts_with("annotation_")) return true;
  const auto gives = [name](const LabelTableRow& row) { return row.label == name; };
  return std::ranges::any_of(label_table(), gives) || std::ranges::any_of(slurm_table(), gives);
}

}  // namespace tacho::sampler
