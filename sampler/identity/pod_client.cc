#include "sampler/identity/pod_client.h"

#include <unistd.h>

#include <cstdlib>

#include "proto/base/host_port.h"
#include "sampler/identity/pod_resources.h"

namespace tacho::sampler {
namespace {

constexpr std::size_t kBodyMax = 32u << 20;
constexpr std::size_t kPartPods = 250;
constexpr const char* kToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";
constexpr const char* kCa = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string or_if_there(const std::string& told, const char* usual) {
  return told.empty() && ::access(usual, R_OK) == 0 ? usual : told;
}

// What may not stand in a query as it is.
std::string escaped(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

PodClient::PodClient(PodClientOptions options) : options_(std::move(options)) {
  using From = PodClientOptions::From;
  auth_.credentials_file = or_if_there(options_.token_file, kToken);
  options_.ca_file = or_if_there(options_.ca_file, kCa);
  if (options_.node_name.empty()) options_.node_name = environment("NODE_NAME");
  const std::string kubelet = environment("NODE_IP");
  if (options_.from == From::nobody) {
    trouble_.message = "pods' labels are switched off";
  } else if (options_.from == From::kubelet) {
    use_kubelet(options_.url);
  } else if (options_.from == From::api_server ||
             (options_.may_ask_api_server && !environment("KUBERNETES_SERVICE_HOST").empty() && !options_.node_name.empty())) {
    use_api_server(options_.url);
  } else if (!kubelet.empty()) {
    use_kubelet(fmt::format("https://{}", format_host_port(kubelet, "10250")));
  } else {
    trouble_.message =
        "nobody tells the pods' labels: set identity.pods, or in the environment NODE_NAME (for the API server, from "
        "spec.nodeName) "
        "or NODE_IP (for the kubelet, from status.hostIP)";
  }
}

void PodClient::use_kubelet(const std::string& url) { use(url, "/pods"); }

void PodClient::use_api_server(std::string url) {
  const std::string host = environment("KUBERNETES_SERVICE_HOST");
  const std::string port = environment("KUBERNETES_SERVICE_PORT");
  if (url.empty() && !host.empty()) url = fmt::format("https://{}", format_host_port(host, port.empty() ? "443" : port));
  if (url.empty() || options_.node_name.empty()) {
    trouble_.message = url.empty() ? "KUBERNETES_SERVICE_HOST is not set: the API server is known in a pod only"
                                   : "which node this is is not known: set NODE_NAME in the environment, from spec.nodeName";
    return;
  }
  in_parts_ = true;
  // Version 0: as the API server has them in memory, which may be a moment old; without it each list is a read of etcd's quorum.
  first_ = "&resourceVersion=0";
  use(url, fmt::format("/api/v1/pods?fieldSelector={}&limit={}", escaped("spec.nodeName=" + options_.node_name), kPartPods));
}

void PodClient::use(const std::string& url, std::string target) {
  auto parsed = parse_url(url);
  if (!parsed) {
    trouble_ = parsed.error();
    return;
  }
  where_ = url;
  // The kubelet may be named with its path.
  target_ = parsed->target.size() > 1 && !in_parts_ ? parsed->target : std::move(target);
  // A token is not sent to whom anybody could pose as.
  if (parsed->scheme == "http") auth_ = {};
  client_.emplace(std::move(*parsed),
                  TlsOptions{.ca_file = options_.ca_file, .insecure_skip_verify = options_.insecure_skip_verify});
}

Result<std::string> PodClient::get(const std::string& target, std::int64_t timeout_ms) {
  std::vector<std::pair<std::string, std::string>> headers{{"Accept", "application/json"}};
  const auto authorization = authorization_header(auth_);
  if (!authorization) return std::unexpected(authorization.error());
  if (!authorization->empty()) headers.emplace_back("Authorization", *authorization);
  auto answer = client_->send("GET", target, headers, "", timeout_ms, kBodyMax);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 401 || answer->status == 403)
    return failure("{}{}: {}; it needs {}", where_, target, answer->status == 401 ? "not logged in (401)" : "not allowed (403)",
                   in_parts_ ? "the right to list pods, and a token" : "the right to get nodes/pods or nodes/proxy, and a token");
  if (answer->status != 200) return failure("{}{}: HTTP status {}", where_, target, answer->status);
  return std::move(answer->body);
}

Result<std::vector<Pod>> PodClient::fetch(std::int64_t timeout_ms) {
  if (!client_) return std::unexpected(trouble_);
  std::vector<Pod> out;
  std::string next;
  do {
    auto body = get(next.empty() ? target_ + first_ : fmt::format("{}&continue={}", target_, escaped(next)), timeout_ms);
    if (!body) return std::unexpected(body.error());
    auto list = parse_pods(*body);
    if (!list) return failure("{}: {}", where_, list.error());
    if (in_parts_ && list->next == next && !next.empty()) return failure("{}: the list has no end", where_);
    next = in_parts_ ? list->next : "";
    std::move(list->pods.begin(), list->pods.end(), std::back_inserter(out));
    if (out.size() > kPodsMax) return failure("{}: more than {} pods, which no node has", where_, kPodsMax);
  } while (!next.empty());
  return out;
}

}  // namespace tacho::sampler
