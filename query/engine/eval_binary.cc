// Binary operators where at most one side is a vector, and the set operators. Matching of two vectors is in
// matching.cc.
#include <algorithm>

#include "query/engine/binary_ops.h"
#include "query/engine/eval.h"
#include "query/engine/grouping.h"
#include "query/engine/matching.h"

namespace tacho::query {
namespace {

Matrix scalar_scalar(BinaryOp op, Matrix lhs, const Matrix& rhs) {
  const auto a = lhs.values(0);
  const auto b = rhs.values(0);
  with_operator(op, [&](auto f) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = f(a[i], b[i]);
  });
  return lhs;
}

// A comparison keeps the vector's value, whichever side it stands on.
void compare_row(const Binary& b, std::span<double> v, std::span<std::uint8_t> present, std::span<const double> s, bool swapped) {
  with_operator(b.op, [&](auto f) {
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double keep = swapped ? f(s[i], v[i]) : f(v[i], s[i]);
      if (b.return_bool) {
        v[i] = keep;
      } else if (keep == 0) {
        present[i] = 0;
      }
    }
  });
}

void compute_row(BinaryOp op, std::span<double> v, std::span<const double> s, bool swapped) {
  with_operator(op, [&](auto f) {
    if (swapped) {
      for (std::size_t i = 0; i < v.size(); ++i) v[i] = f(s[i], v[i]);
    } else {
      for (std::size_t i = 0; i < v.size(); ++i) v[i] = f(v[i], s[i]);
    }
  });
}

Values vector_scalar(const Binary& b, Matrix vector, const Matrix& scalar, bool swapped) {
  const auto s = scalar.values(0);
  for (std::size_t r = 0; r < vector.rows(); ++r) {
    if (is_comparison(b.op)) {
      compare_row(b, vector.values(r), vector.present(r), s, swapped);
    } else {
      compute_row(b.op, vector.values(r), s, swapped);
    }
  }
  if (is_comparison(b.op) && !b.return_bool) {
    vector.remove_empty_rows();
    return vector;
  }
  if (auto status = drop_names(vector); !status) return std::unexpected(status.error());
  return vector;
}

// For each group: at which steps it has a value.
std::vector<std::uint8_t> presence(const Matrix& m, const std::vector<std::size_t>& groups, std::size_t count) {
  std::vector<std::uint8_t> out(count * m.steps(), 0);
  for (std::size_t r = 0; r < m.rows(); ++r) {
    const auto p = m.present(r);
    std::uint8_t* to = out.data() + groups[r] * m.steps();
    for (std::size_t i = 0; i < m.steps(); ++i) to[i] |= p[i];
  }
  return out;
}

void mask(Matrix& m, const std::vector<std::size_t>& groups, const std::vector<std::uint8_t>& by, bool keep_where) {
  for (std::size_t r = 0; r < m.rows(); ++r) {
    const auto p = m.present(r);
    const std::uint8_t* with = by.data() + groups[r] * m.steps();
    for (std::size_t i = 0; i < m.steps(); ++i) p[i] &= keep_where ? with[i] : with[i] ^ 1U;
  }
  m.remove_empty_rows();
}

Values set_operation(const Binary& b, Matrix lhs, Matrix rhs) {
  Grouping grouping(b.matching.labels, b.matching.on);
  const auto left = grouping.add(lhs);
  const auto right = grouping.add(rhs);
  if (b.op != BinaryOp::lor) {
    mask(lhs, left, presence(rhs, right, grouping.count()), b.op == BinaryOp::land);
    return lhs;
  }
  mask(rhs, right, presence(lhs, left, grouping.count()), false);
  for (std::size_t r = 0; r < rhs.rows(); ++r) {
    const std::size_t to = lhs.add_row(rhs.key(r));
    std::ranges::copy(rhs.values(r), lhs.values(to).begin());
    std::ranges::copy(rhs.present(r), lhs.present(to).begin());
  }
  if (!merge_equal_rows(lhs)) return execution_error(std::string(kSameLabels));
  return lhs;
}

}  // namespace

Values Evaluator::eval_binary(const Binary& b, const Grid& grid) {
  if (b.op == BinaryOp::trim_lower || b.op == BinaryOp::trim_upper) {
    return execution_error("not supported yet: operators on native histograms");
  }
  auto lhs = eval(*b.lhs, grid);
  if (!lhs) return lhs;
  auto rhs = eval(*b.rhs, grid);
  if (!rhs) return rhs;
  const bool left_scalar = b.lhs->type == ValueType::scalar;
  const bool right_scalar = b.rhs->type == ValueType::scalar;
  if (left_scalar && right_scalar) return scalar_scalar(b.op, std::move(*lhs), *rhs);
  if (left_scalar) return vector_scalar(b, std::move(*rhs), *lhs, true);
  if (right_scalar) return vector_scalar(b, std::move(*lhs), *rhs, false);
  if (is_set_operator(b.op)) return set_operation(b, std::move(*lhs), std::move(*rhs));
  return match_vectors(env_, b, *lhs, *rhs);
}

}  // namespace tacho::query
