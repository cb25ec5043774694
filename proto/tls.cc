#include "proto/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>

#include "proto/base/check.h"

namespace tacho {
namespace {

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* text = ERR_reason_error_string(code);
  return text ? text : fmt::format("OpenSSL error {:#x}", code);
}

// OpenSSL's own default is Debian's path. A program that runs anywhere also looks where other distributions keep
// theirs.
bool load_system_store(SSL_CTX* context) {
  if (SSL_CTX_set_default_verify_paths(context) != 1) return false;
  for (const char* bundle : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                             "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    if (::access(bundle, R_OK) == 0) return SSL_CTX_load_verify_locations(context, bundle, nullptr) == 1;
  }
  return true;
}

bool is_ip_address(const std::string& host) {
  ASN1_OCTET_STRING* ip = a2i_IPADDRESS(host.c_str());
  if (!ip) return false;
  ASN1_OCTET_STRING_free(ip);
  return true;
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
void TlsSession::Free::operator()(SSL* p) const { SSL_free(p); }

Result<TlsContext> TlsContext::create(const TlsOptions& options, const std::string& host) {
  TlsContext c;
  c.context_.reset(SSL_CTX_new(TLS_client_method()));
  TACHO_CHECK(c.context_ != nullptr);
  SSL_CTX* const ctx = c.context_.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  // Many servers close without TLS's own goodbye; HTTP's lengths tell whether something is missing.
  SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
  c.server_name_ = options.server_name.empty() ? host : options.server_name;
  c.verify_ = !options.insecure_skip_verify;
  ERR_clear_error();
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_locations(ctx, options.ca_file.c_str(), nullptr) != 1) {
      return failure("cannot use the CA file {}: {}", options.ca_file, openssl_reason());
    }
  } else if (c.verify_ && !load_system_store(ctx)) {
    return failure("cannot read the system's CA certificates: {}; give a CA file", openssl_reason());
  }
  if (options.cert_file.empty() != options.key_file.empty()) {
    return failure("a client certificate needs both its file and its key's file; one of them is missing");
  }
  if (!options.cert_file.empty()) {
    if (SSL_CTX_use_certificate_chain_file(ctx, options.cert_file.c_str()) != 1) {
      return failure("cannot use the certificate file {}: {}", options.cert_file, openssl_reason());
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
      return failure("cannot use the key file {}: {}", options.key_file, openssl_reason());
    }
  }
  ERR_clear_error();
  return c;
}

TlsSession::TlsSession(const TlsContext& context) : ssl_(SSL_new(context.context_.get())) {
  TACHO_CHECK(ssl_ != nullptr);
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
  const std::string& name = context.server_name_;
  const bool is_ip = is_ip_address(name);
  // The name indication is for names only (RFC 6066).
  if (!is_ip) SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  if (!context.verify_) {
    SSL_set_verify(ssl_.get(), SSL_VERIFY_NONE, nullptr);
    return;
  }
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* const param = SSL_get0_param(ssl_.get());
  TACHO_CHECK((is_ip ? X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str())
                     : X509_VERIFY_PARAM_set1_host(param, name.data(), name.size())) == 1);
}

TlsSession::Step TlsSession::step_of(int result) {
  if (result > 0) return Step::done;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Step::wants_bytes;
    case SSL_ERROR_ZERO_RETURN: return Step::closed;
    default: break;
  }
  const long verified = SSL_get_verify_result(ssl_.get());
  reason_ = verified == X509_V_OK
                ? openssl_reason()
                : fmt::format("the server's certificate is not trusted: {}", X509_verify_cert_error_string(verified));
  ERR_clear_error();
  return Step::failed;
}

TlsSession::Step TlsSession::handshake() { return step_of(SSL_do_handshake(ssl_.get())); }

TlsSession::Step TlsSession::write(std::string_view bytes) {
  std::size_t written = 0;
  return step_of(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written));
}

TlsSession::Step TlsSession::read(char* into, std::size_t room, std::size_t& got) {
  return step_of(SSL_read_ex(ssl_.get(), into, room, &got));
}

std::string TlsSession::take() {
  BIO* const out = SSL_get_wbio(ssl_.get());
  std::string bytes(BIO_ctrl_pending(out), '\0');
  if (!bytes.empty()) TACHO_CHECK(BIO_read(out, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()));
  return bytes;
}

void TlsSession::give(std::string_view bytes) {
  TACHO_CHECK(BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size())) ==
              static_cast<int>(bytes.size()));
}

bool TlsSession::has_unread() const { return SSL_has_pending(ssl_.get()) == 1 || BIO_ctrl_pending(SSL_get_rbio(ssl_.get())) > 0; }

}  // namespace tacho
