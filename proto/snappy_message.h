// A protobuf message as remote write and remote read carry it: in snappy's block format.
//
// Errors   unpack_message(): not snappy, cut short, or one that would unpack to more than message_bytes_max; `what` begins the text.
#pragma once

#include <string>
#include <string_view>

#include "proto/base/error.h"
#include "proto/base/sample.h"

namespace tacho {

// A few bytes of snappy can stand for gigabytes.
inline constexpr std::size_t kMessageBytesMax = 256u << 20;

std::string pack_message(std::string_view message);
Result<std::string> unpack_message(std::string_view body, std::string_view what,
                                   std::size_t message_bytes_max = kMessageBytesMax);

// The number that both versions of remote write have for a type.
int wire_type(MetricType type);
MetricType type_of_wire(int number);

}  // namespace tacho
