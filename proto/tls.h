// The client's side of TLS by OpenSSL, in memory: bytes for the wire come out, bytes from the wire go in. Sockets and
// deadlines are stream.cc's.
//
// Shape    TLS 1.2 or newer; the server's certificate and name are verified unless insecure_skip_verify.
// Threads  a TlsContext is immutable once made; a TlsSession has one user at a time.
// Errors   create(): a file that cannot be read or does not fit, with its path. step results carry OpenSSL's reason.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "proto/base/error.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

namespace tacho {

struct TlsOptions {
  std::string ca_file;    // "" : the system's store
  std::string cert_file;  // client certificate
  std::string key_file;
  std::string server_name;  // "" : the URL's host
  bool insecure_skip_verify = false;
};

class TlsContext {
 public:
  // `host` is what the certificate must be for when the options give no server_name.
  static Result<TlsContext> create(const TlsOptions& options, const std::string& host);

 private:
  friend class TlsSession;
  struct Free {
    void operator()(SSL_CTX* p) const;
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::string server_name_;
  bool verify_ = true;
};

class TlsSession {
 public:
  explicit TlsSession(const TlsContext& context);

  enum class Step { done, wants_bytes, closed, failed };  // wants_bytes: give() more from the wire, then call again
  Step handshake();
  Step write(std::string_view bytes);  // all of them
  Step read(char* into, std::size_t room, std::size_t& got);

  // Bytes that must go to the wire now; after every step.
  std::string take();
  void give(std::string_view bytes);
  bool has_unread() const;
  // Why a step failed.
  std::string reason() const { return reason_; }

 private:
  Step step_of(int result);
  struct Free {
    void operator()(SSL* p) const;
  };
  std::unique_ptr<SSL, Free> ssl_;
  std::string reason_;
};

}  // namespace tacho
