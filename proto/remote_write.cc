#include "proto/remote_write.h"

#include "proto/remote_series.h"
#include "proto/snappy_message.h"

namespace tacho {
namespace {

// The specification's field numbers.
enum class RequestField : protozero::pbf_tag_type { timeseries = 1, metadata = 3 };
enum class MetadataField : protozero::pbf_tag_type { type = 1, family = 2, help = 4, unit = 5 };

WrittenSeries decode_series(protozero::pbf_message<SeriesField> m) {
  WrittenSeries series;
  std::vector<Label> labels;
  while (m.next()) {
    if (stands_at(m, SeriesField::labels, protozero::pbf_wire_type::length_delimited)) {
      labels.push_back(read_label(m.get_message()));
    } else if (stands_at(m, SeriesField::samples, protozero::pbf_wire_type::length_delimited)) {
      series.samples.push_back(read_sample(m.get_message()));
    } else {
      m.skip();
    }
  }
  series.labels = Labels(std::move(labels));
  return series;
}

}  // namespace

void WriteRequestBuilder::add(const Labels& labels, std::span<const Sample> samples) {
  protozero::pbf_builder<RequestField> request(message_);
  protozero::pbf_builder<SeriesField> series(request, RequestField::timeseries);
  write_labels(series, SeriesField::labels, labels);
  for (const Sample& s : samples) write_sample(series, s.t, s.v);
  ++series_;
  samples_ += samples.size();
}

void WriteRequestBuilder::add_metadata(std::string_view family, MetricType type, std::string_view help, std::string_view unit) {
  protozero::pbf_builder<RequestField> request(message_);
  protozero::pbf_builder<MetadataField> metadata(request, RequestField::metadata);
  if (const int t = wire_type(type); t != 0) metadata.add_enum(MetadataField::type, t);
  metadata.add_string(MetadataField::family, family.data(), family.size());
  if (!help.empty()) metadata.add_string(MetadataField::help, help.data(), help.size());
  if (!unit.empty()) metadata.add_string(MetadataField::unit, unit.data(), unit.size());
}

std::string WriteRequestBuilder::finish() {
  std::string body = pack_message(message_);
  message_.clear();
  series_ = samples_ = 0;
  return body;
}

Result<std::vector<WrittenSeries>> decode_write_request(std::string_view body) {
  const auto unpacked = unpack_message(body, "write request");
  if (!unpacked) return std::unexpected(unpacked.error());
  const std::string& message = *unpacked;
  std::vector<WrittenSeries> out;
  protozero::pbf_message<RequestField> request(message);
  std::size_t at = 0;
  try {
    for (;;) {
      at = message.size() - request.length();
      if (!request.next()) break;
      if (stands_at(request, RequestField::timeseries, protozero::pbf_wire_type::length_delimited)) {
        out.push_back(decode_series(request.get_message()));
      } else {
        request.skip();
      }
    }
  } catch (const protozero::exception& e) {
    return failure("the write request's message of {} bytes is broken in the field at byte {}: {}", message.size(), at, e.what());
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> remote_write_headers() {
  return {{"Content-Encoding", "snappy"},
          {"Content-Type", "application/x-protobuf"},
          {"User-Agent", "tacho/" TACHO_VERSION},
          {"X-Prometheus-Remote-Write-Version", "0.1.0"}};
}

}  // namespace tacho
