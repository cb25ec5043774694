// The keys that platforms write on their pods, and what they are called here.
//
// Shape    rows in order of precedence: of the keys of one label the first that the pod has counts, as a label or else as an annotation.
//          A key may give two labels: Volcano's job is volcano_job_name on every platform, and job_name where no platform above it has
//          named the job.
// Threads  constants.
#pragma once

#include <span>
#include <string_view>

namespace tacho::sampler {

struct LabelTableRow {
  std::string_view label;
  std::string_view key;
};

std::span<const LabelTableRow> label_table();

// The same of environment variables; Slurm's, which a job's own agent inherits.
std::span<const LabelTableRow> slurm_table();

}  // namespace tacho::sampler
