// What the agent and a child of its say to each other: a question, and the answer to it. One datagram each (SOCK_SEQPACKET).
//
//   question   describe or sample, its number, the interval that the source is sampled at
//   answer     the question's number, and one of
//                ok         of sample: the row's cells, as many as were described; of describe: the schema, packed as the ring has it
//                layout     sample: describe me anew
//                error      a text that says why there is no row
//                crashed    the child's last word, from the thread that was struck: the signal, and what it was doing
//
// Identity   who a device is (accel_state.h) goes behind its series, as one more of them: `count` is without it.
// Trust      a child can have anything in its memory: every answer is checked against what was asked, and none is longer than
//            kMessageBytesMax. Both sides are the same program, so numbers are as the machine has them.
// Threads    pure functions.   Errors   read_*(): what is wrong with the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"
#include "store/series.h"

namespace tacho::sampler {

inline constexpr std::uint32_t kMessageMagic = 0x6f686361;
inline constexpr std::uint16_t kMessageVersion = 1;
inline constexpr std::size_t kMessageBytesMax = 128u << 10;
inline constexpr std::size_t kMessageTextMax = 1024;

enum class Asked : std::uint8_t { describe = 1, sample = 2 };
enum class Answered : std::uint8_t { ok = 1, layout_changed = 2, error = 3, crashed = 4 };

struct Question {
  std::uint32_t magic = kMessageMagic;
  std::uint16_t version = kMessageVersion;
  Asked asked = Asked::sample;
  std::uint8_t unused = 0;
  std::uint64_t number = 0;
  std::int64_t interval_ms = 0;
};
static_assert(sizeof(Question) == 24);

struct AnswerHead {
  std::uint32_t magic = kMessageMagic;
  std::uint16_t version = kMessageVersion;
  Answered answered = Answered::ok;
  std::uint8_t unused = 0;
  std::uint64_t number = 0;
  std::uint64_t cpu_ns = 0;          // that the child has used
  std::uint64_t resident_bytes = 0;  // that it holds; 0: not known
  std::uint32_t count = 0;           // cells, series, or bytes of text
  std::int32_t signal = 0;           // crashed
};
static_assert(sizeof(AnswerHead) == 40);

// An answer that fits its question.
struct Answer {
  AnswerHead head;
  std::span<const std::byte> body;  // of the message

  std::string_view text() const { return {reinterpret_cast<const char*>(body.data()), body.size()}; }
};

Result<Question> read_question(std::span<const std::byte> message);
// `cells`: as many as the child has described last.
Result<Answer> read_answer(std::span<const std::byte> message, const Question& question, std::size_t cells);

struct Description {
  store::Schema series;
  std::vector<Label> identity;  // empty: the source's device has none
};

// The body of the answer. An error when it is longer than a message may be.
Result<std::vector<std::byte>> pack_description(const Description& description);
// `count`: of the head.
Result<Description> unpack_description(std::span<const std::byte> body, std::size_t count);

}  // namespace tacho::sampler
