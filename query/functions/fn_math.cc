// Functions of one value.
#include <cmath>
#include <numbers>

#include "query/engine/numeric.h"
#include "query/functions/vector_functions.h"

namespace tacho::query {
namespace {

template <class F>
void map(Matrix& m, F f) {
  for (std::size_t r = 0; r < m.rows(); ++r) {
    for (double& v : m.values(r)) v = f(v);
  }
}

// f(value, step)
template <class F>
void map_steps(Matrix& m, F f) {
  for (std::size_t r = 0; r < m.rows(); ++r) {
    const auto v = m.values(r);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = f(v[i], i);
  }
}

void clamp(VectorCall& call, Matrix& m) {
  const bool has_min = call.id() != FunctionId::clamp_max;
  const bool has_max = call.id() != FunctionId::clamp_min;
  const auto low = [&](std::size_t i) { return has_min ? call.scalar(1)[i] : -HUGE_VAL; };
  const auto high = [&](std::size_t i) { return has_max ? call.scalar(has_min ? 2 : 1)[i] : HUGE_VAL; };
  map_steps(m, [&](double v, std::size_t i) { return go_max(low(i), go_min(high(i), v)); });
  for (std::size_t i = 0; i < m.steps(); ++i) {
    if (!(high(i) < low(i))) continue;
    for (std::size_t r = 0; r < m.rows(); ++r) m.present(r)[i] = 0;
  }
  m.remove_empty_rows();
}

void round(VectorCall& call, Matrix& m) {
  map_steps(m, [&](double v, std::size_t i) {
    // Times the inverse: dividing by 0.1 would be off in the last digit more often.
    const double inverse = 1.0 / (call.count() > 1 ? call.scalar(1)[i] : 1.0);
    return std::floor(v * inverse + 0.5) / inverse;
  });
}

void compute(VectorCall& call, Matrix& m) {
  using F = FunctionId;
  switch (call.id()) {
    case F::abs: return map(m, [](double v) { return std::fabs(v); });
    case F::ceil: return map(m, [](double v) { return std::ceil(v); });
    case F::floor: return map(m, [](double v) { return std::floor(v); });
    case F::exp: return map(m, [](double v) { return std::exp(v); });
    case F::sqrt: return map(m, [](double v) { return std::sqrt(v); });
    case F::ln: return map(m, [](double v) { return std::log(v); });
    case F::log2: return map(m, [](double v) { return std::log2(v); });
    case F::log10: return map(m, [](double v) { return std::log10(v); });
    case F::sin: return map(m, [](double v) { return std::sin(v); });
    case F::cos: return map(m, [](double v) { return std::cos(v); });
    case F::tan: return map(m, [](double v) { return std::tan(v); });
    case F::asin: return map(m, [](double v) { return std::asin(v); });
    case F::acos: return map(m, [](double v) { return std::acos(v); });
    case F::atan: return map(m, [](double v) { return std::atan(v); });
    case F::sinh: return map(m, [](double v) { return std::sinh(v); });
    case F::cosh: return map(m, [](double v) { return std::cosh(v); });
    case F::tanh: return map(m, [](double v) { return std::tanh(v); });
    case F::asinh: return map(m, [](double v) { return std::asinh(v); });
    case F::acosh: return map(m, [](double v) { return std::acosh(v); });
    case F::atanh: return map(m, [](double v) { return std::atanh(v); });
    case F::deg: return map(m, [](double v) { return v * 180 / std::numbers::pi; });
    case F::rad: return map(m, [](double v) { return v * std::numbers::pi / 180; });
    case F::sgn: return map(m, [](double v) { return v < 0 ? -1 : v > 0 ? 1 : v; });
    case F::round: return round(call, m);
    default: return clamp(call, m);
  }
}

}  // namespace

Values math_family(VectorCall& call) {
  Matrix m = std::move(call.args[0]);
  compute(call, m);
  if (auto status = drop_names(m); !status) return std::unexpected(status.error());
  return m;
}

}  // namespace tacho::query
