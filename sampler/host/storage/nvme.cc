#include "sampler/host/storage/nvme.h"

#include "sampler/folders.h"
#include "sampler/short_text.h"

#include <re2/re2.h>

namespace tacho::sampler {
namespace {

constexpr NumberForm kSectors{.factor = 512};

// The namespace's number, "" if the name is none's: "nvme0n1" and "nvme0c1n1" give "1".
std::string namespace_id(const std::string& name) {
  static const re2::RE2 pattern(R"(nvme\d+(?:c\d+)?n(\d+))");
  std::string id;
  return re2::RE2::FullMatch(name, pattern, &id) ? id : "";
}

}  // namespace

void NvmeSource::describe_namespace(SchemaBuilder& builder, const std::string& folder, const std::string& device,
                                    const std::string& nsid) {
  const std::vector<Label> labels{{"device", device}, {"nsid", nsid}};
  files_.watch_text(folder + "/ana_state");
  const std::string ana_state = label_text(folder + "/ana_state");
  files_.constant(builder, "node_nvme_namespace_info",
                  {{"device", device}, {"nsid", nsid}, {"ana_state", ana_state.empty() ? "unknown" : ana_state}});
  files_.add(builder, folder + "/size", "node_nvme_namespace_capacity_bytes", labels, kSectors);
  files_.add(builder, folder + "/size", "node_nvme_namespace_size_bytes", labels, kSectors);
  const std::string block = folder + "/queue/logical_block_size";
  files_.add(builder, block, "node_nvme_namespace_logical_block_size_bytes", labels);
  files_.watch_text(block);  // a drive that was formatted anew
  if (std::optional<double> bytes = parse_short_number(label_text(block))) {
    files_.add(builder, folder + "/nuse", "node_nvme_namespace_used_bytes", labels, {.factor = *bytes});
  }
}

Result<void> NvmeSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  Result<std::vector<std::string>> devices = list_folder(folder_);
  if (!devices) return std::unexpected(devices.error());
  SchemaBuilder builder(schema);
  for (const std::string& device : *devices) {
    const std::string folder = folder_ + "/" + device;
    files_.watch(folder);
    files_.watch_text(folder + "/state");
    const Result<std::vector<std::string>> names = list_folder(folder);
    if (!names) continue;  // gone since it was listed
    files_.constant(builder, "node_nvme_info",
                    {{"device", device},
                     {"firmware_revision", label_text(folder + "/firmware_rev")},
                     {"model", label_text(folder + "/model")},
                     {"serial", label_text(folder + "/serial")},
                     {"state", label_text(folder + "/state")},
                     {"cntlid", label_text(folder + "/cntlid")}});
    for (const std::string& name : *names) {
      const std::string nsid = namespace_id(name);
      if (!nsid.empty()) describe_namespace(builder, folder + "/" + name, device, nsid);
    }
  }
  if (files_.empty()) return failure("{} has no drive", folder_);
  return {};
}

}  // namespace tacho::sampler
