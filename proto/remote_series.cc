#include "proto/remote_series.h"

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

}  // namespace tacho
