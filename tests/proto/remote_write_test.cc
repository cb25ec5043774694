#include "proto/remote_write.h"

#include <snappy.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>

using namespace tacho;

namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string message_of(WriteRequestBuilder& b) {
  const std::string body = b.finish();
  std::string message;
  REQUIRE(snappy::Uncompress(body.data(), body.size(), &message));
  return message;
}

std::string packed(std::string_view message) {
  std::string body;
  snappy::Compress(message.data(), message.size(), &body);
  return body;
}

std::string error_of(std::string_view body) {
  const auto r = decode_write_request(body);
  return r ? "no error" : r.error().message;
}

}  // namespace

TEST_CASE("remote write: the bytes of one request, field by field") {
  WriteRequestBuilder b;
  const Sample samples[] = {{1, 1.5}, {1795439412001, stale_marker()}};
  b.add(Labels::of("up", {{"job", "n"}}), samples);
  CHECK(b.series_count() == 1);
  CHECK(b.sample_count() == 2);
  CHECK(b.message_bytes() == 59);
  CHECK(hex(message_of(b)) ==
        "0a39"  // timeseries, 57 bytes
        "0a0e"
        "0a08"
        "5f5f6e616d655f5f"
        "1202"
        "7570"  // label __name__ = up
        "0a08"
        "0a03"
        "6a6f62"
        "1201"
        "6e"  // label job = n
        "120b"
        "09"
        "000000000000f83f"
        "10"
        "01"  // sample 1.5 at 1
        "1210"
        "09"
        "020000000000f07f"
        "10"
        "a1869dc4a034");  // the staleness marker at 1795439412001
  CHECK(b.series_count() == 0);
  CHECK(b.message_bytes() == 0);
}

TEST_CASE("remote write: metadata's bytes") {
  WriteRequestBuilder b;
  b.add_metadata("up", MetricType::summary, "h", "s");
  b.add_metadata("x", MetricType::unknown, "", "");
  CHECK(hex(message_of(b)) ==
        "1a0c"
        "0805"
        "12027570"
        "220168"
        "2a0173"
        "1a03"
        "120178");
}

TEST_CASE("remote write: values come back bit for bit") {
  const std::vector<double> values = {
      0.0,      -0.0,      stale_marker(), normal_nan(),           std::bit_cast<double>(0xfff8000000000123ull),
      HUGE_VAL, -HUGE_VAL, 5e-324,         1.7976931348623157e308, 0.1};
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < values.size(); ++i) samples.push_back({static_cast<TimeMs>(i) * 1000 - 2000, values[i]});
  samples.push_back({INT64_MAX, 1});
  samples.push_back({INT64_MIN, 2});
  WriteRequestBuilder b;
  b.add(Labels::of("m"), samples);
  const auto r = decode_write_request(b.finish());
  REQUIRE(r);
  REQUIRE(r->size() == 1);
  REQUIRE((*r)[0].samples.size() == samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    CHECK((*r)[0].samples[i].t == samples[i].t);
    CHECK(std::bit_cast<std::uint64_t>((*r)[0].samples[i].v) == std::bit_cast<std::uint64_t>(samples[i].v));
  }
}

TEST_CASE("remote write: many series, and the builder used again") {
  WriteRequestBuilder b;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5000; ++i) {
      const Sample s[] = {{1000 + i, i * 0.5}};
      b.add(Labels::of("metric", {{"zone", std::to_string(i % 7)}, {"Id", std::to_string(i)}, {"round", std::to_string(round)}}),
            s);
    }
    b.add_metadata("metric", MetricType::gauge, "help", "");
    const auto r = decode_write_request(b.finish());
    REQUIRE(r);
    REQUIRE(r->size() == 5000);
    CHECK((*r)[4999].labels == Labels::of("metric", {{"zone", "1"}, {"Id", "4999"}, {"round", std::to_string(round)}}));
    CHECK((*r)[4999].samples[0].v == 2499.5);
  }
}

TEST_CASE("remote write: labels go out sorted by bytes") {
  WriteRequestBuilder b;
  b.add(Labels::of("m", {{"z", "1"}, {"B", "2"}, {"a", "3"}}), {});
  const std::string m = message_of(b);
  CHECK(m.find("B") < m.find("__name__"));
  CHECK(m.find("__name__") < m.find("\x01"
                                    "a"));
  CHECK(m.find("\x01"
               "a") < m.find("\x01"
                             "z"));
}

TEST_CASE("remote write: fields that are not known are skipped") {
  // Field 9 in the request, a varint; then a series whose field 4 (a histogram) is skipped.
  const std::string m("\x48\x05\x0a\x0d\x0a\x06\x0a\x01\x61\x12\x01\x62\x22\x03\x08\x01\x10", 17);
  CHECK(decode_write_request(packed(m)).value().at(0).labels == Labels({{"a", "b"}}));
}

TEST_CASE("remote write: broken requests say where") {
  CHECK(error_of("") == "the write request of 0 bytes is not in snappy's block format");
  CHECK(error_of("\x7f nonsense").find("snappy cannot unpack it") != std::string::npos);
  CHECK(error_of("\xff\xff\xff\xff\x0f").find("unpacks to 4294967295 bytes") != std::string::npos);
  const std::string good("\x0a\x08\x0a\x06\x0a\x01\x61\x12\x01\x62", 10);
  CHECK(decode_write_request(packed(good)));
  CHECK(error_of(packed(good + "\x0a\x7f"))
            .starts_with("the write request's message of 12 bytes is broken in the field at byte 10: "));
  CHECK(decode_write_request(packed("")).value().empty());
  for (std::size_t n = 0; n < good.size(); ++n) (void)decode_write_request(packed(good.substr(0, n)));
}

TEST_CASE("remote write: the specification's headers") {
  const auto h = remote_write_headers();
  CHECK(h[0] == std::pair<std::string, std::string>{"Content-Encoding", "snappy"});
  CHECK(h[1] == std::pair<std::string, std::string>{"Content-Type", "application/x-protobuf"});
  CHECK(h[2].second.starts_with("tacho/"));
  CHECK(h[3] == std::pair<std::string, std::string>{"X-Prometheus-Remote-Write-Version", "0.1.0"});
}
