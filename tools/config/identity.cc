#include "tools/config/identity.h"

#include <algorithm>
#include <filesystem>

#include "tools/config/section.h"

namespace tacho::tools {
namespace {

constexpr const char* kUsualFolder = "/etc/podinfo";

bool is_variable(const std::string& name) { return is_classic_label_name(name); }

// Of identity.labels and identity.env: what a label may be called.
bool check_label(Section& s, const YAML::Node& at, const std::string& what, const std::string& label) {
  if (store::is_identity_label(label)) return true;
  s.problems().error(
      at, fmt::format("{}: {} cannot be an identity's label: {}", what, tacho::quoted(label),
                      label == "job" || label == "instance" ? "it is Prometheus's own; job_name and node are free"
                                                            : "a letter or _, then letters, digits and _, and not __ in front"));
  return false;
}

void read_labels(Section& s, sampler::LabelMapOptions& map) {
  using Kind = sampler::LabelRule::Kind;
  for (const auto& [key, value] : s.pairs("labels")) {
    const std::string what = fmt::format("{}[{}]", s.name_of("labels"), key);
    const std::string name = value.Scalar();
    const Kind kind = name == "keep" ? Kind::keep : name == "drop" ? Kind::drop : Kind::rename;
    const auto star = key.find('*');
    if (star != std::string::npos && star + 1 != key.size()) {
      s.problems().error(value, what + ": a '*' can only be the last character, for all keys that begin so");
    } else if (star != std::string::npos && kind == Kind::rename) {
      s.problems().error(value, what + ": many keys cannot have one name; keep or drop");
    } else if (kind != Kind::rename || check_label(s, value, what, name)) {
      map.rules.push_back({key, kind, kind == Kind::rename ? name : ""});
    }
  }
}

void read_environment(Section& s, IdentityConfig& config) {
  for (const auto& [variable, value] : s.pairs("env")) {
    const std::string what = fmt::format("{}.{}", s.name_of("env"), variable);
    const std::string label = value.Scalar();
    if (!is_variable(variable)) {
      s.problems().error(value,
                         fmt::format("{}: {} is no environment variable's name", s.name_of("env"), tacho::quoted(variable)));
    } else if (label == "drop" || check_label(s, value, what, label)) {
      config.environment.push_back({variable, label == "drop" ? "" : label});
    }
  }
}

}  // namespace

void read_identity(Section& file, IdentityConfig& config) {
  const auto node = file.node("identity");
  if (!node) return;
  Section s(file.problems(), *node, "identity");
  if (std::string folder; s.text("downward_api", folder)) {
    if (folder != "off" && !folder.starts_with('/'))
      s.problems().error(s.where("downward_api"), fmt::format("{} must be a folder's whole path, or off, not {}",
                                                              s.name_of("downward_api"), tacho::quoted(folder)));
    config.downward_api = folder == "off" ? "" : folder;
  }
  if (std::string style; s.text("style", style)) {
    if (style == "kube-state-metrics") {
      config.map.style = sampler::LabelStyle::kube_state_metrics;
    } else if (style != "short") {
      s.problems().error(s.where("style"),
                         fmt::format("{} must be short or kube-state-metrics, not {}", s.name_of("style"), tacho::quoted(style)));
    }
  }
  s.boolean("snake_case", config.map.snake_case);
  read_labels(s, config.map);
  read_environment(s, config);
  s.boolean("slurm", config.slurm);
  read_attribution(s, config.attribution);
  s.finish();
}

sampler::PodIdentityOptions pod_identity_options(const IdentityConfig& config, const sampler::Roots& roots) {
  sampler::PodIdentityOptions out;
  out.slurm = false;
  if (config.attribution.mode == IdentityMode::off) return out;
  std::error_code ec;
  // What a DaemonSet's own pod is called is not whose the node's samples are.
  const bool is_there = is_sidecar(config.attribution, roots) && std::filesystem::is_directory(kUsualFolder, ec);
  out.folder = config.downward_api.value_or(is_there ? kUsualFolder : "");
  out.map = config.map;
  out.slurm = config.slurm && is_sidecar(config.attribution, roots);
  // What the configuration says of a variable comes first, and alone.
  for (const sampler::EnvironmentLabel& e : config.environment) {
    if (!e.label.empty()) out.environment.push_back(e);
  }
  if (out.folder.empty()) return out;  // POD_NAME of a DaemonSet's pod is not whose the samples are
  for (sampler::EnvironmentLabel& usual : sampler::usual_environment()) {
    const auto same = [&](const sampler::EnvironmentLabel& e) { return e.variable == usual.variable; };
    if (std::none_of(config.environment.begin(), config.environment.end(), same)) out.environment.push_back(std::move(usual));
  }
  return out;
}

}  // namespace tacho::tools
