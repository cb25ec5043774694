#include "proto/remote_read.h"

#include <algorithm>
#include <optional>

#include "proto/crc32c.h"
#include "proto/remote_series.h"
#include "proto/snappy_message.h"
#include "proto/xor_chunk.h"

namespace tacho {
namespace {

using protozero::pbf_builder;
using protozero::pbf_message;
using protozero::pbf_wire_type;

enum class RequestField : protozero::pbf_tag_type { queries = 1, accepted = 2 };
enum class QueryField : protozero::pbf_tag_type { start = 1, end = 2, matchers = 3 };
enum class MatcherField : protozero::pbf_tag_type { type = 1, name = 2, value = 3 };
enum class ResponseField : protozero::pbf_tag_type { results = 1 };
enum class ResultField : protozero::pbf_tag_type { timeseries = 1 };
enum class ChunkedResponseField : protozero::pbf_tag_type { series = 1, query_index = 2 };
enum class ChunkedSeriesField : protozero::pbf_tag_type { labels = 1, chunks = 2 };
enum class ChunkField : protozero::pbf_tag_type { min_time = 1, max_time = 2, encoding = 3, data = 4 };

constexpr int kXorEncoding = 1;
// Of a request: a few bytes of snappy can stand for gigabytes.
constexpr std::size_t kRequestBytesMax = 1u << 20;

ReadMatcher decode_matcher(pbf_message<MatcherField> m) {
  ReadMatcher out;
  while (m.next()) {
    if (stands_at(m, MatcherField::type, pbf_wire_type::varint)) {
      const std::int32_t type = m.get_enum();
      if (type < 0 || type > static_cast<std::int32_t>(ReadMatcher::Op::not_regex)) throw protozero::invalid_tag_exception();
      out.op = static_cast<ReadMatcher::Op>(type);
    } else if (stands_at(m, MatcherField::name, pbf_wire_type::length_delimited)) {
      out.label = m.get_string();
    } else if (stands_at(m, MatcherField::value, pbf_wire_type::length_delimited)) {
      out.value = m.get_string();
    } else {
      m.skip();
    }
  }
  return out;
}

ReadQuery decode_query(pbf_message<QueryField> m) {
  ReadQuery out;
  while (m.next()) {
    if (stands_at(m, QueryField::start, pbf_wire_type::varint)) {
      out.start = m.get_int64();
    } else if (stands_at(m, QueryField::end, pbf_wire_type::varint)) {
      out.end = m.get_int64();
    } else if (stands_at(m, QueryField::matchers, pbf_wire_type::length_delimited)) {
      out.matchers.push_back(decode_matcher(m.get_message()));
    } else {
      m.skip();
    }
  }
  return out;
}

// The types that the asker takes, in its order; one by one or packed.
void decode_accepted(pbf_message<RequestField>& m, std::vector<std::int32_t>& out) {
  if (stands_at(m, RequestField::accepted, pbf_wire_type::varint)) {
    out.push_back(m.get_enum());
    return;
  }
  for (const std::int32_t type : m.get_packed_enum()) out.push_back(type);
}

// Who names none is from before there was a choice.
std::optional<ReadResponseType> choose_response(const std::vector<std::int32_t>& accepted) {
  if (accepted.empty()) return ReadResponseType::samples;
  for (const std::int32_t type : accepted) {
    if (type == 0) return ReadResponseType::samples;
    if (type == 1) return ReadResponseType::streamed_xor_chunks;
  }
  return std::nullopt;
}

}  // namespace

Result<ReadRequest> decode_read_request(std::string_view body) {
  const auto message = unpack_message(body, "read request", kRequestBytesMax);
  if (!message) return std::unexpected(message.error());
  ReadRequest out;
  std::vector<std::int32_t> accepted;
  pbf_message<RequestField> request(*message);
  std::size_t at = 0;
  try {
    for (;;) {
      at = message->size() - request.length();
      if (!request.next()) break;
      if (stands_at(request, RequestField::queries, pbf_wire_type::length_delimited)) {
        out.queries.push_back(decode_query(request.get_message()));
      } else if (request.tag() == RequestField::accepted) {
        decode_accepted(request, accepted);
      } else {
        request.skip();
      }
    }
  } catch (const protozero::exception& e) {
    return failure("the read request's message of {} bytes is broken in the field at byte {}: {}", message->size(), at, e.what());
  }
  const auto response = choose_response(accepted);
  if (!response) return failure("the read request takes none of the answers there are: SAMPLES (0) and STREAMED_XOR_CHUNKS (1)");
  out.response = *response;
  return out;
}

std::string encode_read_request(const ReadRequest& request) {
  std::string message;
  pbf_builder<RequestField> to(message);
  for (const ReadQuery& q : request.queries) {
    pbf_builder<QueryField> query(to, RequestField::queries);
    query.add_int64(QueryField::start, q.start);
    query.add_int64(QueryField::end, q.end);
    for (const ReadMatcher& m : q.matchers) {
      pbf_builder<MatcherField> matcher(query, QueryField::matchers);
      matcher.add_enum(MatcherField::type, static_cast<std::int32_t>(m.op));
      matcher.add_string(MatcherField::name, m.label);
      matcher.add_string(MatcherField::value, m.value);
    }
  }
  to.add_enum(RequestField::accepted, static_cast<std::int32_t>(request.response));
  return pack_message(message);
}

namespace {

ReadSeries decode_series(pbf_message<SeriesField> m) {
  ReadSeries out;
  std::vector<Label> labels;
  while (m.next()) {
    if (stands_at(m, SeriesField::labels, pbf_wire_type::length_delimited)) {
      labels.push_back(read_label(m.get_message()));
    } else if (stands_at(m, SeriesField::samples, pbf_wire_type::length_delimited)) {
      const Sample s = read_sample(m.get_message());
      out.times.push_back(s.t);
      out.values.push_back(s.v);
    } else {
      m.skip();
    }
  }
  out.labels = Labels(std::move(labels));
  return out;
}

}  // namespace

Result<std::vector<ReadSeries>> decode_samples_response(std::string_view body) {
  const auto message = unpack_message(body, "read response");
  if (!message) return std::unexpected(message.error());
  std::vector<ReadSeries> out;
  try {
    pbf_message<ResponseField> response(*message);
    while (response.next()) {
      if (!stands_at(response, ResponseField::results, pbf_wire_type::length_delimited)) {
        response.skip();
        continue;
      }
      pbf_message<ResultField> result(response.get_message());
      while (result.next()) {
        if (stands_at(result, ResultField::timeseries, pbf_wire_type::length_delimited)) {
          out.push_back(decode_series(result.get_message()));
        } else {
          result.skip();
        }
      }
      break;
    }
  } catch (const protozero::exception& e) {
    return failure("the read response's message of {} bytes is broken: {}", message->size(), e.what());
  }
  return out;
}

void SamplesResponse::begin_query() {
  if (open_) pbf_builder<ResponseField>(message_).add_message(ResponseField::results, result_);
  result_.clear();
  open_ = true;
}

void SamplesResponse::add(const Labels& labels, std::span<const TimeMs> times, std::span<const double> values) {
  pbf_builder<ResultField> result(result_);
  pbf_builder<SeriesField> series(result, ResultField::timeseries);
  write_labels(series, SeriesField::labels, labels);
  for (std::size_t i = 0; i < times.size(); ++i) write_sample(series, times[i], values[i]);
}

std::string SamplesResponse::finish() {
  begin_query();
  open_ = false;
  std::string body = pack_message(message_);
  message_.clear();
  return body;
}

void StreamedResponse::add(const Labels& labels, std::span<const TimeMs> times, std::span<const double> values) {
  for (std::size_t i = 0; i < times.size();) {
    message_.clear();
    pbf_builder<ChunkedResponseField> response(message_);
    {
      pbf_builder<ChunkedSeriesField> series(response, ChunkedResponseField::series);
      write_labels(series, ChunkedSeriesField::labels, labels);
      while (i < times.size() && message_.size() < kFrameBytes) {
        const std::size_t n = std::min(kChunkSamples, times.size() - i);
        chunk_.clear();
        append_xor_chunk(chunk_, times.subspan(i, n), values.subspan(i, n));
        pbf_builder<ChunkField> chunk(series, ChunkedSeriesField::chunks);
        chunk.add_int64(ChunkField::min_time, times[i]);
        chunk.add_int64(ChunkField::max_time, times[i + n - 1]);
        chunk.add_enum(ChunkField::encoding, kXorEncoding);
        chunk.add_bytes(ChunkField::data, chunk_);
        i += n;
      }
    }
    if (query_ != 0) response.add_int64(ChunkedResponseField::query_index, query_);
    add_frame(message_);
  }
}

void StreamedResponse::add_frame(std::string_view message) {
  std::uint64_t length = message.size();
  for (; length >= 0x80; length >>= 7) body_ += static_cast<char>((length & 0x7f) | 0x80);
  body_ += static_cast<char>(length);
  const std::uint32_t crc = crc32c(message);
  for (int shift = 24; shift >= 0; shift -= 8) body_ += static_cast<char>(crc >> shift & 0xff);
  body_ += message;
}

}  // namespace tacho
