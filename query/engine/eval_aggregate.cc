// Aggregations: rows are put into groups once, then every row is folded into its group over all steps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "query/engine/eval.h"
#include "query/engine/grouping.h"
#include "query/engine/numeric.h"
#include "query/functions/best_of_steps.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

using Groups = std::vector<std::size_t>;

// Calls f(group's cell, value) for every value, row after row: the order in which Prometheus adds them up.
template <class F>
void fold(const Matrix& in, const Groups& groups, F&& f) {
  for (std::size_t r = 0; r < in.rows(); ++r) {
    const auto values = in.values(r);
    const auto present = in.present(r);
    const std::size_t base = groups[r] * in.steps();
    for (std::size_t i = 0; i < in.steps(); ++i) {
      if (present[i]) f(base + i, values[i]);
    }
  }
}

template <class Cell, class Add, class Value>
void fold_into(Matrix& out, const Matrix& in, const Groups& groups, Add add, Value value) {
  std::vector<Cell> cells(out.rows() * out.steps());
  std::vector<std::uint8_t> seen(cells.size(), 0);
  fold(in, groups, [&](std::size_t at, double v) {
    add(cells[at], v, seen[at] == 0);
    seen[at] = 1;
  });
  for (std::size_t g = 0; g < out.rows(); ++g) {
    for (std::size_t i = 0; i < out.steps(); ++i) {
      const std::size_t at = g * out.steps() + i;
      if (!seen[at]) continue;
      out.values(g)[i] = value(cells[at]);
      out.present(g)[i] = 1;
    }
  }
}

struct Variance {
  double count = 0, mean = 0, aux = 0;
};

void add_to_variance(Variance& c, double v, bool first) {
  if (first) {
    c = {1, v, std::isfinite(v) ? 0 : normal_nan()};
    return;
  }
  c.count += 1;
  const double delta = v - c.mean;
  c.mean += delta / c.count;
  c.aux += delta * (v - c.mean);
}

void simple_aggregate(AggregateOp op, Matrix& out, const Matrix& in, const Groups& groups) {
  const auto same = [](double c) { return c; };
  switch (op) {
    case AggregateOp::sum:
      return fold_into<KahanSum>(
          out, in, groups,
          [](KahanSum& c, double v, bool first) {
            if (first) {
              c = {v, 0};
            } else {
              c.add(v);
            }
          },
          [](const KahanSum& c) { return c.sum + c.c; });
    case AggregateOp::avg:
      return fold_into<RunningMean>(
          out, in, groups, [](RunningMean& c, double v, bool) { c.add(v); }, [](const RunningMean& c) { return c.value(); });
    case AggregateOp::min:
      return fold_into<double>(
          out, in, groups,
          [](double& c, double v, bool first) {
            if (first || c > v || std::isnan(c)) c = v;
          },
          same);
    case AggregateOp::max:
      return fold_into<double>(
          out, in, groups,
          [](double& c, double v, bool first) {
            if (first || c < v || std::isnan(c)) c = v;
          },
          same);
    case AggregateOp::count: return fold_into<double>(out, in, groups, [](double& c, double, bool) { c += 1; }, same);
    case AggregateOp::stdvar:
      return fold_into<Variance>(out, in, groups, add_to_variance, [](const Variance& c) { return c.aux / c.count; });
    case AggregateOp::stddev:
      return fold_into<Variance>(out, in, groups, add_to_variance, [](const Variance& c) { return std::sqrt(c.aux / c.count); });
    default: return fold_into<double>(out, in, groups, [](double& c, double, bool) { c = 1; }, same);
  }
}

void quantile_aggregate(Matrix& out, const Matrix& in, const Groups& groups, std::span<const double> q) {
  std::vector<std::vector<double>> values(out.rows());
  for (std::size_t i = 0; i < in.steps(); ++i) {
    for (auto& v : values) v.clear();
    for (std::size_t r = 0; r < in.rows(); ++r) {
      if (in.present(r)[i]) values[groups[r]].push_back(in.values(r)[i]);
    }
    for (std::size_t g = 0; g < out.rows(); ++g) {
      if (values[g].empty()) continue;
      out.values(g)[i] = quantile(q[i], values[g]);
      out.present(g)[i] = 1;
    }
  }
}

// Row numbers of each group that have a value at step i.
void rows_at(const Matrix& in, const Groups& groups, std::size_t i, std::vector<std::vector<std::size_t>>& out) {
  for (auto& rows : out) rows.clear();
  for (std::size_t r = 0; r < in.rows(); ++r) {
    if (in.present(r)[i]) out[groups[r]].push_back(r);
  }
}

// The best k first; of equal values the earlier series.
void choose_best(const Matrix& in, std::size_t i, bool largest, std::size_t k, std::vector<std::size_t>& rows) {
  const auto better = [&](std::size_t a, std::size_t b) {
    const double va = in.values(a)[i], vb = in.values(b)[i];
    return is_better(va, vb, largest) || (!is_better(vb, va, largest) && a < b);
  };
  if (k < rows.size()) {
    std::nth_element(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(k), rows.end(), better);
    rows.resize(k);
  }
  std::sort(rows.begin(), rows.end(), better);
}

// A series is in or out by a hash of its labels, so that limit_ratio(r) and limit_ratio(r - 1) share out all of them.
bool in_ratio(const RowKey& key, double ratio) {
  const double position = static_cast<double>(key.hash()) / 18446744073709551615.0;
  return ratio >= 0 ? position < ratio : position >= 1 + ratio;
}

void choose(AggregateOp op, const Matrix& in, std::size_t i, double parameter, std::vector<std::size_t>& rows) {
  if (op == AggregateOp::limit_ratio) {
    const double ratio = std::clamp(parameter, -1.0, 1.0);
    std::erase_if(rows, [&](std::size_t r) { return ratio == 0 || !in_ratio(in.key(r), ratio); });
    return;
  }
  const std::size_t k = parameter < 1 ? 0 : static_cast<std::size_t>(std::min(parameter, 1e9));
  if (op == AggregateOp::limitk) {
    rows.resize(std::min(rows.size(), k));
  } else {
    choose_best(in, i, op == AggregateOp::topk, k, rows);
  }
}

// Series of the input, at the steps where they were chosen.
Matrix choosing_aggregate(AggregateOp op, const Matrix& in, const Groups& groups, std::size_t group_count,
                          std::span<const double> parameter) {
  Matrix out = in;
  for (std::size_t r = 0; r < out.rows(); ++r) std::ranges::fill(out.present(r), std::uint8_t{0});
  const bool is_best = op == AggregateOp::topk || op == AggregateOp::bottomk;
  if (is_best && in.steps() > 1 && BestOfSteps::suits(in, group_count, parameter)) {
    BestOfSteps(in, group_count, parameter, op == AggregateOp::topk).mark(groups, out);
    out.remove_empty_rows();
    return out;
  }
  std::vector<std::vector<std::size_t>> rows(group_count);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < in.steps(); ++i) {
    rows_at(in, groups, i, rows);
    for (auto& group : rows) {
      choose(op, in, i, parameter[i], group);
      for (const std::size_t r : group) out.present(r)[i] = 1;
      if (in.steps() == 1) order.insert(order.end(), group.begin(), group.end());
    }
  }
  if (in.steps() == 1) {
    out.reorder(order);
  } else {
    out.remove_empty_rows();
  }
  return out;
}

Values count_values(Env& env, const Aggregate& a, const Matrix& in, const std::string& label) {
  if (label.empty()) return execution_error("invalid label name " + go_quoted(label));
  Matrix out(in.steps());
  RowIndex index(out);
  for (std::size_t r = 0; r < in.rows(); ++r) {
    for (std::size_t i = 0; i < in.steps(); ++i) {
      if (!in.present(r)[i]) continue;
      Labels labels = in.key(r).to_labels();
      labels.set(label, go_fixed(in.values(r)[i]));
      // The new label counts for `without`, and for `by` only when it is named: Prometheus adds it to the list.
      std::vector<std::string> names = a.grouping;
      if (!a.without) names.push_back(label);
      const Labels* kept = env.keep(Grouping(std::move(names), !a.without).labels_of({&labels}));
      const std::size_t to = index.row({kept});
      out.values(to)[i] += 1;
      out.present(to)[i] = 1;
    }
    if (auto status = env.check(); !status) return std::unexpected(status.error());
  }
  return out;
}

Status check_parameter(Env& env, const Aggregate& a, std::span<const double> p) {
  const bool any_nan = std::any_of(p.begin(), p.end(), [](double v) { return std::isnan(v); });
  double least = HUGE_VAL, most = -HUGE_VAL;
  for (const double v : p) {
    least = std::min(least, std::isnan(v) ? HUGE_VAL : v);
    most = std::max(most, std::isnan(v) ? -HUGE_VAL : v);
  }
  const Span& at = a.parameter->span;
  if (a.op == AggregateOp::quantile) {
    const auto warn = [&](double q) {
      env.notes.warn(fmt::format("quantile value should be between 0 and 1, got {}", go_general(q)), at);
    };
    if (any_nan) warn(normal_nan());
    if (most > 1) warn(most);
    if (least < 0) warn(least);
    return {};
  }
  if (a.op == AggregateOp::limit_ratio) {
    if (any_nan) return execution_error("Ratio value is NaN");
    const auto warn = [&](double v, double to) {
      env.notes.warn(fmt::format("ratio value should be between -1 and 1, got {}, capping to {}", go_general(v), go_general(to)),
                     at);
    };
    if (most > 1) warn(most, 1);
    if (least < -1) warn(least, -1);
    return {};
  }
  if (any_nan) return execution_error("Parameter value is NaN");
  for (const double v : {most, least}) {
    if (!(std::fabs(v) < 9223372036854774784.0))
      return execution_error(fmt::format("Scalar value {} overflows int64", go_general(v)));
  }
  return {};
}

}  // namespace

Values Evaluator::eval_aggregate(const Expr&, const Aggregate& a, const Grid& grid) {
  const bool has_number = a.parameter && a.op != AggregateOp::count_values;
  Matrix parameter;
  if (has_number) {
    auto p = eval(*a.parameter, grid);
    if (!p) return p;
    parameter = std::move(*p);
    if (auto status = check_parameter(env_, a, parameter.values(0)); !status) return std::unexpected(status.error());
  }
  auto in = eval(*a.expr, grid);
  if (!in) return in;
  if (a.op == AggregateOp::count_values) {
    return count_values(env_, a, *in, unwrap(*a.parameter).as<StringLiteral>()->value);
  }
  Grouping grouping(a.grouping, !a.without);
  const Groups groups = grouping.add(*in);
  if (a.op == AggregateOp::topk || a.op == AggregateOp::bottomk || a.op == AggregateOp::limitk ||
      a.op == AggregateOp::limit_ratio) {
    return choosing_aggregate(a.op, *in, groups, grouping.count(), parameter.values(0));
  }
  if (auto status = env_.admit(grouping.count() * grid.count); !status) return std::unexpected(status.error());
  Matrix out(grid.count);
  out.reserve(grouping.count());
  for (std::size_t r = 0; r < in->rows(); ++r) {
    if (groups[r] == out.rows()) out.add_row({env_.keep(grouping.labels_of(in->key(r)))});
  }
  if (a.op == AggregateOp::quantile) {
    quantile_aggregate(out, *in, groups, parameter.values(0));
  } else {
    simple_aggregate(a.op, out, *in, groups);
  }
  return out;
}

}  // namespace tacho::query
