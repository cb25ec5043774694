// Remote write 1.0 messages: protobuf prometheus.WriteRequest, snappy block format.
//
// Shape    a request is built series by series; labels are written sorted, each series' samples in time order.
// Units    TimeMs; values bit for bit (staleness markers included).
// Errors   decode(): where in the message it is broken. Encoding cannot fail.
// Source   Prometheus remote write 1.0 specification: WriteRequest{timeseries=1, metadata=3}, TimeSeries{labels=1,
// samples=2},
//          Label{name=1, value=2}, Sample{double value=1, int64 timestamp=2}, MetricMetadata{type=1,
//          metric_family_name=2, help=4, unit=5}.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "proto/base/sample.h"

namespace tacho {

class WriteRequestBuilder {
 public:
  void add(const Labels& labels, std::span<const Sample> samples);
  void add_metadata(std::string_view family, MetricType type, std::string_view help, std::string_view unit);
  std::size_t series_count() const { return series_; }
  std::size_t sample_count() const { return samples_; }
  std::size_t message_bytes() const { return message_.size(); }
  // The snappy-compressed body; the builder is empty afterwards.
  std::string finish();

 private:
  std::string message_;
  std::size_t series_ = 0;
  std::size_t samples_ = 0;
};

struct WrittenSeries {
  Labels labels;
  std::vector<Sample> samples;
};
// For tests and receivers: the inverse of finish().
Result<std::vector<WrittenSeries>> decode_write_request(std::string_view body);

// The headers that the specification demands, without authentication.
std::vector<std::pair<std::string, std::string>> remote_write_headers();

}  // namespace tacho
