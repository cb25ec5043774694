#include "sampler/host/system/kernel_hung.h"

namespace tacho::sampler {

Result<void> KernelHungSource::describe(store::Schema& schema) {
  files_.start();
  SchemaBuilder builder(schema);
  if (!files_.add(builder, path_, "node_kernel_hung_tasks_total", {})) return failure("{} cannot be read as a number", path_);
  return {};
}

}  // namespace tacho::sampler
