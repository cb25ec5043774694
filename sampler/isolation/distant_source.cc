#include "sampler/isolation/distant_source.h"

#include <string.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace tacho::sampler {
namespace {

// "struck by SIGSEGV in nvmlDeviceGetPowerUsage of nvidia3, asked for a row"
std::string struck(const Answer& answer, std::string_view source, Asked asked) {
  const int signal = answer.head.signal;
  const char* name = ::sigabbrev_np(signal);
  return fmt::format("struck by SIG{} in {}{}{}, which was asked {}", name ? name : std::to_string(signal), answer.text(),
                     answer.body.empty() ? "" : " of ", source, asked == Asked::sample ? "for a row" : "what there is");
}

}  // namespace

DistantSource::DistantSource(std::shared_ptr<const Source> source, std::shared_ptr<AccelState> state,
                             std::shared_ptr<Child> child, std::size_t place, const Clock& clock)
    : source_(std::move(source)), state_(std::move(state)), child_(std::move(child)), place_(place), clock_(clock) {}

Result<Answer> DistantSource::exchange(const Child::Link& link, const Question& question) {
  const std::size_t size = link.socket->receive(answer_);
  if (size == 0) return std::unexpected(child_->lost(link.life, ""));
  if (size > answer_.size())
    return std::unexpected(child_->lost(link.life, fmt::format("and gave {} an answer of {} bytes", name(), size)));
  auto answer = read_answer(std::span(answer_).first(size), question, cells_);
  if (!answer) return std::unexpected(child_->lost(link.life, fmt::format("and gave {} {}", name(), answer.error())));
  if (answer->head.answered == Answered::crashed)
    return std::unexpected(child_->lost(link.life, struck(*answer, name(), question.asked)));
  child_->used(answer->head);
  if (answer->head.answered == Answered::error) return std::unexpected(Error{std::string(answer->text())});
  return answer;
}

Result<Answer> DistantSource::ask(Asked asked, std::uint64_t& life) {
  const Question question{.asked = asked, .number = ++number_, .interval_ms = interval_ms_};
  Error error;
  // What has died since the last question has not read this one: the next is asked.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto link = child_->link(place_);
    if (!link) return std::unexpected(link.error());
    life = link->life;
    // It knows nothing of what was described.
    if (asked == Asked::sample && life != described_life_)
      return Answer{.head = {.answered = Answered::layout_changed}, .body = {}};
    if (link->socket->send(bytes_of(question))) return exchange(*link, question);
    error = child_->lost(life, "");
  }
  return std::unexpected(error);
}

Result<void> DistantSource::describe(store::Schema& schema) {
  described_life_ = 0;
  answer_.resize(kMessageBytesMax);
  std::uint64_t life = 0;
  const auto answer = ask(Asked::describe, life);
  if (!answer) {
    answer_ = {};  // a device may be away for long
    if (state_) state_->ended(clock_.mono(), false);
    return std::unexpected(answer.error());
  }
  auto description = unpack_description(answer->body, answer->head.count);
  if (!description)
    return std::unexpected(child_->lost(life, fmt::format("and described {} by {}", name(), description.error())));
  described_life_ = life;
  cells_ = description->series.size();
  // A row, or a text that says why there is none.
  answer_.resize(sizeof(AnswerHead) + std::max(cells_ * sizeof(std::uint64_t), kMessageTextMax));
  answer_.shrink_to_fit();
  if (state_ && !description->identity.empty()) state_->described(description->identity);
  schema.insert(schema.end(), std::make_move_iterator(description->series.begin()),
                std::make_move_iterator(description->series.end()));
  return {};
}

Result<Sampled> DistantSource::read(Row& row) {
  if (described_life_ == 0) return Sampled::layout_changed;
  std::uint64_t life = 0;
  const auto answer = ask(Asked::sample, life);
  if (!answer) return std::unexpected(answer.error());
  if (answer->head.answered == Answered::layout_changed) return Sampled::layout_changed;
  for (std::size_t c = 0; c < cells_; ++c) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, answer->body.data() + c * sizeof bits, sizeof bits);
    if (bits != kAbsentBits) row.set(c, std::bit_cast<double>(bits));
  }
  return Sampled::ok;
}

Result<Sampled> DistantSource::sample(Row& row) {
  auto sampled = read(row);
  if (state_ && (!sampled || *sampled == Sampled::ok)) state_->ended(clock_.mono(), sampled.has_value());
  return sampled;
}

}  // namespace tacho::sampler
