#include "proto/http_server.h"

#include "proto/server/listener.h"

namespace tacho {

struct HttpServer::Impl : Listener {
  using Listener::Listener;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler handler) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  if (auto listening = impl->listen(); !listening) return std::unexpected(listening.error());
  impl->run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

void HttpServer::stop() { impl_->stop(); }
std::string HttpServer::address() const { return impl_->address; }

}  // namespace tacho
