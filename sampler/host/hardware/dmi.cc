#include "sampler/host/hardware/dmi.h"

#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

// The label is the file's name, but for sys_vendor.
constexpr std::string_view kFiles[] = {
    "bios_date",         "bios_release",   "bios_vendor",     "bios_version",    "board_asset_tag",
    "board_name",        "board_serial",   "board_vendor",    "board_version",   "chassis_vendor",
    "chassis_asset_tag", "chassis_serial", "chassis_version", "product_family",  "product_name",
    "product_serial",    "product_sku",    "product_uuid",    "product_version", "sys_vendor",
};

}  // namespace

Result<void> DmiSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  if (Result<std::vector<std::string>> names = list_folder(folder_); !names) return std::unexpected(names.error());
  std::vector<Label> labels;
  for (std::string_view file : kFiles) {
    std::string text = label_text(folder_ + "/" + std::string(file));
    if (text.empty()) continue;
    labels.push_back({file == "sys_vendor" ? "system_vendor" : std::string(file), std::move(text)});
  }
  if (labels.empty()) return failure("{} has no file that can be read", folder_);
  SchemaBuilder builder(schema);
  files_.constant(builder, "node_dmi_info", std::move(labels));
  return {};
}

}  // namespace tacho::sampler
