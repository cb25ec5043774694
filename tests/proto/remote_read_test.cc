#include "proto/remote_read.h"

#include <catch2/catch.hpp>

#include "proto/crc32c.h"
#include "proto/snappy_message.h"

using namespace tacho;

namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string error_of(std::string_view body) {
  const auto r = decode_read_request(body);
  return r ? "no error" : r.error().message;
}

}  // namespace

TEST_CASE("CRC-32C: the check value, and RFC 3720's") {
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c("") == 0);
}

TEST_CASE("remote read: a request is read as it was written") {
  ReadRequest r;
  r.queries.push_back(
      {-5, 1'700'000'000'000, {{ReadMatcher::Op::equal, "__name__", "up"}, {ReadMatcher::Op::not_regex, "job", "a|b"}}});
  r.queries.push_back({1, 2, {}});
  r.response = ReadResponseType::streamed_xor_chunks;
  const auto back = decode_read_request(encode_read_request(r));
  REQUIRE(back);
  REQUIRE(back->queries.size() == 2);
  CHECK(back->queries[0].start == -5);
  CHECK(back->queries[0].end == 1'700'000'000'000);
  REQUIRE(back->queries[0].matchers.size() == 2);
  CHECK(back->queries[0].matchers[1].op == ReadMatcher::Op::not_regex);
  CHECK(back->queries[0].matchers[1].label == "job");
  CHECK(back->queries[0].matchers[1].value == "a|b");
  CHECK(back->response == ReadResponseType::streamed_xor_chunks);
}

TEST_CASE("remote read: the first answer that is accepted and known is chosen") {
  const auto chosen = [](std::string_view message) { return decode_read_request(pack_message(message)).value().response; };
  CHECK(chosen("") == ReadResponseType::samples);
  CHECK(chosen(std::string("\x10\x00", 2)) == ReadResponseType::samples);
  CHECK(chosen("\x10\x01") == ReadResponseType::streamed_xor_chunks);
  CHECK(chosen(std::string("\x12\x02\x01\x00", 4)) == ReadResponseType::streamed_xor_chunks);  // packed
  CHECK(chosen(std::string("\x12\x02\x07\x00", 4)) == ReadResponseType::samples);
  CHECK(error_of(pack_message("\x10\x07")).find("none of the answers") != std::string::npos);
}

TEST_CASE("remote read: broken requests say where") {
  CHECK(error_of("\xff\xff\xff\xff\xff\xff").find("not in snappy's block format") != std::string::npos);
  CHECK(error_of(pack_message(std::string(2u << 20, 'a'))).find("1048576 are allowed") != std::string::npos);
  CHECK(error_of(pack_message("\x0a\x05\x08")).find("broken in the field at byte 0") != std::string::npos);
  CHECK(error_of(pack_message("\x0a\x04\x1a\x02\x08\x09")).find("broken in the field at byte 0") !=
        std::string::npos);  // matcher type 9
}

// What Debian's Prometheus 2.42 answers, to the byte.
TEST_CASE("remote read: frames are as Prometheus frames them") {
  StreamedResponse r;
  r.begin_query();
  const TimeMs times[] = {1'700'000'000'123, 1'700'000'001'123};
  const double values[] = {1, 2.5};
  r.add(Labels::of("x"), times, values);
  CHECK(hex(r.finish()) ==
        "3baa4590b4"  // 59 bytes, their CRC-32C
        "0a390a0d0a085f5f6e616d655f5f120178122808fbd095ffbc3110e3d895ffbc31180122160002f6a1abfef9623ff0000000000000e807c26fff4"
        "0");
}

TEST_CASE("remote read: long series go on in chunks of 120 and frames of a mebibyte, later queries say which they are") {
  StreamedResponse r;
  r.begin_query();
  r.begin_query();
  std::vector<TimeMs> times;
  std::vector<double> values;
  for (int i = 0; i < 400'000; ++i) {
    times.push_back(i * 1000);
    values.push_back(i * 0.1);
  }
  r.add(Labels::of("x"), times, values);
  const std::string body = r.finish();
  std::size_t frames = 0;
  for (std::string_view rest = body; !rest.empty(); ++frames) {
    std::uint64_t size = 0;
    std::size_t at = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(rest[at++]);
      size |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const std::string_view message = rest.substr(at + 4, size);
    REQUIRE(message.size() == size);
    CHECK(hex(rest.substr(at, 4)) == fmt::format("{:08x}", crc32c(message)));
    CHECK(size < StreamedResponse::kFrameBytes + 2048);
    CHECK(message.substr(message.size() - 2) == "\x10\x01");  // query_index 1
    rest.remove_prefix(at + 4 + size);
  }
  CHECK(frames > 1);
}

TEST_CASE("remote read: samples, field by field") {
  SamplesResponse r;
  r.begin_query();
  r.begin_query();
  const TimeMs times[] = {1};
  const double values[] = {1.5};
  r.add(Labels::of("x"), times, values);
  const auto message = unpack_message(r.finish(), "answer");
  REQUIRE(message);
  CHECK(hex(*message) == "0a000a1e0a1c0a0d0a085f5f6e616d655f5f120178120b09000000000000f83f1001");
}

TEST_CASE("remote read: an answer's samples come back bit for bit, a broken answer is an error") {
  SamplesResponse r;
  r.begin_query();
  const TimeMs times[] = {-1, 0, 1'795'439'412'000};
  const double values[] = {stale_marker(), -0.0, std::bit_cast<double>(0x7ff8'0000'dead'beefULL)};
  r.add(Labels::of("x", {{"a", "b"}}), times, values);
  r.add(Labels::of("y"), {times, 1}, {values + 2, 1});
  r.begin_query();
  r.add(Labels::of("of another query"), {times, 1}, {values, 1});
  const std::string body = r.finish();
  const auto read = decode_samples_response(body);
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK((*read)[0].labels == Labels::of("x", {{"a", "b"}}));
  CHECK((*read)[0].times == std::vector<TimeMs>(times, times + 3));
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(std::bit_cast<std::uint64_t>((*read)[0].values[i]) == std::bit_cast<std::uint64_t>(values[i]));
  CHECK((*read)[1].labels == Labels::of("y"));
  CHECK(decode_samples_response(pack_message(""))->empty());
  CHECK_FALSE(decode_samples_response("no snappy"));
  const std::string message = unpack_message(body, "answer").value();
  CHECK(decode_samples_response(pack_message(message.substr(0, message.size() / 2))).error().message.find("broken") !=
        std::string::npos);
}
