// TopData over an agent's, or a Prometheus's, HTTP API.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "proto/http.h"
#include "tools/answers/events.h"
#include "tools/answers/remote.h"
#include "tools/top/data/data.h"

namespace tacho::tools {
namespace {

// A Prometheus that scrapes node_exporter has no series of the agent's own, which come last of a tick.
constexpr const char* kNewestAny = "max(timestamp(tacho_process_cpu_seconds_total)) or max(timestamp(node_load1))";
// Whoever has not answered by then is told as silent; what is shown stays.
constexpr std::int64_t kTimeoutMs = 10'000;

std::optional<double> single_value(const query::QueryResult& r) {
  if (r.series.empty() || r.series.front().points.empty()) return std::nullopt;
  return r.series.front().points.back().v;
}

TimeMs to_ms(double seconds) { return static_cast<TimeMs>(seconds * 1000 + 0.5); }

std::string seconds(TimeMs t) {
  std::string s;
  append_seconds(s, t);
  return s;
}

class HttpData final : public TopData {
 public:
  explicit HttpData(std::string url) : url_(std::move(url)) {}

  Result<Newest> newest() override {
    seconds_ = {};  // of the look before
    auto r = instant(kNewestAny, std::nullopt);
    if (!r) return std::unexpected(r.error());
    if (!r->series.empty() && !r->series.front().points.empty()) {
      const Sample s = r->series.front().points.back();
      return Newest{to_ms(s.v), s.t};
    }
    // Nothing of the last five minutes; the server's clock still answers.
    r = instant("time()", std::nullopt);
    if (!r) return std::unexpected(r.error());
    const auto now = single_value(*r);
    return Newest{std::nullopt, now ? to_ms(*now) : system_clock().wall_ms()};
  }

  Result<query::QueryResult> instant(const std::string& expr, std::optional<TimeMs> at) override {
    Params params{{"query", expr}};
    if (at) params.emplace_back("time", seconds(*at));
    return answer("/api/v1/query", params);
  }

  Answers columns(std::span<const std::string> exprs, const TopGrid& grid, std::int64_t) override {
    if (again_in_ > 0 && --again_in_ == 0) {
      refused_.clear();
      apart_ = false;
    }
    std::vector<std::string> open;
    for (const std::string& e : exprs) {
      if (!refused_.contains(e)) open.push_back(e);
    }
    std::map<std::string, Answer, std::less<>> found;
    if (!open.empty()) {
      int status = 0;
      auto all = apart_ && open.size() > 1 ? Result<Answers>(failure("")) : ask_columns(open, grid, status);
      if (all) {
        for (std::size_t i = 0; i < open.size(); ++i) found.insert_or_assign(open[i], std::move((*all)[i]));
      } else if (!apart_ && !is_refusal(status)) {
        // A server that is away, or has no time, is not asked fifty times more.
        return Answers(exprs.size(), std::unexpected(all.error()));
      } else if (auto each = ask_each(open, grid, found); !each) {
        return Answers(exprs.size(), std::unexpected(each.error()));
      }
    }
    Answers out;
    for (const std::string& e : exprs) {
      const auto answered = found.find(e);
      out.push_back(answered != found.end() ? answered->second : Answer(std::unexpected(refused_.find(e)->second)));
    }
    return out;
  }

  std::optional<Extent> extent() override {
    const auto series = instant("tacho_store_series", std::nullopt);
    const auto window = instant("tacho_store_window_seconds", std::nullopt);
    if (!series || !window || !single_value(*series) || !single_value(*window)) return std::nullopt;
    return Extent{static_cast<std::size_t>(std::max(0.0, *single_value(*series))), to_ms(std::max(0.0, *single_value(*window)))};
  }

  Result<std::vector<query::Event>> events(TimeMs start, TimeMs end, std::size_t limit) override {
    const auto body =
        ask(url_, fmt::format("/api/v1/events?start={}&end={}&limit={}", seconds(start), seconds(end), limit), {}, kTimeoutMs);
    if (!body) return failure("{}; an older agent does not know events", body.error().message);
    auto answer = parse_events_answer(*body);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->events);
  }

  Result<std::string> job_text(const std::string& name, TimeMs start, TimeMs end) override {
    return ask(url_,
               fmt::format("/api/v1/jobs?format=text&job={}&start={}&end={}", url_encode(name), seconds(start), seconds(end)), {},
               kTimeoutMs);
  }

  std::string fallback_name() const override { return url_; }

 private:
  // So many questions later it is asked again for all at once: what is refused may be so for what was held then.
  static constexpr int kAgainIn = 60;

  // The server is there and knows what it was asked for, but will not have it: parts of it may do.
  static bool is_refusal(int status) { return status == 400 || status == 414 || status == 422; }

  // Which of them it is that the server refuses; the others' answers. An error: it does not answer.
  Result<void> ask_each(const std::vector<std::string>& exprs, const TopGrid& grid,
                        std::map<std::string, Answer, std::less<>>& found) {
    for (const std::string& e : exprs) {
      int status = 0;
      auto one = ask_columns({e}, grid, status);
      if (one) {
        found.insert_or_assign(e, std::move(one->front()));
      } else if (is_refusal(status)) {
        refused_.insert_or_assign(e, one.error());
      } else {
        return std::unexpected(one.error());
      }
    }
    // Each of them will do, and all of them together will not.
    apart_ = refused_.empty();
    again_in_ = kAgainIn;
    return {};
  }

  static constexpr std::string_view kPartLabel = "tacho_top_part";

  Result<query::QueryResult> answer(const std::string& path, const Params& params, int* status = nullptr) const {
    const auto body = ask(url_, path, params, kTimeoutMs, status);
    if (!body) return std::unexpected(body.error());
    return parse_answer(*body);
  }

  // Of so many seconds each is asked for, and columns are made here: for the newest columns, once a second, that is half the work of the
  // highest and the lowest of each, where every second is evaluated twice.
  static constexpr std::int64_t kSecondsMax = 60;

  // What is asked for right after columns is one of their seconds, the cursor's: it came with them.
  Result<Answers> ask_columns(const std::vector<std::string>& exprs, const TopGrid& grid, int& status) {
    const Seconds held = std::exchange(seconds_, {});
    if (grid.step_ms == kSecondMs) {
      const bool is_held = held.exprs == exprs && held.grid.index_of(grid.first) && held.grid.index_of(grid.last());
      return is_held ? Result<Answers>(held.on(grid)) : ask_grid(exprs, grid, status);
    }
    const std::int64_t a_column = grid.step_ms / kSecondMs;
    if (static_cast<std::int64_t>(grid.count) * a_column > kSecondsMax) return ask_grid(exprs, grid, status);
    const TopGrid fine{grid.before() + kSecondMs, kSecondMs, grid.count * static_cast<std::size_t>(a_column)};
    auto all = ask_grid(exprs, fine, status);
    if (!all) return all;
    seconds_ = {exprs, fine, std::move(*all)};
    return seconds_.on(grid);
  }

  // One round trip for all: every expression's series get a label with its number, and `or` unites them. Where a column is more than a
  // second the server is asked for its highest and its lowest second: odd numbers are lowest.
  Result<Answers> ask_grid(std::span<const std::string> exprs, const TopGrid& grid, int& status) const {
    const bool seconds_alone = grid.step_ms == kSecondMs;
    std::string text;
    const auto add = [&](std::size_t number, const std::string& expr) {
      text +=
          fmt::format("{}label_replace({}, \"{}\", \"{}\", \"\", \"\")", text.empty() ? "" : " or ", expr, kPartLabel, number);
    };
    for (std::size_t i = 0; i < exprs.size(); ++i) {
      if (seconds_alone) {
        add(2 * i, exprs[i]);
        continue;
      }
      const std::string span = format_duration(grid.step_ms);
      add(2 * i, fmt::format("max_over_time(({})[{}:1s])", exprs[i], span));
      add(2 * i + 1, fmt::format("min_over_time(({})[{}:1s])", exprs[i], span));
    }
    auto all =
        answer("/api/v1/query_range",
               {{"query", text}, {"start", seconds(grid.first)}, {"end", seconds(grid.last())}, {"step", seconds(grid.step_ms)}},
               &status);
    if (!all) return std::unexpected(all.error());
    Answers out(exprs.size(), std::vector<TopSeries>());
    for (query::ResultSeries& s : all->series) {
      const auto number = parse_int(s.labels.get(kPartLabel));
      if (!number || *number < 0 || static_cast<std::size_t>(*number) >= 2 * exprs.size())
        return failure("{} does not keep the labels that it is asked to make", url_);
      s.labels.erase(kPartLabel);
      s.labels.erase(kMetricName);
      const auto part = static_cast<std::size_t>(*number);
      std::vector<TopSeries>& to = *out[part / 2];
      // The lowest of a series come after all highest; there are few series an expression.
      auto place = std::find_if(to.begin(), to.end(), [&](const TopSeries& t) { return t.labels == s.labels; });
      if (place == to.end()) place = to.emplace(to.end(), std::move(s.labels), grid.count);
      for (std::size_t i = 0; i < s.points.size(); ++i) {
        const Sample p = s.points[i];
        const auto column = grid.index_of(p.t);
        if (!column) continue;
        place->add(*column, p.v);
      }
    }
    return out;
  }

  struct Seconds {
    std::vector<std::string> exprs;
    TopGrid grid;
    Answers answers;  // all of them are

    // The same as columns of a grid that lies within.
    Answers on(const TopGrid& to) const {
      Answers out;
      for (const Answer& a : answers) {
        std::vector<TopSeries> series;
        for (const TopSeries& s : *a) {
          TopSeries& added = series.emplace_back(s.labels, to.count);
          for (std::size_t i = 0; i < grid.count; ++i) {
            if (const auto column = to.index_of(grid.end_of(i))) added.add(*column, s.high[i]);
          }
        }
        out.push_back(std::move(series));
      }
      return out;
    }
  };

  std::string url_;
  Seconds seconds_;                                    // of the last answer, if it was of columns made here
  std::map<std::string, Error, std::less<>> refused_;  // expressions, until again_in_ is 0
  bool apart_ = false;                                 // all that are asked, one by one
  int again_in_ = 0;
};

}  // namespace

std::unique_ptr<TopData> top_over_http(std::string url) { return std::make_unique<HttpData>(std::move(url)); }

}  // namespace tacho::tools
