#include "proto/server/session.h"

#include "proto/server/plain.h"

namespace tacho {
namespace {

namespace http = beast::http;

// Requests that wait for a slow thread.
constexpr int kWaitingMax = 64;
constexpr milliseconds kRefusedTimeout{1000};

}  // namespace

Session::Session(tcp::socket socket, Listener& server, bool refused)
    : server_(server), stream_(std::move(socket)), refused_(refused), next_piece_(stream_.get_executor()) {
  error_code ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
}

Session::~Session() {
  const std::lock_guard lock(server_.mutex);
  server_.sessions.erase(this);
  server_.session_ended.notify_all();
}

void Session::start() {
  net::post(stream_.get_executor(), [self = shared_from_this()] { self->wait_for_request(); });
}

void Session::stop() {
  net::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->waiting_) self->stream_.close();
    if (!self->pieces_) return;
    self->abandoned_.store(true, std::memory_order_relaxed);
    self->next_piece_.cancel();
  });
}

void Session::abort() {
  abandoned_.store(true, std::memory_order_relaxed);
  net::post(stream_.get_executor(), [self = shared_from_this()] { self->stream_.close(); });
}

milliseconds Session::idle_timeout() const { return refused_ ? kRefusedTimeout : milliseconds(options().idle_timeout_ms); }

void Session::wait_for_request() {
  if (stopping()) return;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options().header_bytes_max));
  parser_->body_limit(options().body_bytes_max);
  waiting_ = true;
  if (buffer_.size() > 0) return read_header();  // the client sent the next request early
  stream_.expires_after(idle_timeout());
  stream_.async_read_some(buffer_.prepare(8192), then(&Session::on_first_bytes));
}

void Session::on_first_bytes(error_code ec, std::size_t n) {
  if (ec) return;
  buffer_.commit(n);
  read_header();
}

// The deadline is the whole header's: a client that sends a byte now and then gains nothing by it.
void Session::read_header() {
  stream_.expires_after(refused_ ? kRefusedTimeout : milliseconds(options().header_timeout_ms));
  http::async_read_header(stream_, buffer_, *parser_, then(&Session::on_header));
}

void Session::on_header(error_code ec, std::size_t) {
  if (ec) return on_read_error(ec);
  if (refused_) return refuse(503, "too many connections are open; try again in a second");
  stream_.expires_after(idle_timeout());
  if (!parser_->is_done() && beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    return stream_.async_write_some(net::buffer(kContinue), then(&Session::on_continued));
  }
  read_body();
}

void Session::on_continued(error_code ec, std::size_t) {
  if (!ec) read_body();
}

void Session::read_body() { http::async_read(stream_, buffer_, *parser_, then(&Session::on_request)); }

void Session::on_read_error(error_code ec) {
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

void Session::refuse(int status, std::string sentence) {
  waiting_ = false;
  keep_alive_ = false;
  head_only_ = false;
  respond(plain_answer(status, std::move(sentence)));
}

void Session::on_request(error_code ec, std::size_t) {
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
  answer(std::move(request));
}

void Session::answer(HttpRequest request) {
  if (!options().is_slow || !options().is_slow(request)) return respond(call(request));
  if (stopping()) return respond(plain_answer(503, "the server ends"));
  if (try_first(request)) return;
  if (server_.waiting.fetch_add(1, std::memory_order_relaxed) >= kWaitingMax) {
    server_.waiting.fetch_sub(1, std::memory_order_relaxed);
    return respond(plain_answer(503, fmt::format("{} requests wait for an answer already; try again later", kWaitingMax)));
  }
  call_slowly(std::move(request));
}

}  // namespace tacho
