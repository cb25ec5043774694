#include "tools/terminal/result_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>
#include <set>

#include "proto/base/number.h"
#include "proto/base/text_columns.h"
#include "proto/base/text_table.h"

namespace tacho::tools {
namespace {

using query::QueryResult;
using query::ResultSeries;
using query::ValueType;

constexpr std::size_t kPipeWidth = 200;  // where a line a time becomes a line a series, when no terminal says

TextTable vector_table(const QueryResult& r, const Labels& common) {
  TextTable t{.columns = {{}, {.right = true}}, .rows = {{"series", "value"}}};
  for (const ResultSeries& s : r.series) {
    if (!s.points.empty()) t.rows.push_back({name_without(s.labels, common), api_number(s.points.back().v)});
  }
  return t;
}

// A line a time, a column a series.
TextTable times_table(const QueryResult& r, const Labels& common) {
  std::map<TimeMs, std::vector<std::string>> lines;
  for (std::size_t i = 0; i < r.series.size(); ++i) {
    for (const Sample& p : r.series[i].points) {
      auto& line = lines[p.t];
      line.resize(r.series.size());
      line[i] = api_number(p.v);
    }
  }
  TextTable t{.columns = std::vector<TextTable::Column>(r.series.size() + 1, {.right = true}), .rows = {{"time"}}};
  t.columns[0].right = false;
  for (const ResultSeries& s : r.series) t.rows[0].push_back(name_without(s.labels, common));
  const bool with_date = !lines.empty() && lines.rbegin()->first - lines.begin()->first > 86'400'000;
  for (auto& [time, line] : lines) {
    t.rows.push_back({clock_text(time, with_date)});
    t.rows.back().insert(t.rows.back().end(), line.begin(), line.end());
  }
  return t;
}

TextTable summary_table(const QueryResult& r, const Labels& common) {
  TextTable t{.columns = std::vector<TextTable::Column>(6, {.right = true}),
              .rows = {{"series", "last", "min", "avg", "max", "points"}}};
  t.columns[0].right = false;
  for (const ResultSeries& s : r.series) {
    double low = std::nan(""), high = low, sum = 0;
    for (const Sample& p : s.points) {
      if (!(low <= p.v)) low = p.v;
      if (!(high >= p.v)) high = p.v;
      sum += p.v;
    }
    const double n = static_cast<double>(s.points.size());
    t.rows.push_back({name_without(s.labels, common), api_number(s.points.back().v), api_number(low),
                      fmt::format("{:.6g}", sum / n), api_number(high), std::to_string(s.points.size())});
  }
  return t;
}

std::string csv_field(const std::string& s) {
  if (s.find_first_of(",\"\n") == std::string::npos) return s;
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string clock_text(TimeMs t, bool with_date) {
  const std::time_t s = static_cast<std::time_t>(t >= 0 ? t / 1000 : (t - 999) / 1000);
  std::tm tm{};
  ::localtime_r(&s, &tm);
  char text[40];
  text[std::strftime(text, sizeof text, with_date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm)] = 0;
  std::string out = text;
  if (const auto ms = t - static_cast<TimeMs>(s) * 1000; ms != 0) out += fmt::format(".{:03}", ms);
  return out;
}

Labels common_labels(const QueryResult& r) {
  if (r.series.size() < 2) return {};
  Labels common = r.series.front().labels;
  for (const ResultSeries& s : r.series) {
    Labels kept;
    for (const Label& l : common) {
      if (s.labels.get(l.name) == l.value) kept.set(l.name, l.value);
    }
    common = std::move(kept);
  }
  return common;
}

std::string name_without(const Labels& labels, const Labels& common) {
  Labels rest = labels;
  for (const Label& l : common) rest.erase(l.name);
  return rest.empty() ? "value" : rest.to_string();
}

std::string result_table(const QueryResult& r, std::size_t width) {
  if (r.type == ValueType::string) return r.text + "\n";
  if (r.series.empty()) return "no samples\n";
  if (r.type == ValueType::scalar) return api_number(r.series[0].points[0].v) + "\n";
  const Labels common = common_labels(r);
  const std::string caption = common.empty() ? "" : fitted_line(common.to_string(), width);
  if (r.type == ValueType::vector) return caption + vector_table(r, common).text(width);
  if (r.series.size() <= 16) {
    const std::string by_time = times_table(r, common).text();
    if (columns_of(std::string_view(by_time).substr(0, by_time.find('\n'))) <= (width > 0 ? width : kPipeWidth))
      return caption + times_table(r, common).text(width);
  }
  return caption + summary_table(r, common).text(width);
}

std::string result_csv(const QueryResult& r) {
  std::string out = "time,series,value\r\n";
  if (r.type == ValueType::string) {
    append_seconds(out, r.at);
    return out + ",," + csv_field(r.text) + "\r\n";
  }
  for (const ResultSeries& s : r.series) {
    const std::string name = csv_field(s.labels.to_string());
    for (const Sample& p : s.points) {
      append_seconds(out, p.t);
      out += "," + name + ",";
      append_api_number(out, p.v);
      out += "\r\n";
    }
  }
  return out;
}

}  // namespace tacho::tools
