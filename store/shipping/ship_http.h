// The way to a remote write endpoint over HTTP: one kept connection, authentication, the user's headers.
//
// Threads  one at a time.
// Errors   create(): the URL. send(): no answer (connecting, time out, a broken one), or a credentials file that
// cannot be read. Cost     send() blocks for at most the timeout. Manners  files with secrets are read at every send,
// so that a rotated one is used at once; a secret is never logged.
#pragma once

#include <memory>
#include <string>

#include "proto/http_auth.h"
#include "proto/http_client.h"
#include "store/shipping/shipper.h"

namespace tacho::store {

struct EndpointOptions {
  std::string url;
  std::int64_t timeout_ms = 30'000;
  HttpHeaders headers;  // the user's
  HttpAuth auth;
  TlsOptions tls;
};

// Headers that belong to the protocol and to the options above; in any case. The configuration refuses them.
bool is_reserved_header(std::string_view name);

class HttpTransport final : public Transport {
 public:
  static Result<std::unique_ptr<HttpTransport>> create(EndpointOptions options);
  Result<HttpResponse> send(const std::string& body, const HttpHeaders& headers) override;

 private:
  HttpTransport(EndpointOptions options, Url url);

  const EndpointOptions options_;
  HttpClient client_;
};

}  // namespace tacho::store
