#include "proto/remote_write_v2.h"

#include <bit>
#include <catch2/catch.hpp>
#include <random>

#include "proto/snappy_message.h"

using namespace tacho;

namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string error_of(std::string_view message) {
  const auto r = decode_write_request_v2(pack_message(message));
  return r ? "no error" : r.error().message;
}

}  // namespace

TEST_CASE("remote write 2: the bytes of one request, field by field") {
  WriteRequestV2Builder b;
  const Sample samples[] = {{1, 1.5}, {1795439412001, stale_marker()}};
  b.add(Labels::of("up", {{"job", "up"}}), samples, {MetricType::counter, "h", ""}, 7);
  CHECK(b.series_count() == 1);
  CHECK(b.sample_count() == 2);
  CHECK(hex(unpack_message(b.finish(), "").value()) ==
        "2200"                                      // symbol 0, the empty text
        "22085f5f6e616d655f5f"                      // 1, __name__
        "22027570"                                  // 2, up
        "22036a6f62"                                // 3, job
        "220168"                                    // 4, h
        "2a2f"                                      // a series of 47 bytes
        "0a0401020302"                              // its labels: 1=2, 3=2
        "120d09000000000000f83f10011807"            // 1.5 at 1, counted since 7
        "121209020000000000f07f10a1869dc4a0341807"  // the staleness marker
        "2a0408011804");                            // counter, help is symbol 4
  CHECK(b.series_count() == 0);
  // Nothing of it is left in the next one.
  b.add(Labels::of("x"), {}, {});
  CHECK(hex(unpack_message(b.finish(), "").value()) == "220022085f5f6e616d655f5f2201782a040a020102");
}

TEST_CASE("remote write 2: what is built is what is read, bit for bit, and each text stands in it once") {
  std::mt19937_64 random(7);
  const auto text = [&](int kinds) { return fmt::format("t{}", random() % static_cast<unsigned>(kinds)); };
  for (int round = 0; round < 50; ++round) {
    WriteRequestV2Builder b;
    std::vector<WrittenSeriesV2> written;
    for (std::size_t i = 0; i < random() % 30; ++i) {
      WrittenSeriesV2 s;
      s.labels.set(kMetricName, text(5));
      for (std::size_t k = 0; k < random() % 6; ++k) s.labels.set("l" + text(9), text(20));
      s.type = type_of_wire(static_cast<int>(random() % 8));
      s.help = random() % 2 ? text(3) : "";
      s.unit = random() % 2 ? text(3) : "";
      const TimeMs start = random() % 2 ? static_cast<TimeMs>(random() % 1000000) : 0;
      for (std::size_t k = 0; k < 1 + random() % 3; ++k) {
        s.samples.push_back({static_cast<TimeMs>(random() >> 20), std::bit_cast<double>(random() % 5 ? random() : 0)});
        s.starts.push_back(start);
      }
      b.add(s.labels, s.samples, {s.type, s.help, s.unit}, start);
      written.push_back(s);
    }
    const std::string body = b.finish();
    const auto read = decode_write_request_v2(body).value();
    REQUIRE(read.size() == written.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      CHECK(read[i].labels == written[i].labels);
      CHECK(read[i].type == written[i].type);
      CHECK(read[i].help == written[i].help);
      CHECK(read[i].unit == written[i].unit);
      CHECK(read[i].starts == written[i].starts);
      REQUIRE(read[i].samples.size() == written[i].samples.size());
      for (std::size_t k = 0; k < read[i].samples.size(); ++k) {
        CHECK(read[i].samples[k].t == written[i].samples[k].t);
        CHECK(std::bit_cast<std::uint64_t>(read[i].samples[k].v) == std::bit_cast<std::uint64_t>(written[i].samples[k].v));
      }
    }
    const std::string message = unpack_message(body, "").value();
    const std::string name = "__name__";
    const std::size_t first = message.find(name);
    if (first != std::string::npos) CHECK(message.find(name, first + 1) == std::string::npos);
  }
}

TEST_CASE("remote write 2: a broken message is an error that says where, and no byte of it a crash") {
  CHECK(error_of("") == "the write request's first symbol is not the empty text, as version 2 has it");
  CHECK(error_of(std::string("\x22\x00\x2a\x03\x0a\x01\x01", 7)) ==
        "series 0 of the write request has 1 label references: names and values come in pairs");
  CHECK(error_of(std::string("\x22\x00\x2a\x04\x0a\x02\x00\x09", 8)) ==
        "series 0 of the write request refers to symbol 9, there are 1");
  CHECK(error_of(std::string("\x22\x00\x2a\x04\x2a\x02\x18\x05", 8)) ==
        "the metadata of series 0 of the write request refers to symbol 5, there are 1");
  WriteRequestV2Builder b;
  const Sample sample{1, 2};
  b.add(Labels::of("up", {{"job", "n"}}), {&sample, 1}, {MetricType::gauge, "help", "unit"});
  const std::string whole = unpack_message(b.finish(), "").value();
  for (std::size_t n = 1; n < whole.size(); ++n) {
    const std::string error = error_of(whole.substr(0, n));
    CHECK((error == "no error" || error.find("is broken in the field at byte") != std::string::npos));
  }
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string bent = whole;
    for (int k = 0; k < 3; ++k) bent[random() % bent.size()] = static_cast<char>(random());
    (void)decode_write_request_v2(pack_message(bent));
  }
  CHECK(decode_write_request_v2("").error().message.find("is not in snappy's block format") != std::string::npos);
}

TEST_CASE("remote write 2: a receiver that counts nothing of what it wrote does not know this version") {
  HttpResponse answer{.status = 204};
  CHECK_FALSE(samples_written(answer));
  answer.headers = {{"x-prometheus-remote-write-samples-written", "12"}};
  CHECK(samples_written(answer) == 12u);
  answer.headers = {{"X-Prometheus-Remote-Write-Histograms-Written", "0"}};
  CHECK(samples_written(answer) == 0u);
  answer.headers = {{"X-Prometheus-Remote-Write-Samples-Written", "many"}};
  CHECK_FALSE(samples_written(answer));
}
