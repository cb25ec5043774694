#include "proto/snappy_message.h"

#include <snappy.h>

namespace tacho {

std::string pack_message(std::string_view message) {
  std::string body;
  snappy::Compress(message.data(), message.size(), &body);
  return body;
}

Result<std::string> unpack_message(std::string_view body, std::string_view what, std::size_t message_bytes_max) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size))
    return failure("the {} of {} bytes is not in snappy's block format", what, body.size());
  if (size > message_bytes_max) return failure("the {} unpacks to {} bytes; {} are allowed", what, size, message_bytes_max);
  std::string message;
  if (!snappy::Uncompress(body.data(), body.size(), &message))
    return failure("the {} of {} bytes is broken or cut short: snappy cannot unpack it", what, body.size());
  return message;
}

int wire_type(MetricType type) {
  switch (type) {
    case MetricType::unknown: return 0;
    case MetricType::counter: return 1;
    case MetricType::gauge: return 2;
    case MetricType::histogram: return 3;
    case MetricType::summary: return 5;
    case MetricType::info: return 6;
    case MetricType::stateset: return 7;
  }
  return 0;
}

MetricType type_of_wire(int number) {
  for (const MetricType type : {MetricType::counter, MetricType::gauge, MetricType::histogram, MetricType::summary,
                                MetricType::info, MetricType::stateset}) {
    if (wire_type(type) == number) return type;
  }
  return MetricType::unknown;
}

}  // namespace tacho
