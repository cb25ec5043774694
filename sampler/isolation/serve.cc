#include "sampler/isolation/serve.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <thread>

#include "proto/base/log.h"
#include "sampler/isolation/last_words.h"
#include "sampler/isolation/message.h"
#include "sampler/process_use.h"
#include "sampler/row_buffer.h"
#include "sampler/short_latency.h"

namespace tacho::sampler {
namespace {

class Server {
 public:
  Server(Source& source, const AccelState* state, Socket socket)
      : source_(source), state_(state), socket_(std::move(socket)), words_(socket_.fd()) {}

  void run() {
    std::array<std::byte, 2 * sizeof(Question)> message;
    while (const std::size_t size = socket_.receive(message)) {
      const auto question = read_question(std::span(message).first(std::min(size, message.size())));
      if (!question) return log_error("source {} is asked by {}", source_.name(), question.error());
      words_.answering(question->number);
      if (!(question->asked == Asked::describe ? describe(*question) : sample(*question))) return;
    }
  }

 private:
  bool answer(const Question& question, AnswerHead head, std::span<const std::byte> body) {
    head.number = question.number;
    head.cpu_ns = process_cpu_ns();
    head.resident_bytes = memory_.resident_bytes().value_or(0);
    return socket_.send(bytes_of(head), body);
  }
  bool complain(const Question& question, const Error& error) {
    const std::string_view text = std::string_view(error.message).substr(0, kMessageTextMax);
    return answer(question, {.answered = Answered::error, .count = static_cast<std::uint32_t>(text.size())},
                  std::as_bytes(std::span(text)));
  }

  bool describe(const Question& question) {
    if (question.interval_ms != interval_ms_) source_.set_interval(interval_ms_ = question.interval_ms);
    Description description;
    if (auto ok = source_.describe(description.series); !ok) return complain(question, ok.error());
    if (state_) description.identity = state_->labels();
    const auto packed = pack_description(description);
    if (!packed) return complain(question, packed.error());
    row_ = RowBuffer(description.series.size());
    return answer(question, {.count = static_cast<std::uint32_t>(description.series.size())}, *packed);
  }

  bool sample(const Question& question) {
    row_.clear();
    Row row = row_.row();
    const auto sampled = source_.sample(row);
    if (!sampled) return complain(question, sampled.error());
    if (*sampled == Sampled::layout_changed) return answer(question, {.answered = Answered::layout_changed}, {});
    return answer(question, {.count = static_cast<std::uint32_t>(row_.size())}, row_.bytes());
  }

  Source& source_;
  const AccelState* const state_;
  Socket socket_;
  LastWords words_;
  ProcessMemory memory_;
  RowBuffer row_{0};
  std::int64_t interval_ms_ = 0;
};

}  // namespace

void serve(DeviceSources& device, std::vector<Socket> sockets) {
  speak_when_dying();
  ::pthread_setname_np(::pthread_self(), fmt::format("tacho-{}", device.name).substr(0, 15).c_str());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    threads.emplace_back([&device, &socket = sockets[i], i] {
      Source& source = *device.sources[i];
      ::pthread_setname_np(::pthread_self(), fmt::format("tacho-{}", source.name()).substr(0, 15).c_str());
      prefer_short_latency();
      Server(source, i == 0 ? device.state.get() : nullptr, std::move(socket)).run();
    });
  }
  for (std::thread& t : threads) t.join();
}

}  // namespace tacho::sampler
