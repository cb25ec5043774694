#include "sampler/host/hardware/edac.h"

#include "sampler/folders.h"
#include "sampler/short_text.h"

#include <filesystem>

namespace tacho::sampler {
namespace {

constexpr std::string_view kController = "mc";
constexpr std::string_view kCsrow = "csrow";
constexpr std::string_view kChannel = "ch";
constexpr std::string_view kChannelCount = "_ce_count";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
}

// "CPU_SrcID#0_MC#1_Chan#0_DIMM#0" or "mc#0csrow#3channel#1", as node_exporter makes it a label.
std::string dimm_label(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return "unknown";
  std::string label = label_text(path);
  replace_all(label, "#", "");
  replace_all(label, "csrow", "_csrow");
  replace_all(label, "channel", "_channel");
  return label;
}

}  // namespace

void EdacSource::describe_csrow(SchemaBuilder& builder, const std::string& folder, const std::string& controller,
                                const std::string& csrow) {
  const std::vector<Label> labels{{"controller", controller}, {"csrow", csrow}};
  files_.add(builder, folder + "/ce_count", "node_edac_csrow_correctable_errors_total", labels);
  files_.add(builder, folder + "/ue_count", "node_edac_csrow_uncorrectable_errors_total", labels);
  for (const std::string& name : list_folder(folder).value_or(std::vector<std::string>{})) {
    if (!name.starts_with(kChannel) || !name.ends_with(kChannelCount)) continue;
    const std::string channel = name.substr(kChannel.size(), name.size() - kChannel.size() - kChannelCount.size());
    if (channel.empty() || channel.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string file = folder + "/ch" + channel;
    std::vector<Label> with_channel = labels;
    with_channel.push_back({"channel", channel});
    with_channel.push_back({"dimm_label", dimm_label(file + "_dimm_label")});
    files_.add(builder, file + "_ce_count", "node_edac_channel_correctable_errors_total", with_channel);
    files_.add(builder, file + "_ue_count", "node_edac_channel_uncorrectable_errors_total", with_channel);
  }
}

Result<void> EdacSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  Result<std::vector<std::string>> controllers = list_numbered(folder_, kController);
  if (!controllers) return std::unexpected(controllers.error());
  SchemaBuilder builder(schema);
  for (const std::string& name : *controllers) {
    const std::string folder = folder_ + "/" + name;
    const std::string controller = name.substr(kController.size());
    const std::vector<Label> unknown{{"controller", controller}, {"csrow", "unknown"}};
    files_.add(builder, folder + "/ce_count", "node_edac_correctable_errors_total", {{"controller", controller}});
    files_.add(builder, folder + "/ue_count", "node_edac_uncorrectable_errors_total", {{"controller", controller}});
    files_.add(builder, folder + "/ce_noinfo_count", "node_edac_csrow_correctable_errors_total", unknown);
    files_.add(builder, folder + "/ue_noinfo_count", "node_edac_csrow_uncorrectable_errors_total", unknown);
    for (const std::string& csrow : list_numbered(folder, kCsrow).value_or(std::vector<std::string>{})) {
      describe_csrow(builder, folder + "/" + csrow, controller, csrow.substr(kCsrow.size()));
    }
  }
  if (files_.empty()) return failure("{} has no memory controller", folder_);
  return {};
}

}  // namespace tacho::sampler
