// What remote write 1.0 and remote read have in common: series as protobuf's TimeSeries.
//
// Units    TimeMs; values bit for bit (staleness markers included).
// Threads  any.
// Errors   read_label() and read_sample() throw protozero's exceptions.
// Source   prompb: TimeSeries{labels=1, samples=2}, Label{name=1, value=2}, Sample{double value=1, int64 timestamp=2}.
#pragma once

#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_message.hpp>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/labels.h"
#include "proto/base/sample.h"

namespace tacho {

enum class SeriesField : protozero::pbf_tag_type { labels = 1, samples = 2 };
enum class LabelField : protozero::pbf_tag_type { name = 1, value = 2 };
enum class SampleField : protozero::pbf_tag_type { value = 1, timestamp = 2 };

// Whether the message stands at this field in this form; what a sender writes otherwise is skipped like an unknown field.
template <class Field>
bool stands_at(const protozero::pbf_message<Field>& m, Field field, protozero::pbf_wire_type type) {
  return m.tag_and_type() == protozero::tag_and_type(field, type);
}

template <class Field>
void write_labels(protozero::pbf_builder<Field>& to, Field field, const Labels& labels) {
  for (const Label& l : labels) {
    protozero::pbf_builder<LabelField> label(to, field);
    label.add_string(LabelField::name, l.name);
    label.add_string(LabelField::value, l.value);
  }
}
void write_sample(protozero::pbf_builder<SeriesField>& series, TimeMs t, double v);

Label read_label(protozero::pbf_message<LabelField> m);
Sample read_sample(protozero::pbf_message<SampleField> m);

}  // namespace tacho
