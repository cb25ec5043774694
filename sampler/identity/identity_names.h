// Which labels say whose a series is, by their names: those that the label map and attribution give.
//
// Threads  pure.
#pragma once

#include <string_view>

namespace tacho::sampler {

// pod, namespace, container, pod_uid, node, hpc_job, what label_table.h gives, label_... and annotation_...; names that somebody has
// configured are not known here.
bool is_usual_identity_label(std::string_view name);

}  // namespace tacho::sampler
