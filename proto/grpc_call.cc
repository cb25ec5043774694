#include "proto/grpc_call.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>

#include "proto/stream.h"

namespace tacho {
namespace {

constexpr std::size_t kPrefixBytes = 5;  // a flag, and the length as four bytes, the highest first
constexpr std::size_t kReadBytes = 16 << 10;
constexpr std::size_t kTextBytesMax = 1024;  // of what is shown of a server's message

constexpr std::array<std::string_view, 17> kStatusNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

struct FreeSession {
  void operator()(nghttp2_session* s) const { nghttp2_session_del(s); }
};
struct FreeCallbacks {
  void operator()(nghttp2_session_callbacks* c) const { nghttp2_session_callbacks_del(c); }
};

std::optional<int> to_int(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The one stream of a connection, as nghttp2 tells of it.
class Exchange {
 public:
  Exchange(std::string_view message, std::size_t bytes_max) : bytes_max_(bytes_max) {
    const auto size = static_cast<std::uint32_t>(message.size());
    request_.push_back('\0');
    for (int shift = 24; shift >= 0; shift -= 8) request_.push_back(static_cast<char>(size >> shift & 0xff));
    request_.append(message);
  }

  // False: nghttp2 has no memory.
  bool begin(const std::string& method);
  // What is to be sent now; "" when there is nothing.
  std::string pending();
  // An error's text; "" when all is well.
  std::string take(std::string_view bytes);
  bool closed() const { return closed_; }
  // After what was pending: nghttp2 takes nothing more, for what came made no sense.
  bool gave_up() const { return !closed_ && nghttp2_session_want_read(session_.get()) == 0; }
  bool too_large() const { return too_large_; }
  std::expected<std::string, GrpcError> result();

 private:
  static Exchange& self(void* user) { return *static_cast<Exchange*>(user); }
  static ssize_t read_request(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
                              nghttp2_data_source*, void* user);
  void header(std::string_view name, std::string_view value);
  void data(std::string_view bytes);

  const std::size_t bytes_max_;
  std::string request_;
  std::size_t sent_ = 0;
  std::unique_ptr<nghttp2_session, FreeSession> session_;
  std::int32_t stream_ = -1;
  std::string body_;
  std::string http_status_, content_type_, encoding_, message_;
  std::optional<int> status_;
  std::uint32_t close_code_ = 0;
  bool closed_ = false;
  bool too_large_ = false;
};

ssize_t Exchange::read_request(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
                               nghttp2_data_source*, void* user) {
  Exchange& e = self(user);
  const std::size_t n = std::min(room, e.request_.size() - e.sent_);
  e.request_.copy(reinterpret_cast<char*>(into), n, e.sent_);
  e.sent_ += n;
  if (e.sent_ == e.request_.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(n);
}

void Exchange::header(std::string_view name, std::string_view value) {
  if (name == ":status") http_status_ = value;
  if (name == "content-type") content_type_ = value;
  if (name == "grpc-encoding") encoding_ = value;
  if (name == "grpc-message") message_ = decode_grpc_message(value.substr(0, 3 * kTextBytesMax));
  if (name == "grpc-status") status_ = to_int(value).value_or(-1);
}

void Exchange::data(std::string_view bytes) {
  if (body_.size() + bytes.size() > bytes_max_ + kPrefixBytes) {
    too_large_ = true;
    return;
  }
  body_.append(bytes);
  // The prefix says how much will come: no need to wait for it.
  if (body_.size() >= kPrefixBytes) {
    std::size_t length = 0;
    for (std::size_t i = 1; i < kPrefixBytes; ++i) length = length << 8 | static_cast<unsigned char>(body_[i]);
    too_large_ = length > bytes_max_;
  }
}

bool Exchange::begin(const std::string& method) {
  nghttp2_session_callbacks* made = nullptr;
  if (nghttp2_session_callbacks_new(&made) != 0) return false;
  const std::unique_ptr<nghttp2_session_callbacks, FreeCallbacks> callbacks(made);
  nghttp2_session_callbacks_set_on_header_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
               const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
        Exchange& e = self(user);
        if (frame->hd.stream_id == e.stream_)
          e.header({reinterpret_cast<const char*>(name), name_size}, {reinterpret_cast<const char*>(value), value_size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      made, [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size, void* user) {
        Exchange& e = self(user);
        if (stream == e.stream_) e.data({reinterpret_cast<const char*>(bytes), size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      made, [](nghttp2_session*, std::int32_t stream, std::uint32_t code, void* user) {
        Exchange& e = self(user);
        if (stream != e.stream_) return 0;
        e.closed_ = true;
        e.close_code_ = code;
        return 0;
      });
  nghttp2_session* session = nullptr;
  if (nghttp2_session_client_new(&session, made, this) != 0) return false;
  session_.reset(session);
  // A window as large as an answer can be: a round trip for every 64 KiB would be all that takes time.
  const std::array<nghttp2_settings_entry, 2> settings = {nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                                          nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1u << 20}};
  if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) != 0) return false;
  if (nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 1 << 20) != 0) return false;
  const auto field = [](std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view s) {
      return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(s.data()));  // nghttp2 copies, and does not write
    };
    return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
  };
  const std::array<nghttp2_nv, 7> headers = {field(":method", "POST"),
                                             field(":scheme", "http"),
                                             field(":path", method),
                                             field(":authority", "localhost"),
                                             field("te", "trailers"),
                                             field("content-type", "application/grpc"),
                                             field("user-agent", "tacho/" TACHO_VERSION)};
  nghttp2_data_provider provider{};
  provider.read_callback = read_request;
  stream_ = nghttp2_submit_request(session, nullptr, headers.data(), headers.size(), &provider, nullptr);
  return stream_ > 0;
}

std::string Exchange::pending() {
  std::string out;
  const std::uint8_t* bytes = nullptr;
  for (ssize_t n = 0; (n = nghttp2_session_mem_send(session_.get(), &bytes)) > 0;)
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(n));
  return out;
}

std::string Exchange::take(std::string_view bytes) {
  const ssize_t used =
      nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (used < 0) return fmt::format("the answer is no HTTP/2: {}", nghttp2_strerror(static_cast<int>(used)));
  return "";
}

// Requires: closed(), or nothing more will come.
std::expected<std::string, GrpcError> Exchange::result() {
  const auto broken = [](std::string text) { return std::unexpected(GrpcError{{std::move(text)}, GrpcStatus::ok}); };
  if (status_ && *status_ != 0) {
    const std::string text = message_.empty() ? "" : ": " + message_.substr(0, kTextBytesMax);
    return std::unexpected(
        GrpcError{{fmt::format("the server says {}{}", grpc_status_name(*status_), text)}, static_cast<GrpcStatus>(*status_)});
  }
  if (closed_ && close_code_ != 0) return broken(fmt::format("the server gave up: {}", nghttp2_http2_strerror(close_code_)));
  if (!http_status_.empty() && http_status_ != "200")
    return broken(fmt::format("the server answers with HTTP status {}", http_status_));
  if (!closed_) return broken("the server closed the connection before its answer was complete");
  if (!content_type_.starts_with("application/grpc")) return broken("what answers is no gRPC server");
  if (!status_) return broken("the answer ends without a status");
  if (body_.size() < kPrefixBytes) return broken("the answer has no message");
  if (body_[0] != 0) return broken(fmt::format("the message is compressed ({}), which was not asked for", encoding_));
  std::size_t length = 0;
  for (std::size_t i = 1; i < kPrefixBytes; ++i) length = length << 8 | static_cast<unsigned char>(body_[i]);
  if (body_.size() - kPrefixBytes != length)
    return broken(fmt::format("the message has {} bytes and says {}", body_.size() - kPrefixBytes, length));
  body_.erase(0, kPrefixBytes);
  return std::move(body_);
}

std::expected<std::string, GrpcError> exchange(const GrpcTarget& target, const std::string& method, std::string_view message) {
  const auto failed = [](StreamError e) { return std::unexpected(GrpcError{{std::move(e.message), e.sys_errno}}); };
  const MonoNs deadline = system_clock().mono() + target.timeout_ms * kNsPerMs;
  auto stream = Stream::connect_unix(target.socket, deadline);
  if (!stream) return failed(stream.error());
  Exchange e(message, target.bytes_max);
  if (!e.begin(method)) return failed({"no memory for the request"});
  std::array<char, kReadBytes> piece;
  while (!e.closed()) {
    if (const std::string out = e.pending(); !out.empty()) {
      // A server that refuses may have said why and closed: what it said counts for more than EPIPE.
      const auto sent = stream->write(out, deadline);
      if (!sent && !sent.error().closed_by_peer) return failed(sent.error());
    }
    if (e.gave_up()) return failed({"the answer is no HTTP/2"});
    const auto n = stream->read(piece.data(), piece.size(), deadline);
    if (!n && !n.error().closed_by_peer) return failed(n.error());
    if (!n || *n == 0) break;
    if (std::string trouble = e.take({piece.data(), *n}); !trouble.empty()) return failed({std::move(trouble)});
    if (e.too_large()) return failed({fmt::format("the answer is larger than {} bytes", target.bytes_max), false, EMSGSIZE});
  }
  return e.result();
}

}  // namespace

std::string decode_grpc_message(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  // It goes into the log, a line an event.
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return out;
}

std::string grpc_status_name(int status) {
  if (status < 0 || static_cast<std::size_t>(status) >= kStatusNames.size()) return fmt::format("status {}", status);
  return std::string(kStatusNames[static_cast<std::size_t>(status)]);
}

std::expected<std::string, GrpcError> grpc_call(const GrpcTarget& target, const std::string& method, std::string_view message) {
  auto answer = exchange(target, method, message);
  if (!answer) answer.error().message = fmt::format("{}{}: {}", target.socket, method, answer.error().message);
  return answer;
}

}  // namespace tacho
