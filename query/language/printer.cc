// A tree back to text, on one line, as Prometheus's format_query does for short expressions.
#include <fmt/format.h>
#include <limits>

#include <algorithm>

#include "proto/base/duration.h"
#include "query/engine/engine.h"
#include "query/language/functions.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

std::string labels_text(const std::vector<std::string>& labels) {
  std::string out = "(";
  for (const std::string& label : labels) {
    if (out.size() > 1) out += ", ";
    out += is_classic_label_name(label) ? label : go_quoted(label);
  }
  return out + ")";
}

std::string literal_text(double seconds, bool is_number) {
  return is_number ? go_fixed(seconds) : format_duration(static_cast<std::int64_t>(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5)));
}

std::string duration_expr_text(const DurationExpr& e) {
  using Op = DurationExpr::Op;
  const auto two = [&e](const char* name) {
    return fmt::format("{}({}, {})", name, duration_expr_text(*e.lhs), duration_expr_text(*e.rhs));
  };
  const auto infix = [&e](const char* op) {
    return fmt::format("{} {} {}", duration_expr_text(*e.lhs), op, duration_expr_text(*e.rhs));
  };
  std::string out;
  switch (e.op) {
    case Op::literal: out = literal_text(e.value, e.is_number); break;
    case Op::negate: out = "-" + duration_expr_text(*e.rhs); break;
    case Op::add: out = infix("+"); break;
    case Op::sub: out = infix("-"); break;
    case Op::mul: out = infix("*"); break;
    case Op::div: out = infix("/"); break;
    case Op::mod: out = infix("%"); break;
    case Op::pow: out = infix("^"); break;
    case Op::step: out = "step()"; break;
    case Op::range: out = "range()"; break;
    case Op::min_of: out = two("min_of"); break;
    case Op::max_of: out = two("max_of"); break;
  }
  return e.parenthesised ? "(" + out + ")" : out;
}

std::string duration_text(const Duration& d) { return d.expr ? duration_expr_text(*d.expr) : format_duration(d.ms); }

std::string at_text(const TimeShift& shift) {
  switch (shift.at) {
    case AtKind::none: return "";
    case AtKind::start: return " @ start()";
    case AtKind::end: return " @ end()";
    case AtKind::timestamp: break;
  }
  const bool negative = shift.at_ms < 0;
  const std::uint64_t ms = negative ? 0 - static_cast<std::uint64_t>(shift.at_ms) : static_cast<std::uint64_t>(shift.at_ms);
  return fmt::format(" @ {}{}.{:03}", negative ? "-" : "", ms / 1000, ms % 1000);
}

std::string offset_text(const TimeShift& shift) {
  // offset 0s changes nothing and is not printed, as in Prometheus.
  if (!shift.has_offset || (!shift.offset.expr && shift.offset.ms == 0)) return "";
  return " offset " + duration_text(shift.offset);
}

std::string matcher_text(const store::Matcher& m) {
  const std::string_view ops[] = {"=", "!=", "=~", "!~"};
  return fmt::format("{}{}{}", is_classic_label_name(m.label()) ? m.label() : go_quoted(m.label()),
                     ops[static_cast<std::size_t>(m.op())], go_quoted(m.value()));
}

std::string selector_core(const VectorSelector& v) {
  std::vector<std::string> parts;
  for (const store::Matcher& m : v.matchers) {
    const bool is_name = m.label() == kMetricName && m.op() == store::MatchOp::equal && m.value() == v.name;
    if (!is_name || v.name.empty()) parts.push_back(matcher_text(m));
  }
  std::sort(parts.begin(), parts.end());
  const bool classic = is_classic_metric_name(v.name);
  if (!v.name.empty() && !classic) parts.insert(parts.begin(), go_quoted(v.name));
  std::string out = classic ? v.name : "";
  if (!parts.empty()) out += fmt::format("{{{}}}", fmt::join(parts, ","));
  return out.empty() ? "{}" : out;
}

std::string extension_text(const VectorSelector& v) { return v.anchored ? " anchored" : v.smoothed ? " smoothed" : ""; }

std::string print(const Expr& e);

std::string print_node(const NumberLiteral& n) { return n.is_duration ? literal_text(n.value, false) : go_fixed(n.value); }

std::string print_node(const StringLiteral& s) { return go_quoted(s.value); }

std::string print_node(const VectorSelector& v) {
  return selector_core(v) + at_text(v.shift) + extension_text(v) + offset_text(v.shift);
}

std::string print_node(const MatrixSelector& m) {
  const auto& v = *m.selector->as<VectorSelector>();
  return fmt::format("{}[{}]{}{}{}", selector_core(v), duration_text(m.range), extension_text(v), at_text(v.shift),
                     offset_text(v.shift));
}

std::string print_node(const Subquery& s) {
  return fmt::format("{}[{}:{}]{}{}", print(*s.expr), duration_text(s.range), s.has_step ? duration_text(s.step) : "",
                     at_text(s.shift), offset_text(s.shift));
}

std::string print_node(const Call& c) {
  std::vector<std::string> args;
  for (const ExprPtr& arg : c.args) args.push_back(print(*arg));
  return fmt::format("{}({})", c.function->name, fmt::join(args, ", "));
}

std::string print_node(const Aggregate& a) {
  std::string out = aggregate_name(a.op);
  if (a.without) {
    out += " without " + labels_text(a.grouping) + " ";
  } else if (!a.grouping.empty()) {
    out += " by " + labels_text(a.grouping) + " ";
  }
  return fmt::format("{}({}{})", out, a.parameter ? print(*a.parameter) + ", " : "", print(*a.expr));
}

std::string fill_text(const VectorMatching& m) {
  // Bits, not values: fill(NaN) is one fill too.
  const auto same = [&m] { return go_general(*m.fill_left) == go_general(*m.fill_right); };
  if (m.fill_left && m.fill_right && same()) return fmt::format(" fill ({})", go_general(*m.fill_left));
  std::string out;
  if (m.fill_left) out += fmt::format(" fill_left ({})", go_general(*m.fill_left));
  if (m.fill_right) out += fmt::format(" fill_right ({})", go_general(*m.fill_right));
  return out;
}

std::string matching_text(const Binary& b) {
  if (!b.vector_vector) return "";
  const VectorMatching& m = b.matching;
  const bool grouped = m.card == Cardinality::many_to_one || m.card == Cardinality::one_to_many;
  std::string out;
  if (!m.labels.empty() || m.on || grouped) out += std::string(m.on ? " on " : " ignoring ") + labels_text(m.labels);
  if (grouped) {
    out += m.card == Cardinality::many_to_one ? " group_left " : " group_right ";
    out += labels_text(m.include);
  }
  return out + fill_text(m);
}

// Before ^, which binds tighter than a sign, infinity goes without its own: it would be read as a sign of the whole power.
std::string left_text(const Binary& b) {
  const auto* literal = std::get_if<NumberLiteral>(&b.lhs->node);
  if (b.op == BinaryOp::pow && literal != nullptr && literal->value == std::numeric_limits<double>::infinity()) return "Inf";
  return print(*b.lhs);
}

std::string print_node(const Binary& b) {
  return fmt::format("{} {}{}{} {}", left_text(b), binary_name(b.op), b.return_bool ? " bool" : "", matching_text(b),
                     print(*b.rhs));
}

std::string print_node(const Unary& u) { return (u.negative ? "-" : "+") + print(*u.expr); }
std::string print_node(const Paren& p) { return "(" + print(*p.expr) + ")"; }

std::string print(const Expr& e) {
  return std::visit([](const auto& node) { return print_node(node); }, e.node);
}

}  // namespace

std::string format(const Expr& expr) { return print(expr); }

}  // namespace tacho::query
