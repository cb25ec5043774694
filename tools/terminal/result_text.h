// A query's result for people and for spreadsheets. Machine formats are never decorated.
//
// table    instant: a line a series, the labels all share said once above; range: a line a time and a column a series, or, with
//          more series than fit, a line a series (last, min, avg, max, points).
// csv      a line a point: time (Unix seconds), series, value; RFC 4180 quoting.
#pragma once

#include <string>

#include "query/engine/result.h"

namespace tacho::tools {

// 2026-11-23 16:00:01 in local time, with milliseconds where there are any.
std::string clock_text(TimeMs t, bool with_date);
// The labels that every series has with the same value; empty for fewer than two series.
Labels common_labels(const query::QueryResult& result);
// What tells a series from its sisters; "value" where nothing does.
std::string name_without(const Labels& labels, const Labels& common);

// `width`: the terminal's, which no line exceeds (proto/base/text_table.h); 0: there is none, and nothing is wrapped or left out.
std::string result_table(const query::QueryResult& result, std::size_t width);
std::string result_csv(const query::QueryResult& result);

}  // namespace tacho::tools
