#include "tools/config/attribution.h"

#include <filesystem>

#include "proto/http_client.h"
#include "tools/config/section.h"

namespace tacho::tools {
namespace {

using From = sampler::PodClientOptions::From;

void read_mode(Section& s, IdentityMode& mode) {
  std::string text;
  if (!s.text("mode", text)) return;
  if (text == "auto") {
    mode = IdentityMode::automatic;
  } else if (text == "sidecar") {
    mode = IdentityMode::sidecar;
  } else if (text == "daemonset") {
    mode = IdentityMode::daemonset;
  } else if (text == "off") {
    mode = IdentityMode::off;
  } else {
    s.problems().error(s.where("mode"),
                       fmt::format("{} must be auto, sidecar, daemonset or off, not {}", s.name_of("mode"), tacho::quoted(text)));
  }
}

void read_path(Section& s, std::string_view key, std::string& out) {
  std::string path;
  if (!s.text(key, path)) return;
  if (path.starts_with('/')) {
    out = path;
  } else {
    s.problems().error(s.where(key),
                       fmt::format("{} must be a whole path, beginning with /, not {}", s.name_of(key), tacho::quoted(path)));
  }
}

bool read_url(Section& s, std::string_view key, std::string& out) {
  if (!s.text(key, out)) return false;
  if (const auto url = parse_url(out); !url) s.problems().error(s.where(key), fmt::format("{}: {}", s.name_of(key), url.error()));
  return true;
}

void read_pods(Section& identity, sampler::PodClientOptions& pods) {
  const auto node = identity.node("pods");
  if (!node) return;
  if (node->IsScalar() && node->Scalar() == "off") {
    pods.from = From::nobody;
    return;
  }
  Section s(identity.problems(), *node, identity.name_of("pods"));
  const auto api_server = s.node("api_server");
  const bool excluded = api_server && api_server->IsScalar() && api_server->Scalar() == "false";
  pods.may_ask_api_server = !excluded;
  if (s.has("kubelet") && api_server && !excluded)
    s.problems().error(s.where("api_server"),
                       identity.name_of("pods") + ": kubelet and api_server: one of them is asked, not both");
  if (read_url(s, "kubelet", pods.url)) pods.from = From::kubelet;
  if (api_server && !excluded) {
    // true: where the environment says it is.
    if (!api_server->IsScalar() || api_server->Scalar() != "true") read_url(s, "api_server", pods.url);
    pods.from = From::api_server;
  }
  s.text("node_name", pods.node_name);
  read_path(s, "token_file", pods.token_file);
  read_path(s, "ca_file", pods.ca_file);
  s.boolean("insecure_skip_verify", pods.insecure_skip_verify);
  s.finish();
}

bool folder_is_there(const std::string& socket) {
  std::error_code ec;
  return std::filesystem::is_directory(std::filesystem::path(socket).parent_path(), ec);
}

// The one that was told; else the usual one, which a container may have below the host's root.
std::string socket_of(const AttributionConfig& config, const sampler::Roots& roots) {
  if (config.kubelet_socket) return *config.kubelet_socket;
  const std::string below = roots.rootfs + sampler::kKubeletSocket;
  return folder_is_there(sampler::kKubeletSocket) || !folder_is_there(below) ? sampler::kKubeletSocket : below;
}

}  // namespace

void read_attribution(Section& identity, AttributionConfig& config) {
  read_mode(identity, config.mode);
  if (std::string socket; identity.has("kubelet_socket")) {
    read_path(identity, "kubelet_socket", socket);
    if (!socket.empty()) config.kubelet_socket = socket;
  }
  read_pods(identity, config.pods);
  read_path(identity, "slurm_job_mapping", config.slurm_job_mapping);
}

std::string chosen_mode(const AttributionConfig& config, const sampler::Roots& roots) {
  if (config.mode != IdentityMode::automatic) return "";
  const std::filesystem::path folder = std::filesystem::path(socket_of(config, roots)).parent_path();
  const std::string there =
      fmt::format("the folder of the kubelet's socket, {}, is {}there", folder.string(), is_sidecar(config, roots) ? "not " : "");
  if (!is_sidecar(config, roots)) return fmt::format("identity.mode: auto is daemonset: {}", there);
  if (config.slurm_job_mapping.empty()) return fmt::format("identity.mode: auto is sidecar: {}", there);
  return fmt::format("identity.mode: auto is sidecar, with the jobs of identity.slurm_job_mapping: {}", there);
}

bool is_sidecar(const AttributionConfig& config, const sampler::Roots& roots) {
  if (config.mode != IdentityMode::automatic) return config.mode == IdentityMode::sidecar;
  return !folder_is_there(socket_of(config, roots));
}

std::optional<sampler::AttributionOptions> attribution_options(const AttributionConfig& config,
                                                               const sampler::LabelMapOptions& map, const sampler::Roots& roots) {
  if (config.mode == IdentityMode::off || config.mode == IdentityMode::sidecar) return std::nullopt;
  const std::string socket = socket_of(config, roots);
  if (config.mode == IdentityMode::automatic && !folder_is_there(socket) && config.slurm_job_mapping.empty()) return std::nullopt;
  return sampler::AttributionOptions{
      .kubelet_socket = socket, .pods = config.pods, .slurm_job_mapping = config.slurm_job_mapping, .label_map = map};
}

}  // namespace tacho::tools
