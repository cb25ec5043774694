// Remote read 0.1.0: what a Prometheus (or a Thanos sidecar) asks, and the two forms of answer.
//
// Shape    A request has queries; each is answered by series in order of labels. SamplesResponse: one protobuf message, snappy.
//          StreamedResponse: frames, each a varint of its length, the CRC-32C of its message (big-endian) and the message with
//          chunks of one series, cut after a mebibyte.
// Units    TimeMs, both ends in; values bit for bit (staleness markers included).
// Threads  one owner.
// Errors   decode_read_request(): where in the message it is broken, or what it asks that nobody answers. decode_samples_response(): what
//          is broken, or that it is larger than kMessageBytesMax. Encoding cannot fail.
// Source   prompb/remote.proto: ReadRequest{queries=1, accepted_response_types=2}, Query{start=1, end=2, matchers=3, hints=4},
//          LabelMatcher{type=1, name=2, value=3}, ReadResponse{results=1}, QueryResult{timeseries=1}, ChunkedReadResponse{series=1,
//          query_index=2}, ChunkedSeries{labels=1, chunks=2}, Chunk{min_time=1, max_time=2, encoding=3 (1: XOR), data=4}.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "proto/base/sample.h"

namespace tacho {

struct ReadMatcher {
  enum class Op : std::uint8_t { equal, not_equal, regex, not_regex };
  Op op = Op::equal;
  std::string label;
  std::string value;
};

// Hints (step, function, grouping) say what the asker will do with the samples; they are its business, all samples are given.
struct ReadQuery {
  TimeMs start = 0;
  TimeMs end = 0;
  std::vector<ReadMatcher> matchers;
};

enum class ReadResponseType : std::uint8_t { samples = 0, streamed_xor_chunks = 1 };

struct ReadRequest {
  std::vector<ReadQuery> queries;
  ReadResponseType response = ReadResponseType::samples;  // the first of those accepted that there is
};
Result<ReadRequest> decode_read_request(std::string_view body);
// What clients send.
std::string encode_read_request(const ReadRequest& request);

// A series of an answer: as many times as values, which the server should have in order of time; nobody has checked that.
struct ReadSeries {
  Labels labels;
  std::vector<TimeMs> times;
  std::vector<double> values;
};
// Of a SamplesResponse the first query's series; none where there is no query.
Result<std::vector<ReadSeries>> decode_samples_response(std::string_view body);

class SamplesResponse {
 public:
  static constexpr std::string_view kContentType = "application/x-protobuf";
  void begin_query();
  void add(const Labels& labels, std::span<const TimeMs> times, std::span<const double> values);
  std::size_t bytes() const { return message_.size() + result_.size(); }
  // The snappy-compressed body.
  std::string finish();

 private:
  std::string message_, result_;  // whole results; the one being made
  bool open_ = false;
};

class StreamedResponse {
 public:
  static constexpr std::string_view kContentType = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
  static constexpr std::size_t kFrameBytes = 1u << 20;  // as Prometheus's storage.remote.read-max-bytes-in-frame
  static constexpr std::size_t kChunkSamples = 120;     // as Prometheus's head cuts them

  void begin_query() { ++query_; }
  void add(const Labels& labels, std::span<const TimeMs> times, std::span<const double> values);
  std::size_t bytes() const { return body_.size(); }
  std::string finish() { return std::move(body_); }

 private:
  void add_frame(std::string_view message);
  std::string body_, message_, chunk_;
  std::int64_t query_ = -1;
};

}  // namespace tacho
