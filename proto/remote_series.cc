#include "proto/remote_series.h"

#include <snappy.h>

#include <bit>

namespace tacho {

void write_sample(protozero::pbf_builder<SeriesField>& series, TimeMs t, double v) {
  protozero::pbf_builder<SampleField> sample(series, SeriesField::samples);
  // proto3 leaves zeros out; -0 is not one: its sign bit would be lost.
  if (std::bit_cast<std::uint64_t>(v) != 0) sample.add_double(SampleField::value, v);
  if (t != 0) sample.add_int64(SampleField::timestamp, t);
}

Label read_label(protozero::pbf_message<LabelField> m) {
  Label label;
  while (m.next()) {
    if (stands_at(m, LabelField::name, protozero::pbf_wire_type::length_delimited)) {
      label.name = m.get_string();
    } else if (stands_at(m, LabelField::value, protozero::pbf_wire_type::length_delimited)) {
      label.value = m.get_string();
    } else {
      m.skip();
    }
  }
  return label;
}

Sample read_sample(protozero::pbf_message<SampleField> m) {
  Sample sample;
  while (m.next()) {
    if (stands_at(m, SampleField::value, protozero::pbf_wire_type::fixed64)) {
      sample.v = m.get_double();
    } else if (stands_at(m, SampleField::timestamp, protozero::pbf_wire_type::varint)) {
      sample.t = m.get_int64();
    } else {
      m.skip();
    }
  }
  return sample;
}

std::string pack_snappy(std::string_view message) {
  std::string body;
  snappy::Compress(message.data(), message.size(), &body);
  return body;
}

Result<std::string> unpack_snappy(std::string_view body, std::size_t message_bytes_max, std::string_view what) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size))
    return failure("{} of {} bytes is not in snappy's block format", what, body.size());
  if (size > message_bytes_max) return failure("{} unpacks to {} bytes; {} are allowed", what, size, message_bytes_max);
  std::string message;
  if (!snappy::Uncompress(body.data(), body.size(), &message))
    return failure("{} of {} bytes is broken or cut short: snappy cannot unpack it", what, body.size());
  return message;
}

}  // namespace tacho
