// The functions of the language: names, argument types, results. What they compute is in the fn_*.cc and range_*.cc
// files.
//
// Shape    one constant table. `variadic`: 0 as many arguments as types; n > 0 up to n more or fewer of the last
// type,
//          -1 any number of the last type (Prometheus's meaning: at least args.size() - 1).
// Source   Prometheus's promql/parser/functions.go, version 3.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "query/language/ast.h"

namespace tacho::query {

enum class FunctionId : std::uint8_t {
  // Over a range: one value from the samples of a window.
  rate,
  increase,
  delta,
  irate,
  idelta,
  deriv,
  predict_linear,
  changes,
  resets,
  double_exponential_smoothing,
  sum_over_time,
  avg_over_time,
  min_over_time,
  max_over_time,
  count_over_time,
  stddev_over_time,
  stdvar_over_time,
  quantile_over_time,
  last_over_time,
  first_over_time,
  present_over_time,
  absent_over_time,
  mad_over_time,
  ts_of_first_over_time,
  ts_of_last_over_time,
  ts_of_min_over_time,
  ts_of_max_over_time,
  // Value by value.
  abs,
  ceil,
  floor,
  exp,
  sqrt,
  ln,
  log2,
  log10,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  asinh,
  acosh,
  atanh,
  deg,
  rad,
  sgn,
  round,
  clamp,
  clamp_min,
  clamp_max,
  minute,
  hour,
  day_of_month,
  day_of_week,
  day_of_year,
  days_in_month,
  month,
  year,
  // Of labels, order and time.
  label_replace,
  label_join,
  sort,
  sort_desc,
  sort_by_label,
  sort_by_label_desc,
  absent,
  scalar,
  vector,
  time,
  timestamp,
  pi,
  info,
  start,
  end,
  step,
  range,
  min_of,
  max_of,
  start_timestamp,
  // Of histograms.
  histogram_quantile,
  histogram_quantiles,
  histogram_fraction,
  histogram_avg,
  histogram_count,
  histogram_sum,
  histogram_stddev,
  histogram_stdvar,
};

struct Function {
  FunctionId id;
  std::string_view name;
  std::vector<ValueType> args;
  int variadic = 0;
  ValueType result = ValueType::vector;
};

// Null when there is none of that name.
const Function* find_function(std::string_view name);
std::span<const Function> all_functions();

// The last one in FunctionId's first group.
constexpr bool is_range_function(FunctionId id) { return id <= FunctionId::ts_of_max_over_time; }

}  // namespace tacho::query
