#include "proto/server/listener.h"

#include <sys/resource.h>

#include "proto/base/host_port.h"
#include "proto/server/session.h"

namespace tacho {
namespace {

// Of the sessions there may be, so that others are served however many wait: connections beyond the limit that are still told so; more than
// these are closed without a word.
constexpr std::size_t kRefusedMax = 64;
constexpr milliseconds kStopGrace{1000};

}  // namespace

Result<void> Listener::bind(const tcp::endpoint& endpoint) {
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(net::socket_base::reuse_address(true), ec);
  if (!ec && endpoint.protocol() == tcp::v6()) acceptor.set_option(net::ip::v6_only(!endpoint.address().is_unspecified()), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec);
  if (!ec) {
    const tcp::endpoint real = acceptor.local_endpoint(ec);
    address = format_host_port(real.address().to_string(), std::to_string(real.port()));
  }
  if (!ec) return {};
  error_code ignored;
  acceptor.close(ignored);
  const char* advice = "";
  if (ec == net::error::address_in_use) advice = "; another program listens there: stop it, or give another port with --listen";
  if (ec == net::error::access_denied) advice = "; give a port above 1023 with --listen";
  return std::unexpected(Error{fmt::format("cannot listen on {}: {}{}", options.listen, ec.message(), advice), ec.value()});
}

Result<void> Listener::listen() {
  const auto where = parse_host_port(options.listen);
  if (!where) return failure("cannot listen: {}", where.error());
  const auto port = static_cast<unsigned short>(std::stoul(where->port));
  if (where->host.empty()) {
    // Every address: one socket for IPv6 and IPv4, or where there is no IPv6, IPv4 alone.
    if (bind({net::ip::address_v6::any(), port})) return {};
    return bind({net::ip::address_v4::any(), port});
  }
  error_code ec;
  const auto found = tcp::resolver(io).resolve(where->host, where->port, tcp::resolver::passive, ec);
  if (ec || found.empty()) return failure("cannot listen on {}: no address for the host: {}", options.listen, ec.message());
  return bind(found.begin()->endpoint());
}

void Listener::run() {
  net::post(acceptor.get_executor(), [this] { accept(); });
  const auto add = [](std::vector<std::thread>& to, int count, const char* name, int niceness, net::io_context& context) {
    for (int i = 0; i < count; ++i) {
      to.emplace_back([name, niceness, &context] {
        ::pthread_setname_np(::pthread_self(), name);
        // Of this thread alone; a refusal changes nothing but how even the shares are.
        if (niceness > 0) ::setpriority(PRIO_PROCESS, 0, niceness);
        context.run();
      });
    }
  };
  add(threads, std::max(1, options.threads), "tacho-http", 0, io);
  if (options.is_slow) add(slow_threads, std::max(1, options.slow_threads), "tacho-query", options.slow_niceness, slow);
}

void Listener::accept() {
  acceptor.async_accept(net::make_strand(io), [this](error_code ec, tcp::socket socket) {
    if (ec == net::error::operation_aborted || !acceptor.is_open()) return;
    if (ec) {
      // No descriptor left, most likely: trying again at once would spin.
      retry.expires_after(milliseconds(100));
      return retry.async_wait([this](error_code canceled) {
        if (!canceled) accept();
      });
    }
    std::shared_ptr<Session> session;
    {
      const std::lock_guard lock(mutex);
      const auto most = static_cast<std::size_t>(std::max(1, options.connections_max));
      if (sessions.size() < most + kRefusedMax) {
        session = std::make_shared<Session>(std::move(socket), *this, sessions.size() >= most);
        sessions.insert(session.get());
      }
    }
    if (session) session->start();
    accept();
  });
}

void Listener::stop() {
  if (stopping.exchange(true, std::memory_order_acq_rel)) return;
  net::post(acceptor.get_executor(), [this] {
    error_code ignored;
    acceptor.close(ignored);
    retry.cancel();
  });
  const auto each_session = [this](void (Session::*method)()) {
    // A session may end as soon as it is let go of, and then takes the mutex: not while it is held here.
    std::vector<std::shared_ptr<Session>> open;
    {
      const std::lock_guard lock(mutex);
      for (Session* s : sessions) {
        if (auto held = s->weak_from_this().lock()) open.push_back(std::move(held));
      }
    }
    for (const auto& s : open) ((*s).*method)();
  };
  each_session(&Session::stop);
  {
    std::unique_lock lock(mutex);
    session_ended.wait_for(lock, kStopGrace, [this] { return sessions.empty(); });
  }
  each_session(&Session::abort);
  more_slow.reset();
  for (std::thread& t : slow_threads) t.join();
  more.reset();
  for (std::thread& t : threads) t.join();
}

}  // namespace tacho
