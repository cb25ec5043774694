// Remote write 2.0 messages: protobuf io.prometheus.write.v2.Request, snappy block format. Every text stands in the request once.
//
// Shape    a request is built series by series; labels are written sorted, each series' samples in time order.
// Units    TimeMs; values bit for bit (staleness markers included). start: when a counter began to count from 0, at 0 unknown.
// Errors   decode(): where in the message it is broken. Encoding cannot fail.
// Source   Prometheus remote write 2.0 specification (2.0-rc.4): Request{symbols=4, timeseries=5}, symbols[0] is ""; TimeSeries{
//          labels_refs=1 packed, samples=2, metadata=5}, Sample{double value=1, int64 timestamp=2, int64 start_timestamp=3},
//          Metadata{type=1, help_ref=3, unit_ref=4}.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "proto/base/sample.h"
#include "proto/http.h"

namespace tacho {

class WriteRequestV2Builder {
 public:
  struct About {
    MetricType type = MetricType::unknown;
    std::string_view help = {};
    std::string_view unit = {};
  };

  WriteRequestV2Builder() { clear(); }

  // `start` goes with each of the samples.
  void add(const Labels& labels, std::span<const Sample> samples, const About& about, TimeMs start = 0);
  std::size_t series_count() const { return series_; }
  std::size_t sample_count() const { return samples_; }
  // The snappy-compressed body; the builder is empty afterwards.
  std::string finish();

 private:
  void clear();
  std::uint32_t symbol(std::string_view text);

  std::string symbols_;  // the message's first part
  std::string timeseries_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::uint32_t> refs_;
  std::size_t series_ = 0;
  std::size_t samples_ = 0;
};

struct WrittenSeriesV2 {
  Labels labels;
  MetricType type = MetricType::unknown;
  std::string help;
  std::string unit;
  std::vector<Sample> samples;
  std::vector<TimeMs> starts;  // of samples
};
// For tests and receivers: the inverse of finish().
Result<std::vector<WrittenSeriesV2>> decode_write_request_v2(std::string_view body);

// The headers that the specification demands, without authentication.
std::vector<std::pair<std::string, std::string>> remote_write_v2_headers();

// How many samples the receiver says it has written. nullopt: it says nothing at all, neither of samples nor of anything else, and so is
// none that knows this version: what it answered 2xx to was lost.
std::optional<std::uint64_t> samples_written(const HttpResponse& answer);

}  // namespace tacho
