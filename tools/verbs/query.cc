#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "proto/base/number.h"
#include "query/api/api.h"
#include "query/engine/engine.h"
#include "tools/answers/data.h"
#include "tools/answers/nodes.h"
#include "tools/answers/remote.h"
#include "tools/terminal/charset.h"
#include "tools/terminal/chart.h"
#include "tools/terminal/colour.h"
#include "tools/terminal/heat.h"
#include "tools/terminal/result_text.h"
#include "tools/terminal/terminal.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

std::string seconds(std::int64_t ms) {
  std::string out;
  append_seconds(out, ms);
  return out;
}

// Of the time axis: an instant's own range, when it asks for one: x[5m].
TimeMs begin_of(const query::QueryResult& result, const QueryOptions& o, TimeMs end) {
  if (o.last_ms || result.type != query::ValueType::matrix) return end - o.last_ms.value_or(0);
  TimeMs begin = end;
  for (const query::ResultSeries& s : result.series) begin = std::min(begin, s.points.front().t);
  return begin;
}

std::string heat_text(const query::QueryResult& result, const QueryOptions& o, TimeMs end) {
  const TerminalSize terminal = terminal_size(STDOUT_FILENO).value_or(TerminalSize{.width = 100, .height = 65});
  return heat(result, {.width = terminal.width,
                       .height = terminal.height - 1,  // the prompt's
                       .charset = choose_charset(),
                       .colours = colours_of(STDOUT_FILENO),
                       .unit = unit_of_expression(o.expr),
                       .begin = begin_of(result, o, end),
                       .end = end,
                       .step_ms = o.step_ms});
}

std::string chart_text(const query::QueryResult& result, const QueryOptions& o, TimeMs end) {
  const TerminalSize terminal = terminal_size(STDOUT_FILENO).value_or(TerminalSize{.width = 100});
  const ChartOptions c{.width = terminal.width,
                       .height = std::clamp<std::size_t>(terminal.height * 2 / 3, 8, 24),
                       .charset = choose_charset(),
                       .colours = colours_on(STDOUT_FILENO),
                       .unit = unit_of_expression(o.expr),
                       .begin = begin_of(result, o, end),
                       .end = end,
                       .step_ms = o.step_ms};
  return chart(result, c);
}

// Table, CSV, chart and heat strip; JSON is the API's own text.
int print(const query::QueryResult& result, const QueryOptions& o, TimeMs end) {
  for (const std::string& w : result.warnings) std::fprintf(stderr, "tacho: %s\n", w.c_str());
  for (const std::string& i : result.infos) std::fprintf(stderr, "tacho: %s\n", i.c_str());
  if (o.format == "heat" && result.type != query::ValueType::matrix)
    return fail(Error{"a heat strip shows a range, and this is the value of one instant: add --last 5m, or ask --format table"});
  const std::string text = o.format == "csv"     ? result_csv(result)
                           : o.format == "chart" ? chart_text(result, o, end)
                           : o.format == "heat"  ? heat_text(result, o, end)
                                                 : result_table(result, stdout_width());
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

int print_json(const std::string& body, bool good) {
  std::printf("%s\n", body.c_str());
  return good ? 0 : 1;
}

// On the step's grid, where the samples are: otherwise every point would show a sample up to a step older than it says.
TimeMs end_of(const QueryOptions& o, TimeMs newest) {
  if (o.at) return *o.at;
  return o.last_ms ? newest / o.step_ms * o.step_ms : newest;
}

const char* path_of(const QueryOptions& o) { return o.last_ms ? "/api/v1/query_range" : "/api/v1/query"; }

Params params_of(const QueryOptions& o, TimeMs end) {
  Params params{{"query", o.expr}};
  if (o.last_ms) {
    params.insert(params.end(), {{"start", seconds(end - *o.last_ms)}, {"end", seconds(end)}, {"step", seconds(o.step_ms)}});
  } else if (o.at) {
    params.emplace_back("time", seconds(end));
  }
  return params;
}

// What some answered is printed, and who did not said; that is no success.
int query_nodes(const QueryOptions& o) {
  const auto nodes = parse_nodes(*o.nodes);
  if (!nodes) return fail(nodes.error());
  // One time for all: the nodes' seconds line up.
  const TimeMs end = end_of(o, system_clock().wall_ms());
  QueryOptions at = o;
  at.at = end;
  NodesAnswer answer = ask_nodes(*nodes, path_of(o), params_of(at, end), o.nodes_timeout_ms);
  for (const std::string& silent : answer.silent) std::fprintf(stderr, "tacho: no answer of %s\n", silent.c_str());
  if (!answer.silent.empty()) std::fprintf(stderr, "tacho: %zu of %zu nodes answered\n", answer.answered, nodes->size());
  if (answer.answered == 0) return 1;
  answer.result.at = end;
  if (o.format == "json") {
    for (const std::string& silent : answer.silent) answer.result.warnings.push_back("no answer of " + silent);
    print_json(query::api_json(answer.result), true);
  } else {
    print(answer.result, o, end);
  }
  return answer.silent.empty() ? 0 : 1;
}

int query_url(const QueryOptions& o) {
  const TimeMs end = end_of(o, system_clock().wall_ms());
  const auto body = ask(*o.data.url, path_of(o), params_of(o, end));
  if (!body) return fail(body.error());
  if (o.format == "json") return print_json(*body, true);
  const auto result = parse_answer(*body);
  return result ? print(*result, o, end) : fail(result.error());
}

}  // namespace

int query(const QueryOptions& o) {
  if (o.nodes) return query_nodes(o);
  if (o.data.url) return query_url(o);
  auto data = open_data(o.data);
  if (!data) return fail(data.error());
  const query::Engine engine;
  const TimeMs end = end_of(o, o.at ? *o.at : newest_time(**data, o.data));
  const query::Result result =
      o.last_ms ? engine.range(**data, o.expr, end - *o.last_ms, end, o.step_ms) : engine.instant(**data, o.expr, end);
  if (o.format == "json") return print_json(query::api_json(result), result.has_value());
  if (!result) return fail(Error{result.error().message});
  return print(*result, o, end);
}

}  // namespace tacho::tools
