#include "query/stream/live_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "query/api/json.h"
#include "query/json/object.h"

namespace tacho::query {
namespace {

void write_value(JsonText& out, double v) {
  if (std::isfinite(v)) return out.number(v);
  out.raw(std::isnan(v) ? R"("NaN")" : v > 0 ? R"("+Inf")" : R"("-Inf")");
}

}  // namespace

bool LiveQuery::parse() {
  parsed_ = true;
  auto query = prepare(text_);
  if (!query) return fail(error_kind_name(query.error().kind), api_message(query.error()));
  query_ = std::move(*query);
  return false;
}

bool LiveQuery::fail(std::string type, std::string message) {
  const bool is_new = error_ != message || error_type_ != type;
  error_ = std::move(message);
  error_type_ = std::move(type);
  series_.clear();
  result_ = {};
  return is_new;
}

bool LiveQuery::evaluate(const Engine& engine, const store::Queryable& store, const StreamSteps& steps, const CallOptions& call,
                         std::size_t series_max) {
  steps_ = steps;
  if (!parsed_ && parse()) return true;
  if (!query_) return false;
  Result result = engine.range(store, *query_, steps.start, steps.end, steps.step, call);
  if (result) return take(std::move(*result), series_max);
  canceled_ = result.error().kind == ErrorKind::canceled;
  return fail(error_kind_name(result.error().kind), api_message(result.error()));
}

bool LiveQuery::take(QueryResult result, std::size_t series_max) {
  if (result.series.size() > series_max)
    return fail("execution",
                fmt::format("the stream's expressions have more than its {} series; ask for fewer", kStreamSeriesMax));
  const bool recovered = !error_.empty();
  error_.clear();
  result_ = std::move(result);
  // Both are sorted by labels.
  std::vector<Known> joined;
  joined.reserve(std::max(series_.size(), result_.series.size()));
  bool changed = false;
  auto known = series_.begin();
  const auto keep_silent = [&](Known& k) {
    if (steps_.end - k.seen > kForgetMs) {
      changed = true;
      return;
    }
    k.points = nullptr;
    joined.push_back(std::move(k));
  };
  for (const ResultSeries& s : result_.series) {
    while (known != series_.end() && known->labels < s.labels) keep_silent(*known++);
    const bool is_known = known != series_.end() && known->labels == s.labels;
    changed = changed || !is_known;
    joined.push_back({is_known ? std::move(known->labels) : s.labels, s.points.back().t, &s.points});
    if (is_known) ++known;
  }
  while (known != series_.end()) keep_silent(*known++);
  // Those without a value make room first.
  if (joined.size() > series_max)
    changed = std::erase_if(joined, [](const Known& k) { return k.points == nullptr; }) > 0 || changed;
  series_ = std::move(joined);
  return changed || recovered;
}

void LiveQuery::write_series(JsonText& out) const {
  JsonObject o(out);
  if (!error_.empty()) {
    o.text("error", error_);
    o.text("errorType", error_type_);
    return;
  }
  write_list(o.key("series"), series_, [&out](const Known& k) { out.labels(k.labels); });
}

void LiveQuery::write_values(JsonText& out) const {
  const std::size_t count = steps_.count();
  write_list(out, series_, [&](const Known& k) {
    out.raw('[');
    std::size_t next = 0;  // of its points
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out.raw(',');
      const TimeMs t = steps_.start + static_cast<std::int64_t>(i) * steps_.step;
      if (k.points != nullptr && next < k.points->size() && k.points->time(next) == t) {
        write_value(out, k.points->values()[next++]);
      } else {
        out.raw("null");
      }
    }
    out.raw(']');
  });
}

}  // namespace tacho::query
