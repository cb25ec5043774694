// The syntax tree of a query: what was written, before any time or data is known.
//
// Shape    a tree of Expr; each holds one node. Positions are byte offsets into the parsed text.
// Threads  immutable once parsed; shared freely.
// Source   Prometheus's grammar (promql/parser), version 3, with its experimental parts: duration arithmetic, fill
//          modifiers, anchored and smoothed selectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/engine/result.h"
#include "store/matcher.h"

namespace tacho::query {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;
struct Function;  // functions.h

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Arithmetic over durations, as in [5m*2] or offset (step()+1s). Values are seconds.
struct DurationExpr {
  enum class Op { literal, negate, add, sub, mul, div, mod, pow, step, range, min_of, max_of };
  Op op = Op::literal;
  double value = 0;        // of a literal
  bool is_number = false;  // the literal was written without a unit
  bool parenthesised = false;
  std::unique_ptr<DurationExpr> lhs, rhs;
};

// A literal length of time, or an expression for one that is known only when the query runs.
struct Duration {
  std::int64_t ms = 0;
  std::unique_ptr<DurationExpr> expr;  // null for a literal
};

enum class AtKind : std::uint8_t { none, timestamp, start, end };

// The @ and offset modifiers.
struct TimeShift {
  AtKind at = AtKind::none;
  TimeMs at_ms = 0;
  bool has_offset = false;
  Duration offset;
};

struct NumberLiteral {
  double value = 0;
  bool is_duration = false;  // written as 5m
};

struct StringLiteral {
  std::string value;
};

struct VectorSelector {
  std::string name;  // written before or inside the braces; also a matcher, the last one
  std::vector<store::Matcher> matchers;
  TimeShift shift;
  bool anchored = false;
  bool smoothed = false;
};

struct MatrixSelector {
  ExprPtr selector;  // a VectorSelector, which holds the shift
  Duration range;
};

struct Subquery {
  ExprPtr expr;
  Duration range;
  bool has_step = false;
  Duration step;
  TimeShift shift;
};

struct Call {
  const Function* function = nullptr;
  std::vector<ExprPtr> args;
};

enum class AggregateOp : std::uint8_t {
  sum,
  avg,
  min,
  max,
  count,
  group,
  stddev,
  stdvar,
  topk,
  bottomk,
  quantile,
  count_values,
  limitk,
  limit_ratio
};
const char* aggregate_name(AggregateOp op);
std::optional<AggregateOp> aggregate_of(std::string_view lower_case_name);
bool takes_parameter(AggregateOp op);

struct Aggregate {
  AggregateOp op = AggregateOp::sum;
  ExprPtr expr;
  ExprPtr parameter;  // null unless takes_parameter(op)
  std::vector<std::string> grouping;
  bool without = false;
};

enum class BinaryOp : std::uint8_t {
  add,
  sub,
  mul,
  div,
  mod,
  pow,
  atan2,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  land,
  lor,
  lunless,
  trim_upper,
  trim_lower
};
const char* binary_name(BinaryOp op);
bool is_comparison(BinaryOp op);
bool is_set_operator(BinaryOp op);

enum class Cardinality : std::uint8_t { one_to_one, many_to_one, one_to_many, many_to_many };

struct VectorMatching {
  Cardinality card = Cardinality::one_to_one;
  bool on = false;                   // else ignoring
  std::vector<std::string> labels;   // of on/ignoring
  std::vector<std::string> include;  // of group_left/group_right
  std::optional<double> fill_left;
  std::optional<double> fill_right;
};

struct Binary {
  BinaryOp op = BinaryOp::add;
  ExprPtr lhs, rhs;
  bool return_bool = false;
  bool vector_vector = false;  // both sides are vectors; matching means something only then
  VectorMatching matching;
  Span op_span;
};

struct Unary {
  bool negative = false;
  ExprPtr expr;
};

struct Paren {
  ExprPtr expr;
};

struct Expr {
  using Node =
      std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Call, Aggregate, Binary, Unary, Paren>;
  Span span;
  ValueType type = ValueType::none;
  Node node;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&node);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&node);
  }
};

// Without the parentheses around it.
const Expr& unwrap(const Expr& expr);
// The direct sub-expressions, in the order of the text.
std::vector<const Expr*> children(const Expr& expr);

// "3:14" for a byte offset: line and column, both from 1.
std::string line_column(std::string_view text, std::size_t offset);

}  // namespace tacho::query
