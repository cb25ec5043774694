// The client against a TLS server made of OpenSSL's own server side, with a certificate made here.
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>

#include "proto/http_client.h"
#include "raw_socket.h"

using namespace tacho;
using test::FakeServer;
using test::RawSocket;

namespace {

// A key and a certificate signed by itself, for localhost and 127.0.0.1, in two files that the destructor removes.
struct Identity {
  std::string cert_file, key_file;
  Identity() {
    char dir[] = "/tmp/tacho_tls_test.XXXXXX";
    REQUIRE(::mkdtemp(dir));
    folder = dir;
    cert_file = folder + "/cert.pem";
    key_file = folder + "/key.pem";
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME* name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("tacho test"), -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(cert, key, EVP_sha256());
    std::FILE* f = std::fopen(cert_file.c_str(), "w");
    PEM_write_X509(f, cert);
    std::fclose(f);
    f = std::fopen(key_file.c_str(), "w");
    PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
  }
  ~Identity() {
    std::remove(cert_file.c_str());
    std::remove(key_file.c_str());
    ::rmdir(folder.c_str());
  }
  std::string folder;
};

// Answers each connection's requests over TLS with a body of `bytes`; the answer's first line has the name that was
// asked for.
class TlsServer {
 public:
  TlsServer(const Identity& id, std::size_t bytes, int newest = 0, bool wants_client = false)
      : context_(SSL_CTX_new(TLS_server_method())), server_([this, bytes](RawSocket& s, int) { serve(s, bytes); }) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to the socket without MSG_NOSIGNAL
    REQUIRE(SSL_CTX_use_certificate_chain_file(context_, id.cert_file.c_str()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context_, id.key_file.c_str(), SSL_FILETYPE_PEM) == 1);
    if (newest) {
      SSL_CTX_set_min_proto_version(context_, 0);
      SSL_CTX_set_max_proto_version(context_, newest);
      SSL_CTX_set_security_level(context_, 0);
    }
    if (wants_client) {
      SSL_CTX_load_verify_locations(context_, id.cert_file.c_str(), nullptr);
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
  }
  ~TlsServer() { SSL_CTX_free(context_); }
  TlsServer(const TlsServer&) = delete;
  int port() const { return server_.port(); }

 private:
  void serve(RawSocket& s, std::size_t bytes) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, s.fd());
    if (SSL_accept(ssl) == 1) {
      char request[4096];
      while (SSL_read(ssl, request, sizeof request) > 0) {
        const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        const std::string body = std::string(name ? name : "-") + "\n" + std::string(bytes, 'x');
        const std::string answer = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
        if (SSL_write(ssl, answer.data(), static_cast<int>(answer.size())) <= 0) break;
      }
      SSL_shutdown(ssl);
    }
    SSL_free(ssl);
  }
  SSL_CTX* context_;
  FakeServer server_;
};

std::string get(const TlsServer& s, const TlsOptions& options, const std::string& host = "localhost") {
  HttpClient c(parse_url(fmt::format("https://{}:{}/", host, s.port())).value(), options);
  std::string last;
  for (int i = 0; i < 2; ++i) {  // the second on the kept connection
    const auto r = c.send("GET", "", {}, "", 5000);
    last = r ? r->body : r.error().message;
  }
  return last;
}

}  // namespace

TEST_CASE("TLS: a trusted server is talked to, by name with the name indicated, by address without") {
  const Identity id;
  const TlsServer s(id, 200'000);
  CHECK(get(s, {.ca_file = id.cert_file}) == "localhost\n" + std::string(200'000, 'x'));
  CHECK(get(s, {.ca_file = id.cert_file}, "127.0.0.1") == "-\n" + std::string(200'000, 'x'));
  CHECK(get(s, {.ca_file = id.cert_file, .server_name = "localhost"}, "127.0.0.1").starts_with("localhost\n"));
  CHECK(get(s, {.insecure_skip_verify = true}).starts_with("localhost\n"));
}

TEST_CASE("TLS: a server that is not trusted, or is another one, is refused") {
  const Identity id;
  const TlsServer s(id, 10);
  CHECK(get(s, {}).find("the TLS handshake failed: the server's certificate is not trusted: self-signed certificate") !=
        std::string::npos);
  CHECK(get(s, {.ca_file = id.cert_file, .server_name = "example.org"}).find("not trusted: hostname mismatch") !=
        std::string::npos);
}

TEST_CASE("TLS: versions before 1.2 are refused") {
  const Identity id;
  const TlsServer old(id, 10, TLS1_1_VERSION);
  CHECK(get(old, {.ca_file = id.cert_file}).find("the TLS handshake failed") != std::string::npos);
  const TlsServer good(id, 10, TLS1_2_VERSION);
  CHECK(get(good, {.ca_file = id.cert_file}).starts_with("localhost\n"));
}

TEST_CASE("TLS: a client certificate, where the server wants one") {
  const Identity id;
  const TlsServer s(id, 10, 0, true);
  CHECK(get(s, {.ca_file = id.cert_file, .cert_file = id.cert_file, .key_file = id.key_file}).starts_with("localhost\n"));
  CHECK_FALSE(get(s, {.ca_file = id.cert_file}).starts_with("localhost\n"));
}

TEST_CASE("TLS: files that cannot be used are named") {
  const Identity id;
  const TlsServer s(id, 10);
  CHECK(get(s, {.ca_file = "/nonexistent.pem"}).find("cannot use the CA file /nonexistent.pem: ") != std::string::npos);
  CHECK(get(s, {.ca_file = id.cert_file, .cert_file = id.key_file, .key_file = id.key_file})
            .find("cannot use the certificate file ") != std::string::npos);
  CHECK(get(s, {.ca_file = id.cert_file, .cert_file = id.cert_file}).find("a client certificate needs both") !=
        std::string::npos);
}

TEST_CASE("TLS: a server that speaks no TLS, or stops in the handshake, is an error in time") {
  const FakeServer plain([](RawSocket& s, int) {
    (void)s.receive("\x01");
    s.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  HttpClient c(parse_url(fmt::format("https://127.0.0.1:{}/", plain.port())).value());
  CHECK(c.send("GET", "", {}, "", 5000).error().message.find("the TLS handshake failed") != std::string::npos);
  const FakeServer silent([](RawSocket& s, int) { (void)s.receive(); });
  HttpClient d(parse_url(fmt::format("https://127.0.0.1:{}/", silent.port())).value());
  CHECK(d.send("GET", "", {}, "", 200).error().message.find("timed out") != std::string::npos);
}
