#include "sampler/isolation/message.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "proto/base/utf8.h"
#include "store/block/schema_codec.h"

namespace tacho::sampler {
namespace {

// Any name: only the labels are of use.
constexpr std::string_view kIdentity = "accel_up";

template <class Head>
Result<Head> read_head(std::span<const std::byte> message) {
  Head head;
  if (message.size() < sizeof head) return failure("a message of {} bytes, a head alone has {}", message.size(), sizeof head);
  std::memcpy(&head, message.data(), sizeof head);
  if (head.magic != kMessageMagic) return failure("a message that begins with {:#x}, not with {:#x}", head.magic, kMessageMagic);
  if (head.version != kMessageVersion) return failure("a message of version {}, not of {}", head.version, kMessageVersion);
  return head;
}

}  // namespace

Result<Question> read_question(std::span<const std::byte> message) {
  auto question = read_head<Question>(message);
  if (!question) return question;
  if (message.size() != sizeof(Question)) return failure("a question of {} bytes, not of {}", message.size(), sizeof(Question));
  if (question->asked != Asked::describe && question->asked != Asked::sample)
    return failure("a question of kind {}", static_cast<int>(question->asked));
  return question;
}

Result<Answer> read_answer(std::span<const std::byte> message, const Question& question, std::size_t cells) {
  if (message.size() > kMessageBytesMax) return failure("an answer of more than {} bytes", kMessageBytesMax);
  const auto head = read_head<AnswerHead>(message);
  if (!head) return std::unexpected(head.error());
  const Answer answer{*head, message.subspan(sizeof(AnswerHead))};
  if (head->number != question.number) return failure("an answer to question {}, not to {}", head->number, question.number);
  switch (head->answered) {
    case Answered::ok:
      if (question.asked == Asked::describe) return answer;
      if (head->count != cells || answer.body.size() != cells * sizeof(std::uint64_t))
        return failure("a row of {} cells in {} bytes where {} are described", head->count, answer.body.size(), cells);
      return answer;
    case Answered::layout_changed:
      if (question.asked != Asked::sample || !answer.body.empty()) break;
      return answer;
    case Answered::error:
    case Answered::crashed:
      if (head->count != answer.body.size() || head->count > kMessageTextMax)
        return failure("a text of {} bytes in {} bytes", head->count, answer.body.size());
      return answer;
  }
  return failure("an answer of kind {} with {} bytes", static_cast<int>(head->answered), answer.body.size());
}

Result<std::vector<std::byte>> pack_description(const Description& description) {
  store::Schema all = description.series;
  if (!description.identity.empty()) {
    store::SeriesInfo who{Labels(description.identity), MetricType::gauge, store::Rollup::none};
    who.labels.set(kMetricName, kIdentity);
    all.push_back(std::move(who));
  }
  auto packed = store::pack_schema(*store::encode_schema("", 0, std::move(all)));
  if (packed.size() > kMessageBytesMax - sizeof(AnswerHead))
    return failure("its {} series take {} bytes to describe, there is room for {}", description.series.size(), packed.size(),
                   kMessageBytesMax - sizeof(AnswerHead));
  return packed;
}

Result<Description> unpack_description(std::span<const std::byte> body, std::size_t count) {
  const auto schema = store::unpack_schema(body);
  if (!schema) return std::unexpected(schema.error());
  Description out{.series = (*schema)->series, .identity = {}};
  if (out.series.size() == count + 1) {
    out.series.back().labels.erase(kMetricName);
    const auto pairs = out.series.back().labels.pairs();
    out.identity.assign(pairs.begin(), pairs.end());
    out.series.pop_back();
  }
  for (const Label& l : out.identity) {
    if (!is_classic_label_name(l.name) || l.value.size() > kMessageTextMax || !is_utf8(l.value))
      return failure("a device with labels that are none");
  }
  if (out.series.size() != count) return failure("{} series where {} are announced", out.series.size(), count);
  std::unordered_set<Labels, LabelsHash> seen;
  for (const store::SeriesInfo& info : out.series) {
    if (!is_classic_metric_name(info.labels.metric_name())) return failure("a series with no metric's name");
    const bool sound = std::all_of(info.labels.begin(), info.labels.end(), [](const Label& l) {
      return is_classic_label_name(l.name) && l.value.size() <= kMessageTextMax && is_utf8(l.value);
    });
    if (!sound) return failure("a series of {} with labels that are none", info.labels.metric_name());
    if (!seen.insert(info.labels).second) return failure("the series {} twice", info.labels.to_string());
  }
  return out;
}

}  // namespace tacho::sampler
