// Asks for the node's pods: the kubelet, or the API server for those of one node.
//
// Shape    fetch() asks what is configured; with `automatic` what the environment of a pod offers: the API server (KUBERNETES_SERVICE_HOST
//          and the service account's files) if NODE_NAME says which node, else the kubelet at NODE_IP, else nobody, which is an error
//          that says what to set. The API server can be excluded from that.
// Auth     a bearer token whose file is read anew for each request (Kubernetes replaces it every hour), a CA file.
// Errors   each names the URL, and for 401 and 403 the right that is missing.
// Bounds   a body of 32 MiB; lists in parts of 250 pods, kPodsMax in all; `timeout_ms` for each part.
// Threads  one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/http_auth.h"
#include "proto/http_client.h"
#include "sampler/identity/pods.h"

namespace tacho::sampler {

struct PodClientOptions {
  enum class From { automatic, kubelet, api_server, nobody };
  From from = From::automatic;
  bool may_ask_api_server = true;  // with `automatic`
  std::string url;         // "https://10.0.0.7:10250" or "http://127.0.0.1:10255"; "" for the API server: the environment's
  std::string node_name;   // of the API server's pods; "": NODE_NAME of the environment
  std::string token_file;  // "": the service account's where it is there
  std::string ca_file;     // likewise
  bool insecure_skip_verify = false;

  bool operator==(const PodClientOptions&) const = default;
};

class PodClient {
 public:
  explicit PodClient(PodClientOptions options);

  Result<std::vector<Pod>> fetch(std::int64_t timeout_ms);
  // Whom it asks, for messages; "" for nobody.
  const std::string& where() const { return where_; }

 private:
  void use_kubelet(const std::string& url);
  void use_api_server(std::string url);
  void use(const std::string& url, std::string target);
  Result<std::string> get(const std::string& target, std::int64_t timeout_ms);

  PodClientOptions options_;
  HttpAuth auth_;
  std::string where_;
  std::string target_;
  std::string first_;  // behind it for the first part; those after it are of the version that it was
  bool in_parts_ = false;
  Error trouble_;  // why nobody can be asked
  std::optional<HttpClient> client_;
};

}  // namespace tacho::sampler
