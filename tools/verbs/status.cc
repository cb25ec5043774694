#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "proto/base/clock.h"
#include "proto/base/number.h"
#include "proto/base/text_table.h"
#include "query/api/api.h"
#include "tools/answers/ask_now.h"
#include "tools/answers/data.h"
#include "tools/answers/remote.h"
#include "tools/terminal/terminal.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

namespace json = boost::json;

// The answer of /api/v1/status/tsdb: an agent's, or made here from the same files by the same code.
Result<std::string> status_body(const StatusOptions& o) {
  if (o.data.url) return ask(*o.data.url, "/api/v1/status/tsdb", {});
  auto data = open_data(o.data);
  if (!data) return std::unexpected(data.error());
  const query::Api api(**data);
  return api.handle({.method = "GET", .path = "/api/v1/status/tsdb"}).body;
}

// Where accelerators' libraries work, of an agent that runs; "" where there are none.
std::string isolation_text(const StatusOptions& o) {
  const auto modes = ask_now(o.data, "tacho_accel_isolation_info");
  if (modes.empty()) return "";
  const std::string_view mode = modes[0].labels.get("isolation");
  if (mode != "process") return "their libraries work in threads of the agent";
  const auto number = [&](const char* expr) {
    const auto found = ask_now(o.data, expr);
    return found.empty() ? 0.0 : found[0].points.back().v;
  };
  return fmt::format("their libraries work in processes: {:.0f} of {:.0f} run, {:.0f} times one was started again",
                     number("sum(tacho_accel_child_up)"), number("count(tacho_accel_child_up)"),
                     number("sum(tacho_accel_child_restarts_total)"));
}

// 0 where the answer has no such number (another server's).
double number_of(const json::object& o, std::string_view key) {
  const json::value* v = o.if_contains(key);
  return v != nullptr && v->is_number() ? v->to_number<double>() : 0;
}

std::string bytes_text(double bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t u = 0;
  for (; bytes >= 1024 && u + 1 < std::size(units); ++u) bytes /= 1024;
  return u == 0 ? fmt::format("{:.0f} {}", bytes, units[u]) : fmt::format("{:.1f} {}", bytes, units[u]);
}

std::string span_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  const auto minutes = static_cast<std::int64_t>(seconds / 60);
  if (minutes < 120) return fmt::format("{} min", minutes);
  return minutes < 48 * 60 ? fmt::format("{} h {} min", minutes / 60, minutes % 60)
                           : fmt::format("{:.1f} days", seconds / 86'400);
}

void line(const char* what, const std::string& text) {
  std::fputs(fitted_line(fmt::format("{:<10} {}", what, text), stdout_width(), 11).c_str(), stdout);
}

std::vector<std::string> group_row(const json::object& g) {
  const double rows = number_of(g, "rows"), samples = number_of(g, "blockSamples"), interval = number_of(g, "intervalMs");
  const double held = (number_of(g, "maxTime") - number_of(g, "minTime")) / 1000 + interval / 1000;
  const double due = interval > 0 ? held * 1000 / interval : rows;
  const json::value* name = g.if_contains("group");
  return {name != nullptr && name->is_string() ? std::string(name->as_string()) : "?",
          fmt::format("{} s", interval / 1000),
          fmt::format("{:.0f}", number_of(g, "series")),
          span_text(held),
          fmt::format("{:.0f}", rows),
          fmt::format("{:.0f}", due > rows ? due - rows : 0.0),
          fmt::format("{:.0f}", number_of(g, "generations")),
          samples > 0 ? fmt::format("{:.3f}", number_of(g, "blockBytes") / samples) : "-"};
}

void print_table(const json::object& o, const std::string& accelerators) {
  const double full = number_of(o, "fullWindowSeconds"), density = number_of(o, "bytesPerSample");
  std::string window = span_text(number_of(o, "windowSeconds"));
  if (full > 0) window += fmt::format("; the budget holds about {} at this rate", span_text(full));
  line("window", window);
  std::string series = fmt::format("{:.0f}", number_of(o, "seriesCount"));
  if (o.contains("liveSeriesCount")) {
    series = fmt::format("{:.0f} live of at most {:.0f}", number_of(o, "liveSeriesCount"), number_of(o, "liveSeriesLimit"));
    if (const double refused = number_of(o, "refusedSeriesCount"); refused > 0)
      series += fmt::format("; {:.0f} more are not kept: raise storage.series_max", refused);
  }
  line("series", series);
  if (o.contains("createdSeriesCount")) {
    line("churn", fmt::format("{:.0f} series began and {:.0f} ended since start", number_of(o, "createdSeriesCount"),
                              number_of(o, "removedSeriesCount")));
  }
  if (o.contains("sampleCount")) line("samples", fmt::format("{:.0f}", number_of(o, "sampleCount")));
  if (o.contains("bytesPerSample"))
    line("density", density > 0 ? fmt::format("{:.3f} bytes a sample", density) : "nothing has been sealed into the ring yet");
  if (o.contains("budgetBytes")) {
    line("budget", fmt::format("{}, {} of it in blocks, {} in labels", bytes_text(number_of(o, "budgetBytes")),
                               bytes_text(number_of(o, "blockBytes")), bytes_text(number_of(o, "schemaBytes"))));
  }
  if (o.contains("recoveredRows")) {
    line("recovery", fmt::format("{:.0f} rows found unsealed at start, {:.0f} damaged blocks skipped, {:.0f} rows lost unsealed",
                                 number_of(o, "recoveredRows"), number_of(o, "damagedBlocks"), number_of(o, "lostRows")));
  }
  if (!accelerators.empty()) line("devices", accelerators);
  const json::value* groups = o.if_contains("groups");
  if (groups == nullptr || !groups->is_array() || groups->as_array().empty()) return;
  TextTable table{.columns = {{false, 14}, {true, 8}, {true, 7}, {true, 12}, {true, 9}, {true, 8}, {true, 8}, {true, 9}},
                  .rows = {{"group", "interval", "series", "window", "rows", "missing", "schemas", "B/sample"}},
                  .gap = 1};
  for (const json::value& g : groups->as_array()) {
    if (g.is_object()) table.rows.push_back(group_row(g.as_object()));
  }
  std::printf("\n%s", table.text(stdout_width()).c_str());
}

}  // namespace

int status(const StatusOptions& options) {
  const auto body = status_body(options);
  if (!body) return fail(body.error());
  if (options.format == "json") {
    std::printf("%s\n", body->c_str());
    return 0;
  }
  boost::system::error_code ec;
  const json::value answer = json::parse(*body, ec);
  const json::object* o = ec || !answer.is_object() ? nullptr : &answer.as_object();
  const json::value* data = o == nullptr ? nullptr : o->if_contains("data");
  if (data == nullptr || !data->is_object())
    return fail(Error{"the answer of /api/v1/status/tsdb has no data: " + body->substr(0, 200)});
  print_table(data->as_object(), isolation_text(options));
  return 0;
}

}  // namespace tacho::tools
