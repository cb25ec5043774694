#include "sampler/host/system/filefd.h"

#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {

Result<void> FilefdSource::describe(store::Schema& schema) {
  if (Result<std::string_view> text = file_.read(); !text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  builder.add("node_filefd_allocated");
  builder.add("node_filefd_maximum");
  return {};
}

Result<Sampled> FilefdSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  Lines lines(*text);
  if (!lines.next()) return failure("{} is empty", file_.path());
  std::string_view rest = lines.line();
  put(row, 0, take_u64(rest));
  take_word(rest);
  put(row, 1, take_u64(rest));
  return Sampled::ok;
}

}  // namespace tacho::sampler
