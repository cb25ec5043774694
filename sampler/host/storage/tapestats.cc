#include "sampler/host/storage/tapestats.h"

#include "sampler/folders.h"

namespace tacho::sampler {
namespace {

constexpr NumberForm kNanoseconds{.divisor = 1e9};

struct TapeFile {
  std::string_view file;
  std::string_view metric;
  NumberForm form = {};
};

constexpr TapeFile kFiles[] = {
    {"in_flight", "node_tape_io_now"},
    {"io_ns", "node_tape_io_time_seconds_total", kNanoseconds},
    {"other_cnt", "node_tape_io_others_total"},
    {"read_byte_cnt", "node_tape_read_bytes_total"},
    {"read_cnt", "node_tape_reads_completed_total"},
    {"read_ns", "node_tape_read_time_seconds_total", kNanoseconds},
    {"resid_cnt", "node_tape_residual_total"},
    {"write_byte_cnt", "node_tape_written_bytes_total"},
    {"write_cnt", "node_tape_writes_completed_total"},
    {"write_ns", "node_tape_write_time_seconds_total", kNanoseconds},
};

}  // namespace

Result<void> TapestatsSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  // Beside st0 there are nst0, st0a and the like: the same drive, used otherwise.
  const Result<std::vector<std::string>> drives = list_numbered(folder_, "st");
  if (!drives) return std::unexpected(drives.error());
  SchemaBuilder builder(schema);
  for (const std::string& drive : *drives) {
    if (exclude_(drive)) continue;
    for (const TapeFile& file : kFiles) {
      const std::string path = folder_ + "/" + drive + "/stats/" + std::string(file.file);
      files_.add(builder, path, file.metric, {{"device", drive}}, file.form);
    }
  }
  if (files_.empty()) return failure("{} has no drive that is shown", folder_);
  return {};
}

}  // namespace tacho::sampler
