// One gRPC call over a unix socket: a message there, a message back.
//
// Shape    HTTP/2 by nghttp2, without TLS; each call is a connection of its own, so that a socket which its server made anew is the new
//          one. Messages are bytes: what is in them is the caller's.
// Errors   the socket (sys_errno: ENOENT, EACCES, ECONNREFUSED, ETIMEDOUT), an answer that is no gRPC, a message larger than bytes_max
//          (EMSGSIZE), and what the server says itself: its status and message. Each names the socket and the method.
// Threads  any; nothing is shared.   Cost  blocks the caller, never past the time-out.
// Source   RFC 9113; gRPC's PROTOCOL-HTTP2. Compressed messages are not asked for, and are an error.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace tacho {

// As the servers count them; only those that somebody here asks for.
enum class GrpcStatus : int { ok = 0, permission_denied = 7, resource_exhausted = 8, unimplemented = 12, unauthenticated = 16 };

struct GrpcError : Error {
  GrpcStatus status = GrpcStatus::ok;  // ok: it did not come to a status; any number that a server says
};

struct GrpcTarget {
  std::string socket;  // a path
  std::int64_t timeout_ms = 5000;
  std::size_t bytes_max = std::size_t{16} << 20;  // of the answer's message
};

// method: "/v1.PodResourcesLister/List".
std::expected<std::string, GrpcError> grpc_call(const GrpcTarget& target, const std::string& method, std::string_view message);

// "a%20b" is "a b": how grpc-message is written. What is no such escape stays as it is.
std::string decode_grpc_message(std::string_view text);
// "RESOURCE_EXHAUSTED"; a number that has no name, as "status 99".
std::string grpc_status_name(int status);

}  // namespace tacho
