// Remote read: a Prometheus (or a Thanos sidecar) reads this node's samples as if they were its own.
#include <algorithm>
#include <numeric>

#include "proto/base/clock.h"
#include "proto/base/duration.h"
#include "proto/remote_read.h"
#include "query/api/handlers.h"

namespace tacho::query {
namespace {

HttpResponse refusal(int status, std::string_view message) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::string(message) + "\n"};
}

constexpr std::size_t kQueriesMax = 64;

// A matcher that external_labels fulfil asks for series without that label: no series here carries it, the answer's do.
tacho::Result<std::vector<store::Matcher>> store_matchers(const ReadQuery& query, const Labels& external) {
  std::vector<store::Matcher> out;
  for (const ReadMatcher& m : query.matchers) {
    const bool fulfilled = m.op == ReadMatcher::Op::equal && !m.value.empty() && external.get(m.label) == m.value;
    auto matcher = store::Matcher::create(m.label, static_cast<store::MatchOp>(m.op), fulfilled ? "" : m.value);
    if (!matcher) return std::unexpected(matcher.error());
    out.push_back(std::move(*matcher));
  }
  return out;
}
static_assert(static_cast<int>(store::MatchOp::equal) == static_cast<int>(ReadMatcher::Op::equal) &&
              static_cast<int>(store::MatchOp::not_equal) == static_cast<int>(ReadMatcher::Op::not_equal) &&
              static_cast<int>(store::MatchOp::regex) == static_cast<int>(ReadMatcher::Op::regex) &&
              static_cast<int>(store::MatchOp::not_regex) == static_cast<int>(ReadMatcher::Op::not_regex));

// In order of the labels as they are answered; a streaming client counts on it.
template <class Response>
void add_all(Response& response, const store::Selection& selection, const Labels& external) {
  const auto& series = selection.series;
  if (external.empty()) {
    for (const store::SeriesView& s : series) response.add(s.labels(), s.times, s.values);
    return;
  }
  std::vector<Labels> labels;
  for (const store::SeriesView& s : series) labels.push_back(with_external_labels(s.labels(), external));
  std::vector<std::size_t> order(series.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return labels[a] < labels[b]; });
  for (const std::size_t i : order) response.add(labels[i], series[i].times, series[i].values);
}

// What a sample takes at most while it is answered: decoded, and in the answer as it grows; as samples also in the message
// around it and packed.
template <class Response>
constexpr std::size_t kBytesPerSample = std::is_same_v<Response, SamplesResponse> ? 80 : 32;

template <class Response>
store::SelectLimits read_limits(const EngineOptions& o) {
  const std::size_t by_memory = o.memory_max / kBytesPerSample<Response>;
  if (by_memory < o.samples_max) return {by_memory, "of memory, query.memory_max"};
  return {o.samples_max};
}

// One query after the other: only one's samples are held at a time, and the answer.
template <class Response>
HttpResponse answer(const ApiContext& c, const HttpRequest& r, const ReadRequest& request) {
  Response response;
  const EngineOptions& engine = c.options.engine;
  store::SelectLimits limits = read_limits<Response>(engine);
  const MonoNs begun = r.received.value_or(system_clock().mono());
  for (const ReadQuery& query : request.queries) {
    if (r.abandoned && r.abandoned->load(std::memory_order_relaxed)) return refusal(503, "the reader has gone");
    if (engine.timeout_ms > 0 && system_clock().mono() - begun >= engine.timeout_ms * kNsPerMs)
      return refusal(
          503, fmt::format("remote read timed out after {} (query.timeout), waiting included; ask for a shorter range or fewer "
                           "series",
                           format_duration(engine.timeout_ms)));
    // Labels count as well: of many short queries they are all there is.
    if (limits.samples_max == 0 || response.bytes() > engine.memory_max)
      return refusal(400, store::too_many_samples(read_limits<Response>(engine)).error().message);
    response.begin_query();
    const auto matchers = store_matchers(query, c.options.external_labels);
    if (!matchers) return refusal(400, matchers.error().message);
    if (query.end < query.start) continue;
    const auto selection = c.store.select(*matchers, {query.start, query.end}, limits);
    if (!selection) return refusal(400, selection.error().message);
    limits.samples_max -= std::min(limits.samples_max, selection->samples);
    add_all(response, *selection, c.options.external_labels);
  }
  HttpResponse out{.content_type = std::string(Response::kContentType), .body = response.finish()};
  out.packed = true;
  if constexpr (std::is_same_v<Response, SamplesResponse>) out.headers.emplace_back("Content-Encoding", "snappy");
  return out;
}

}  // namespace

Labels with_external_labels(const Labels& labels, const Labels& external) {
  Labels out = labels;
  for (const Label& l : external) {
    if (!out.has(l.name)) out.set(l.name, l.value);
  }
  return out;
}

HttpResponse answer_read(const ApiContext& c, const HttpRequest& r) {
  const auto request = decode_read_request(r.body);
  if (!request) return refusal(400, request.error().message);
  if (request->queries.size() > kQueriesMax)
    return refusal(400, fmt::format("the read request has {} queries, {} are allowed", request->queries.size(), kQueriesMax));
  if (request->response == ReadResponseType::streamed_xor_chunks) return answer<StreamedResponse>(c, r, *request);
  return answer<SamplesResponse>(c, r, *request);
}

}  // namespace tacho::query
