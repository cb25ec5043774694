// A trace in memory: series as columns over one time column, read from CSV. bench/traces.py makes the files.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/number.h"
#include "proto/base/sample.h"

namespace tacho::bench {

struct Trace {
  std::vector<std::string> names;
  std::vector<TimeMs> times;                 // strictly increasing
  std::vector<std::vector<double>> columns;  // a series each; absent() where there is no sample

  std::size_t rows() const { return times.size(); }
  std::size_t samples() const {
    std::size_t n = 0;
    for (const auto& c : columns) n += c.size() - static_cast<std::size_t>(std::ranges::count_if(c, is_absent));
    return n;
  }
  // The most usual distance between rows: the median.
  TimeMs interval() const {
    std::vector<TimeMs> steps;
    for (std::size_t i = 1; i < times.size(); ++i) steps.push_back(times[i] - times[i - 1]);
    if (steps.empty()) return 1;
    std::ranges::nth_element(steps, steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2));
    return std::max<TimeMs>(1, steps[steps.size() / 2]);
  }
};

// The next cell of a CSV line, without its quotes; `line` loses it and its comma.
inline std::string next_cell(std::string_view& line) {
  std::string cell;
  bool quoted = false;
  std::size_t i = 0;
  for (; i < line.size() && (quoted || line[i] != ','); ++i) {
    if (line[i] != '"') {
      cell += line[i];
    } else if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cell += line[++i];
    } else {
      quoted = !quoted;
    }
  }
  line.remove_prefix(std::min(line.size(), i + 1));
  return cell;
}

// Header "t,NAME,..."; then time in ms and a cell a series; an empty cell is absent. At most `most` rows, where it is not 0.
inline Result<Trace> read_trace(const std::string& path, std::size_t most = 0) {
  std::ifstream in(path);
  std::string line;
  if (!in || !std::getline(in, line)) return failure("cannot read {}", path);
  Trace trace;
  std::string_view rest = line;
  next_cell(rest);
  while (!rest.empty()) trace.names.push_back(next_cell(rest));
  trace.columns.resize(trace.names.size());
  for (std::size_t number = 2; std::getline(in, line) && (most == 0 || trace.rows() < most); ++number) {
    rest = line;
    const auto t = parse_int(next_cell(rest));
    if (!t) return failure("{}:{}: the first cell is no time in milliseconds", path, number);
    if (!trace.times.empty() && *t <= trace.times.back()) return failure("{}:{}: time goes back", path, number);
    trace.times.push_back(*t);
    for (auto& column : trace.columns) {
      const std::string cell = next_cell(rest);
      const auto v = cell.empty() ? absent() : parse_number(cell);
      if (!v) return failure("{}:{}: '{}' is no number", path, number, cell);
      column.push_back(*v);
    }
  }
  if (trace.rows() == 0 || trace.columns.empty()) return failure("{} has no rows or no series", path);
  return trace;
}

// As if each row had met its tick: times rounded to the interval. Of two rows that fall on one tick the later takes the next one.
inline void align(Trace& trace) {
  const TimeMs step = trace.interval();
  TimeMs last = INT64_MIN;
  for (TimeMs& t : trace.times) last = t = std::max((t + step / 2) / step * step, last == INT64_MIN ? last : last + step);
}

}  // namespace tacho::bench
