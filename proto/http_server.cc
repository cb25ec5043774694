// The transport. Asio and Beast are slow to compile: of the program's files only this one includes Asio.
#include "proto/http_server.h"

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer does not know fences. Asio's are there for handlers that use none of its locks; all of ours are
// queued under one.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#endif

#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "proto/base/host_port.h"
#include "proto/base/log.h"
#include "proto/gzip.h"

namespace tacho {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = net::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

// Connections beyond the limit that are still told so; more than these are closed without a word.
// Of the sessions there may be, so that others are served however many wait.
constexpr int kWaitingMax = 64;
constexpr std::size_t kRefusedMax = 64;
constexpr milliseconds kRefusedTimeout{1000};
// How long, and how much of, a client's unread request is drained before its connection is closed: closing earlier
// could destroy the answer on its way.
constexpr milliseconds kDrainTimeout{1000};
constexpr std::size_t kDrainBytes = 4u << 20;
constexpr milliseconds kStopGrace{1000};

// RFC 9110's date: Sun, 06 Nov 1994 08:49:37 GMT, without the locale's names.
std::string http_date(std::time_t now) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  ::gmtime_r(&now, &t);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[t.tm_wday], t.tm_mday, kMonths[t.tm_mon], t.tm_year + 1900,
                     t.tm_hour, t.tm_min, t.tm_sec);
}

HttpResponse plain(int status, std::string sentence) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(sentence) + "\n"};
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  // A line break in a value would begin a header of its own.
  for (const char c : value) out += c == '\r' || c == '\n' ? ' ' : c;
  out += "\r\n";
}

void compress(HttpResponse& response, bool may_gzip, std::size_t bytes_min) {
  const bool done = response.packed || !header_value(response.headers, "Content-Encoding").empty();
  if (done || response.body.size() <= bytes_min) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!may_gzip) return;
  response.body = gzip(response.body);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

class Session;

// The listening socket, the threads and the open connections.
struct Listener {
  Listener(HttpServerOptions o, HttpHandler h)
      : options(std::move(o)), handler(std::move(h)), acceptor(net::make_strand(io)), retry(acceptor.get_executor()) {}

  Result<void> listen();
  Result<void> bind(const tcp::endpoint& endpoint);
  void run();
  void accept();
  void stop();

  const HttpServerOptions options;
  const HttpHandler handler;
  // Before the queues: what is left in one at the end takes its session with it, which asks for these.
  std::mutex mutex;  // guards `sessions`
  std::condition_variable session_ended;
  std::unordered_set<Session*> sessions;  // each removes itself when destroyed
  net::io_context io;
  net::io_context slow;     // a queue for slow_threads; nothing of it touches a socket
  tcp::acceptor acceptor;   // used on its strand only, after listen()
  net::steady_timer retry;  // the same
  std::string address;
  std::vector<std::thread> threads, slow_threads;
  // Until stop(), and for `io` until the slow threads have ended: what they give back is answered there.
  net::executor_work_guard<net::io_context::executor_type> more{io.get_executor()}, more_slow{slow.get_executor()};

  // Written once by stop(), release; read by sessions, acquire, to end instead of reading on. A stale read is
  // harmless: stop() also posts to every session.
  std::atomic<bool> stopping{false};
  // Requests that wait for a slow thread. Relaxed: a count, which may be passed by as many as come at once.
  std::atomic<int> waiting{0};
  // Whether a request is being tried at once. Acquire and release: it is a lock that nobody waits for.
  std::atomic<bool> tries{false};
};

// One connection: read a request, call the handler, write the answer, again. All of it runs on the connection's
// strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Listener& server, bool refused) : server_(server), stream_(std::move(socket)), refused_(refused) {
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
  }
  ~Session() {
    const std::lock_guard lock(server_.mutex);
    server_.sessions.erase(this);
    server_.session_ended.notify_all();
  }

  void start() {
    net::post(stream_.get_executor(), [self = shared_from_this()] { self->wait_for_request(); });
  }
  // From any thread. A connection that waits for a request is closed, one that answers ends after the answer.
  void stop() {
    net::post(stream_.get_executor(), [self = shared_from_this()] {
      if (self->waiting_) self->stream_.close();
    });
  }
  void abort() {
    abandoned_.store(true, std::memory_order_relaxed);
    net::post(stream_.get_executor(), [self = shared_from_this()] { self->stream_.close(); });
  }

 private:
  const HttpServerOptions& options() const { return server_.options; }
  milliseconds idle_timeout() const { return refused_ ? kRefusedTimeout : milliseconds(options().idle_timeout_ms); }

  template <class Method>
  auto then(Method method) {
    return [self = shared_from_this(), method](error_code ec, std::size_t n) { ((*self).*method)(ec, n); };
  }

  void wait_for_request() {
    if (server_.stopping.load(std::memory_order_acquire)) return;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options().header_bytes_max));
    parser_->body_limit(options().body_bytes_max);
    waiting_ = true;
    if (buffer_.size() > 0) return read_header();  // the client sent the next request early
    stream_.expires_after(idle_timeout());
    stream_.async_read_some(buffer_.prepare(8192), then(&Session::on_first_bytes));
  }

  void on_first_bytes(error_code ec, std::size_t n) {
    if (ec) return;
    buffer_.commit(n);
    read_header();
  }

  // The deadline is the whole header's: a client that sends a byte now and then gains nothing by it.
  void read_header() {
    stream_.expires_after(refused_ ? kRefusedTimeout : milliseconds(options().header_timeout_ms));
    http::async_read_header(stream_, buffer_, *parser_, then(&Session::on_header));
  }

  void on_header(error_code ec, std::size_t) {
    if (ec) return on_read_error(ec);
    if (refused_) return refuse(503, "too many connections are open; try again in a second");
    stream_.expires_after(idle_timeout());
    if (!parser_->is_done() && beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      return stream_.async_write_some(net::buffer(kContinue), then(&Session::on_continued));
    }
    read_body();
  }

  void on_continued(error_code ec, std::size_t) {
    if (!ec) read_body();
  }

  void read_body() { http::async_read(stream_, buffer_, *parser_, then(&Session::on_request)); }

  void on_read_error(error_code ec) {
    if (ec == http::error::header_limit) {
      return refuse(431, fmt::format("the request's header is larger than {} bytes", options().header_bytes_max));
    }
    if (ec == http::error::body_limit) {
      return refuse(413, fmt::format("the request's body is larger than {} bytes", options().body_bytes_max));
    }
    const bool gone = ec == http::error::end_of_stream || ec == http::error::partial_message;
    if (!gone && ec.category() == make_error_code(http::error::bad_method).category()) {
      return refuse(400, "the request is not valid HTTP: " + ec.message());
    }
    // The peer is gone, the deadline has passed, or the server stops: nobody is left to be told.
  }

  void refuse(int status, std::string sentence) {
    waiting_ = false;
    keep_alive_ = false;
    head_only_ = false;
    respond(plain(status, std::move(sentence)));
  }

  void on_request(error_code ec, std::size_t) {
    if (ec) return on_read_error(ec);
    waiting_ = false;
    auto& message = parser_->get();
    HttpRequest request;
    request.method = message.method_string();
    head_only_ = message.method() == http::verb::head;
    keep_alive_ = message.keep_alive();
    http_1_0_ = message.version() < 11;
    const auto target = message.target();
    if (!parse_target({target.data(), target.size()}, request)) return refuse(400, "the path has a % that begins no escape");
    for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
    request.body = std::move(message.body());
    if (request.method == "POST" && has_token(request.header("Content-Type"), "application/x-www-form-urlencoded")) {
      // Before the URL's: where both name a parameter, the form's is the one that counts, as with Go's servers.
      std::vector<std::pair<std::string, std::string>> form;
      parse_form(request.body, form);
      request.query.insert(request.query.begin(), std::make_move_iterator(form.begin()), std::make_move_iterator(form.end()));
    }
    request.received = system_clock().mono();
    if (options().is_slow && options().is_slow(request)) {
      if (server_.stopping.load(std::memory_order_acquire)) return respond(plain(503, "the server ends"));
      if (try_first(request)) return;
      if (server_.waiting.fetch_add(1, std::memory_order_relaxed) >= kWaitingMax) {
        server_.waiting.fetch_sub(1, std::memory_order_relaxed);
        return respond(plain(503, fmt::format("{} requests wait for an answer already; try again later", kWaitingMax)));
      }
      return call_slowly(std::move(request));
    }
    respond(call(request));
  }

  // Whether it is answered. One at a time, so that another thread is free for everybody else.
  bool try_first(HttpRequest& request) {
    if (!options().is_tried_first || options().threads < 2 || !options().is_tried_first(request)) return false;
    if (server_.tries.exchange(true, std::memory_order_acquire)) return false;
    request.first_try = true;
    HttpResponse response = call(request);
    request.first_try = false;
    server_.tries.store(false, std::memory_order_release);
    if (response.status == kTakesLonger) return false;
    respond(std::move(response));
    return true;
  }

  void call_slowly(HttpRequest request) {
    abandoned_.store(false, std::memory_order_relaxed);
    request.abandoned = &abandoned_;
    stream_.expires_never();
    watch_client();
    net::post(server_.slow, [self = shared_from_this(), r = std::move(request)] {
      self->server_.waiting.fetch_sub(1, std::memory_order_relaxed);
      const bool late = self->server_.stopping.load(std::memory_order_acquire);
      HttpResponse response = late ? plain(503, "the server ends") : self->call(r);
      net::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
        error_code ignored;
        self->stream_.socket().cancel(ignored);  // the watch
        self->respond(std::move(response));
      });
    });
  }

  // A client that closes its side while its request waits or runs has gone. What it sends early stays unread.
  void watch_client() {
    stream_.socket().async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code ec) {
      if (ec) return;
      char next = 0;
      const auto n = ::recv(self->stream_.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
      const bool gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
      if (gone) self->abandoned_.store(true, std::memory_order_relaxed);
    });
  }

  // The handler's answer, as it is sent.
  HttpResponse call(const HttpRequest& request) const {
    HttpResponse response = call_handler(request);
    compress(response, accepts_gzip(request.header("Accept-Encoding")), options().gzip_bytes_min);
    return response;
  }

  HttpResponse call_handler(const HttpRequest& request) const {
    try {
      return server_.handler(request);
    } catch (const std::exception& e) {
      log_error("{} {} failed: {}", request.method, request.path, e.what());
      return plain(500, fmt::format("{} failed inside the server: {}", request.path, e.what()));
    } catch (...) {
      log_error("{} {} failed", request.method, request.path);
      return plain(500, fmt::format("{} failed inside the server", request.path));
    }
  }

  void respond(HttpResponse response) {
    if (server_.stopping.load(std::memory_order_acquire)) keep_alive_ = false;
    head_ = fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_text(response.status));
    append_header(head_, "Date", http_date(std::time(nullptr)));
    for (const auto& [name, value] : response.headers) append_header(head_, name, value);
    body_ = std::move(response.body);
    if (!response.content_type.empty() && !body_.empty()) append_header(head_, "Content-Type", response.content_type);
    if (response.status != 204 && response.status != 304) append_header(head_, "Content-Length", std::to_string(body_.size()));
    if (!keep_alive_) append_header(head_, "Connection", "close");
    if (keep_alive_ && http_1_0_) append_header(head_, "Connection", "keep-alive");
    head_ += "\r\n";
    if (head_only_) body_.clear();
    written_ = 0;
    write_more();
  }

  // Piece by piece, each with its own deadline: a large answer over a slow line may take long, one that nobody takes
  // may not.
  void write_more() {
    const std::size_t from_head = std::min(written_, head_.size());
    const std::size_t from_body = written_ - from_head;
    const std::array<net::const_buffer, 2> rest = {net::buffer(head_) + from_head, net::buffer(body_) + from_body};
    stream_.expires_after(idle_timeout());
    stream_.async_write_some(rest, then(&Session::on_written));
  }

  void on_written(error_code ec, std::size_t n) {
    if (ec) return;
    written_ += n;
    if (written_ < head_.size() + body_.size()) return write_more();
    body_ = {};
    if (keep_alive_) return wait_for_request();
    stream_.socket().shutdown(tcp::socket::shutdown_send, ec);
    stream_.expires_after(kDrainTimeout);
    if (server_.stopping.load(std::memory_order_acquire)) return;
    waiting_ = true;
    drain(error_code{}, 0);
  }

  void drain(error_code ec, std::size_t n) {
    drained_ += n;
    if (ec || drained_ > kDrainBytes) return;
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(8192), then(&Session::drain));
  }

  Listener& server_;
  beast::tcp_stream stream_;
  const bool refused_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  // Written on the strand and by abort(), read by the handler. A stale read is harmless: it ends a little later.
  std::atomic<bool> abandoned_{false};
  bool waiting_ = true;  // for bytes of the client: may be closed at any time
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool http_1_0_ = false;
  std::string head_, body_;  // the answer being written
  std::size_t written_ = 0;
  std::size_t drained_ = 0;
};

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

}  // namespace

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
