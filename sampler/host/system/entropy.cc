#include "sampler/host/system/entropy.h"

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {

Result<void> EntropySource::describe(store::Schema& schema) {
  if (Result<std::string_view> text = available_.read(); !text) return std::unexpected(text.error());
  if (Result<std::string_view> text = size_.read(); !text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  builder.add("node_entropy_available_bits");
  builder.add("node_entropy_pool_size_bits");
  return {};
}

Result<Sampled> EntropySource::sample(Row& row) {
  std::size_t column = 0;
  for (KernelFile* file : {&available_, &size_}) {
    Result<std::string_view> text = file->read();
    if (!text) return std::unexpected(text.error());
    Lines lines(*text);
    std::string_view digits = lines.next() ? lines.line() : std::string_view{};
    put(row, column++, take_u64(digits));
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
