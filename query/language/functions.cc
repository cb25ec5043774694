#include "query/language/functions.h"

#include <algorithm>

namespace tacho::query {
namespace {

constexpr ValueType S = ValueType::scalar, V = ValueType::vector, M = ValueType::matrix, T = ValueType::string;
using F = FunctionId;

const std::vector<Function>& table() {
  static const std::vector<Function> functions = [] {
    std::vector<Function> t{
        {F::rate, "rate", {M}},
        {F::increase, "increase", {M}},
        {F::delta, "delta", {M}},
        {F::irate, "irate", {M}},
        {F::idelta, "idelta", {M}},
        {F::deriv, "deriv", {M}},
        {F::predict_linear, "predict_linear", {M, S}},
        {F::changes, "changes", {M}},
        {F::resets, "resets", {M}},
        {F::double_exponential_smoothing, "double_exponential_smoothing", {M, S, S}},
        {F::sum_over_time, "sum_over_time", {M}},
        {F::avg_over_time, "avg_over_time", {M}},
        {F::min_over_time, "min_over_time", {M}},
        {F::max_over_time, "max_over_time", {M}},
        {F::count_over_time, "count_over_time", {M}},
        {F::stddev_over_time, "stddev_over_time", {M}},
        {F::stdvar_over_time, "stdvar_over_time", {M}},
        {F::quantile_over_time, "quantile_over_time", {S, M}},
        {F::last_over_time, "last_over_time", {M}},
        {F::first_over_time, "first_over_time", {M}},
        {F::present_over_time, "present_over_time", {M}},
        {F::absent_over_time, "absent_over_time", {M}},
        {F::mad_over_time, "mad_over_time", {M}},
        {F::ts_of_first_over_time, "ts_of_first_over_time", {M}},
        {F::ts_of_last_over_time, "ts_of_last_over_time", {M}},
        {F::ts_of_min_over_time, "ts_of_min_over_time", {M}},
        {F::ts_of_max_over_time, "ts_of_max_over_time", {M}},
        {F::abs, "abs", {V}},
        {F::ceil, "ceil", {V}},
        {F::floor, "floor", {V}},
        {F::exp, "exp", {V}},
        {F::sqrt, "sqrt", {V}},
        {F::ln, "ln", {V}},
        {F::log2, "log2", {V}},
        {F::log10, "log10", {V}},
        {F::sin, "sin", {V}},
        {F::cos, "cos", {V}},
        {F::tan, "tan", {V}},
        {F::asin, "asin", {V}},
        {F::acos, "acos", {V}},
        {F::atan, "atan", {V}},
        {F::sinh, "sinh", {V}},
        {F::cosh, "cosh", {V}},
        {F::tanh, "tanh", {V}},
        {F::asinh, "asinh", {V}},
        {F::acosh, "acosh", {V}},
        {F::atanh, "atanh", {V}},
        {F::deg, "deg", {V}},
        {F::rad, "rad", {V}},
        {F::sgn, "sgn", {V}},
        {F::round, "round", {V, S}, 1},
        {F::clamp, "clamp", {V, S, S}},
        {F::clamp_min, "clamp_min", {V, S}},
        {F::clamp_max, "clamp_max", {V, S}},
        {F::minute, "minute", {V}, 1},
        {F::hour, "hour", {V}, 1},
        {F::day_of_month, "day_of_month", {V}, 1},
        {F::day_of_week, "day_of_week", {V}, 1},
        {F::day_of_year, "day_of_year", {V}, 1},
        {F::days_in_month, "days_in_month", {V}, 1},
        {F::month, "month", {V}, 1},
        {F::year, "year", {V}, 1},
        {F::label_replace, "label_replace", {V, T, T, T, T}},
        {F::label_join, "label_join", {V, T, T, T}, -1},
        {F::sort, "sort", {V}},
        {F::sort_desc, "sort_desc", {V}},
        {F::sort_by_label, "sort_by_label", {V, T}, -1},
        {F::sort_by_label_desc, "sort_by_label_desc", {V, T}, -1},
        {F::absent, "absent", {V}},
        {F::scalar, "scalar", {V}, 0, S},
        {F::vector, "vector", {S}},
        {F::time, "time", {}, 0, S},
        {F::timestamp, "timestamp", {V}},
        {F::pi, "pi", {}, 0, S},
        {F::info, "info", {V, V}, 1},
        {F::start, "start", {}, 0, S},
        {F::end, "end", {}, 0, S},
        {F::step, "step", {}, 0, S},
        {F::range, "range", {}, 0, S},
        {F::min_of, "min_of", {S, S}, 0, S},
        {F::max_of, "max_of", {S, S}, 0, S},
        {F::start_timestamp, "start_timestamp", {V}},
        {F::histogram_quantile, "histogram_quantile", {S, V}},
        {F::histogram_quantiles, "histogram_quantiles", {V, T, S, S}, 9},
        {F::histogram_fraction, "histogram_fraction", {S, S, V}},
        {F::histogram_avg, "histogram_avg", {V}},
        {F::histogram_count, "histogram_count", {V}},
        {F::histogram_sum, "histogram_sum", {V}},
        {F::histogram_stddev, "histogram_stddev", {V}},
        {F::histogram_stdvar, "histogram_stdvar", {V}},
    };
    std::sort(t.begin(), t.end(), [](const Function& a, const Function& b) { return a.name < b.name; });
    return t;
  }();
  return functions;
}

}  // namespace

const Function* find_function(std::string_view name) {
  const auto& t = table();
  const auto at = std::lower_bound(t.begin(), t.end(), name, [](const Function& f, std::string_view n) { return f.name < n; });
  return at != t.end() && at->name == name ? &*at : nullptr;
}

std::span<const Function> all_functions() { return table(); }

}  // namespace tacho::query
