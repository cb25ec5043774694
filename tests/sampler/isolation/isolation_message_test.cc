// What the agent believes of what a child says.

#include "sampler/isolation/message.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "sampler/isolation/socket.h"
#include "store/block/schema_codec.h"

namespace tacho::sampler {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kCells = 5;

Bytes message(const AnswerHead& head, std::span<const std::byte> body = {}) {
  Bytes out(sizeof head + body.size());
  std::memcpy(out.data(), &head, sizeof head);
  if (!body.empty()) std::memcpy(out.data() + sizeof head, body.data(), body.size());
  return out;
}
Bytes row_message(const Question& question) {
  const std::vector<double> cells(kCells, 1.5);
  return message({.number = question.number, .count = kCells}, std::as_bytes(std::span(cells)));
}
Bytes text_message(const Question& question, std::string_view text, Answered answered = Answered::error) {
  return message({.answered = answered, .number = question.number, .count = static_cast<std::uint32_t>(text.size())},
                 std::as_bytes(std::span(text)));
}

const Question kSample{.asked = Asked::sample, .number = 17, .interval_ms = 1000};
const Question kDescribe{.asked = Asked::describe, .number = 18, .interval_ms = 1000};

Description described() {
  Description d;
  for (const char* device : {"a", "b"}) {
    d.series.push_back(
        {Labels::of("accel_power_watts", {{"uuid", "GPU-1"}, {"window", device}}), MetricType::gauge, store::Rollup::max});
    d.series.push_back({Labels::of("accel_busy_seconds_total", {{"window", device}}), MetricType::counter, store::Rollup::none});
  }
  d.identity = {{"uuid", "GPU-1"}, {"vendor", "nvidia"}};
  return d;
}

TEST_CASE("an answer that fits its question is taken") {
  const auto row = row_message(kSample);
  REQUIRE(read_answer(row, kSample, kCells));
  CHECK(read_answer(row, kSample, kCells)->body.size() == kCells * 8);
  CHECK(read_answer(text_message(kSample, "GPU is lost"), kSample, kCells)->text() == "GPU is lost");
  CHECK(read_answer(text_message(kDescribe, "no such card"), kDescribe, 0)->head.answered == Answered::error);
  CHECK(read_answer(message({.answered = Answered::layout_changed, .number = 17}), kSample, kCells));
  CHECK(read_answer(text_message(kSample, "nvmlInit_v2", Answered::crashed), kSample, kCells)->text() == "nvmlInit_v2");
}

TEST_CASE("an answer that does not fit says what is wrong with it") {
  const auto wrong = [](const Bytes& bytes, const Question& question, std::size_t cells = kCells) {
    const auto answer = read_answer(bytes, question, cells);
    return answer ? "taken" : answer.error().message;
  };
  CHECK(wrong({}, kSample) == "a message of 0 bytes, a head alone has 40");
  CHECK(wrong(row_message({.number = 16}), kSample) == "an answer to question 16, not to 17");
  CHECK(wrong(row_message(kSample), kSample, kCells + 1) == "a row of 5 cells in 40 bytes where 6 are described");
  CHECK(wrong(message({.number = 17, .count = kCells}), kSample) == "a row of 5 cells in 0 bytes where 5 are described");
  CHECK(wrong(message({.magic = 7, .number = 17}), kSample) == "a message that begins with 0x7, not with 0x6f686361");
  CHECK(wrong(message({.version = 2, .number = 17}), kSample) == "a message of version 2, not of 1");
  CHECK(wrong(message({.answered = Answered{9}, .number = 17}), kSample) == "an answer of kind 9 with 0 bytes");
  CHECK(wrong(message({.answered = Answered::layout_changed, .number = 18}), kDescribe) == "an answer of kind 2 with 0 bytes");
  CHECK(wrong(text_message(kSample, std::string(kMessageTextMax + 1, 'x')), kSample) == "a text of 1025 bytes in 1025 bytes");
  CHECK(wrong(Bytes(kMessageBytesMax + 1), kSample) == "an answer of more than 131072 bytes");
}

TEST_CASE("every beginning of an answer, and every question with a byte too few or too many, is refused") {
  for (const Bytes& whole : {row_message(kSample), text_message(kSample, "GPU is lost")}) {
    for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(read_answer(std::span(whole).first(n), kSample, kCells));
  }
  Bytes question(sizeof(Question) + 1);
  std::memcpy(question.data(), &kSample, sizeof kSample);
  for (std::size_t n = 0; n <= question.size(); ++n) {
    CHECK(read_question(std::span(question).first(n)).has_value() == (n == sizeof(Question)));
  }
}

TEST_CASE("a damaged answer is refused, or is one that fits") {
  std::mt19937_64 random(20261126);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = random() % 2 == 0 ? row_message(kSample) : text_message(kSample, "GPU is lost");
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 16));
    const auto answer = read_answer(bytes, kSample, kCells);
    refused += !answer;
    if (!answer) continue;
    REQUIRE(answer->head.number == kSample.number);
    REQUIRE(answer->body.size() <= bytes.size());
    if (answer->head.answered == Answered::ok) REQUIRE(answer->body.size() == kCells * 8);
  }
  CHECK(refused > 10'000);
}

TEST_CASE("a description comes back as it was, with the device's identity and without") {
  Description d = described();
  auto packed = pack_description(d);
  REQUIRE(packed);
  auto back = unpack_description(*packed, d.series.size());
  REQUIRE(back);
  CHECK(back->series == d.series);
  CHECK(back->identity == d.identity);
  d.identity.clear();
  packed = pack_description(d);
  back = unpack_description(*packed, d.series.size());
  REQUIRE(back);
  CHECK(back->series == d.series);
  CHECK(back->identity.empty());
}

TEST_CASE("a description that is none is refused") {
  const Description d = described();
  const Bytes packed = *pack_description(d);
  CHECK(unpack_description(packed, 7).error().message == "5 series where 7 are announced");
  CHECK_FALSE(unpack_description({}, 0));
  const auto pack = [](store::Schema series) { return store::pack_schema(*store::encode_schema("", 0, std::move(series))); };
  const store::SeriesInfo one = d.series[0];
  CHECK(unpack_description(pack({one, one}), 2).error().message ==
        "the series accel_power_watts{uuid=\"GPU-1\",window=\"a\"} twice");
  CHECK(unpack_description(pack({{Labels({{"uuid", "GPU-1"}}), MetricType::gauge, store::Rollup::none}}), 1).error().message ==
        "a series with no metric's name");
  // A library that wrote over its own process's memory.
  for (const auto& [name, value] :
       {std::pair<const char*, std::string>{"uu id", "x"}, {"uuid", "\xff\xfe"}, {"uuid", std::string(5000, 'x')}}) {
    store::SeriesInfo bent = one;
    bent.labels.set(name, value);
    CHECK(unpack_description(pack({bent}), 1).error().message == "a series of accel_power_watts with labels that are none");
  }
  std::mt19937_64 random(3);
  int refused = 0;
  for (int round = 0; round < 2'000; ++round) {
    Bytes damaged = packed;
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n) damaged[random() % damaged.size()] = static_cast<std::byte>(random());
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    refused += !unpack_description(damaged, d.series.size());
  }
  CHECK(refused > 500);
}

TEST_CASE("a description longer than a message is an error") {
  std::mt19937_64 random(5);
  Description d;
  for (int i = 0; i < 20'000; ++i)
    d.series.push_back(
        {Labels::of("accel_info", {{"uuid", fmt::format("{:x}", random())}}), MetricType::gauge, store::Rollup::none});
  const auto packed = pack_description(d);
  REQUIRE_FALSE(packed);
  CHECK(packed.error().message.starts_with("its 20000 series take "));
}

}  // namespace
}  // namespace tacho::sampler
