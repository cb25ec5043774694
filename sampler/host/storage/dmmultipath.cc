#include "sampler/host/storage/dmmultipath.h"

#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

constexpr NumberForm kSectors{.factor = 512};

// dm/suspended is 1 for a device that is not active.
std::optional<double> parse_not_suspended(std::string_view text) {
  const std::optional<double> suspended = parse_short_number(text);
  return suspended ? std::optional(*suspended == 1 ? 0.0 : 1.0) : std::nullopt;
}

bool is_active(std::string_view state) { return state == "running" || state == "live"; }

}  // namespace

void DmMultipathSource::describe_device(SchemaBuilder& builder, const std::string& sysfs_name, const std::string& uuid) {
  const std::string folder = folder_ + "/" + sysfs_name;
  files_.watch_text(folder + "/dm/name");
  const std::string device = label_text(folder + "/dm/name");
  const std::vector<Label> labels{{"device", device}, {"sysfs_name", sysfs_name}};
  files_.constant(builder, "node_dmmultipath_device_info", {{"device", device}, {"sysfs_name", sysfs_name}, {"uuid", uuid}});
  files_.add(builder, folder + "/dm/suspended", "node_dmmultipath_device_active", labels, {.parse = parse_not_suspended});
  files_.add(builder, folder + "/size", "node_dmmultipath_device_size_bytes", labels, kSectors);
  files_.watch(folder + "/slaves");
  double paths = 0;
  double active = 0;
  for (const std::string& path : list_folder(folder + "/slaves").value_or(std::vector<std::string>{})) {
    const std::string file = folder_ + "/" + path + "/device/state";
    files_.watch_text(file);
    std::string state = label_text(file);
    if (state.empty()) state = "unknown";
    ++paths;
    if (is_active(state)) ++active;
    files_.constant(builder, "node_dmmultipath_path_state", {{"device", device}, {"path", path}, {"state", state}});
  }
  files_.constant(builder, "node_dmmultipath_device_paths", labels, paths);
  files_.constant(builder, "node_dmmultipath_device_paths_active", labels, active);
  files_.constant(builder, "node_dmmultipath_device_paths_failed", labels, paths - active);
}

Result<void> DmMultipathSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  const Result<std::vector<std::string>> names = list_numbered(folder_, "dm-");
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  for (const std::string& name : *names) {
    const std::string uuid = label_text(folder_ + "/" + name + "/dm/uuid");
    if (uuid.starts_with("mpath-")) describe_device(builder, name, uuid);
  }
  if (files_.empty()) return failure("{} has no multipath device", folder_);
  return {};
}

}  // namespace tacho::sampler
