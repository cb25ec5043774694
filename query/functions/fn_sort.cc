// The order of an instant query's result. A range query is always ordered by labels, which it says in a warning.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "query/functions/vector_functions.h"

namespace tacho::query {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The run of digits or of other characters at the text's start.
std::string_view chunk(std::string_view s) {
  std::size_t n = 1;
  while (n < s.size() && is_digit(s[n]) == is_digit(s[0])) ++n;
  return s.substr(0, n);
}

std::string_view without_zeros(std::string_view digits) {
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return digits;
}

// "cpu9" before "cpu10": runs of digits compare as numbers. <0, 0, >0
int natural_compare(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view ca = chunk(a), cb = chunk(b);
    if (is_digit(ca[0]) && is_digit(cb[0])) {
      const std::string_view na = without_zeros(ca), nb = without_zeros(cb);
      if (na.size() != nb.size()) return na.size() < nb.size() ? -1 : 1;
      if (const int order = na.compare(nb)) return order;
    } else if (const int order = ca.compare(cb)) {
      return order;
    }
    a.remove_prefix(ca.size());
    b.remove_prefix(cb.size());
  }
  return a.empty() ? (b.empty() ? 0 : -1) : 1;
}

bool by_value(const Matrix& m, std::size_t a, std::size_t b, bool descending) {
  const double va = m.values(a)[0], vb = m.values(b)[0];
  if (std::isnan(va) || std::isnan(vb)) return !std::isnan(va) && std::isnan(vb);
  return descending ? va > vb : va < vb;
}

bool by_label(const VectorCall& call, const Matrix& m, std::size_t a, std::size_t b) {
  for (std::size_t i = 1; i < call.count(); ++i) {
    const std::string_view la = m.key(a).get(call.text(i)), lb = m.key(b).get(call.text(i));
    if (la == lb) continue;
    const int order = natural_compare(la, lb);
    return order != 0 ? order < 0 : la < lb;
  }
  return labels_less(m.key(a), m.key(b));
}

}  // namespace

Values sort_family(VectorCall& call) {
  Matrix m = std::move(call.args[0]);
  if (call.env.is_range) {
    call.env.notes.warn("sort is ineffective for range queries since results are always ordered by labels", call.span);
    return m;
  }
  if (m.steps() != 1) return m;
  std::vector<std::size_t> order(m.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const FunctionId id = call.id();
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (id == FunctionId::sort_by_label) return by_label(call, m, a, b);
    if (id == FunctionId::sort_by_label_desc) return by_label(call, m, b, a);
    return by_value(m, a, b, id == FunctionId::sort_desc);
  });
  m.reorder(order);
  return m;
}

}  // namespace tacho::query
