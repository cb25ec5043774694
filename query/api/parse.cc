// parse_query: a query's tree as JSON, as Prometheus 3's own page and its clients draw it. Keys in order of the alphabet, as Go writes maps.
#include "query/api/handlers.h"
#include "query/language/functions.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

void write_node(JsonText& out, const Expr* expr);

void text(JsonText& out, std::string_view name, std::string_view value) {
  out.raw(name);
  out.string(value);
}

void flag(JsonText& out, std::string_view name, bool value) {
  out.raw(name);
  out.raw(value ? "true" : "false");
}

void number(JsonText& out, std::string_view name, std::int64_t value) {
  out.raw(name);
  out.integer(value);
}

void node(JsonText& out, std::string_view name, const Expr* expr) {
  out.raw(name);
  write_node(out, expr);
}

void texts(JsonText& out, std::string_view name, const std::vector<std::string>& list) {
  out.raw(name);
  out.strings(list);
}

void write_matchers(JsonText& out, const std::vector<store::Matcher>& matchers) {
  constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
  out.raw(R"(,"matchers":[)");
  bool first = true;
  for (const store::Matcher& m : matchers) {
    if (!std::exchange(first, false)) out.raw(',');
    text(out, R"({"name":)", m.label());
    text(out, R"(,"type":)", kOps[static_cast<std::size_t>(m.op())]);
    text(out, R"(,"value":)", m.value());
    out.raw('}');
  }
  out.raw(']');
}

void write_start_or_end(JsonText& out, const TimeShift& shift) {
  out.raw(R"(,"startOrEnd":)");
  out.raw(shift.at == AtKind::start ? R"("start")" : shift.at == AtKind::end ? R"("end")" : "null");
}

void write_timestamp(JsonText& out, const TimeShift& shift) {
  if (shift.at == AtKind::timestamp) return number(out, R"(,"timestamp":)", shift.at_ms);
  out.raw(R"(,"timestamp":null)");
}

// Lengths of time in milliseconds; one that is computed is not known yet and reads 0, as Prometheus has it.
void write_selector(JsonText& out, const VectorSelector& v, const Duration* range) {
  flag(out, R"({"anchored":)", v.anchored);
  write_matchers(out, v.matchers);
  text(out, R"(,"name":)", v.name);
  number(out, R"(,"offset":)", v.shift.offset.ms);
  if (range) number(out, R"(,"range":)", range->ms);
  flag(out, R"(,"smoothed":)", v.smoothed);
  write_start_or_end(out, v.shift);
  write_timestamp(out, v.shift);
  text(out, R"(,"type":)", range ? "matrixSelector" : "vectorSelector");
}

void write_fill(JsonText& out, std::string_view name, const std::optional<double>& value) {
  out.raw(name);
  if (value) return out.number(*value);
  out.raw("null");
}

void write_matching(JsonText& out, const Binary& b) {
  if (!b.vector_vector) return out.raw(R"(,"matching":null)");
  constexpr std::string_view kCards[] = {"one-to-one", "many-to-one", "one-to-many", "many-to-many"};
  const VectorMatching& m = b.matching;
  text(out, R"(,"matching":{"card":)", kCards[static_cast<std::size_t>(m.card)]);
  write_fill(out, R"(,"fillValues":{"lhs":)", m.fill_left);
  write_fill(out, R"(,"rhs":)", m.fill_right);
  texts(out, R"(},"include":)", m.include);
  texts(out, R"(,"labels":)", m.labels);
  flag(out, R"(,"on":)", m.on);
  out.raw('}');
}

void write(JsonText& out, const NumberLiteral& n) {
  out.raw(R"({"type":"numberLiteral")");
  text(out, R"(,"val":)", go_fixed(n.value));
}

void write(JsonText& out, const StringLiteral& s) {
  out.raw(R"({"type":"stringLiteral")");
  text(out, R"(,"val":)", s.value);
}

void write(JsonText& out, const VectorSelector& v) { write_selector(out, v, nullptr); }

void write(JsonText& out, const MatrixSelector& m) { write_selector(out, *m.selector->as<VectorSelector>(), &m.range); }

void write(JsonText& out, const Subquery& s) {
  node(out, R"({"expr":)", s.expr.get());
  number(out, R"(,"offset":)", s.shift.offset.ms);
  number(out, R"(,"range":)", s.range.ms);
  write_start_or_end(out, s.shift);
  number(out, R"(,"step":)", s.step.ms);
  write_timestamp(out, s.shift);
  out.raw(R"(,"type":"subquery")");
}

void write(JsonText& out, const Call& c) {
  out.raw(R"({"args":[)");
  for (std::size_t i = 0; i < c.args.size(); ++i) {
    if (i > 0) out.raw(',');
    write_node(out, c.args[i].get());
  }
  out.raw(R"(],"func":{"argTypes":[)");
  for (std::size_t i = 0; i < c.function->args.size(); ++i) text(out, i > 0 ? "," : "", value_type_name(c.function->args[i]));
  text(out, R"(],"name":)", c.function->name);
  text(out, R"(,"returnType":)", value_type_name(c.function->result));
  number(out, R"(,"variadic":)", c.function->variadic);
  out.raw(R"(},"type":"call")");
}

void write(JsonText& out, const Aggregate& a) {
  node(out, R"({"expr":)", a.expr.get());
  texts(out, R"(,"grouping":)", a.grouping);
  text(out, R"(,"op":)", aggregate_name(a.op));
  node(out, R"(,"param":)", a.parameter.get());
  out.raw(R"(,"type":"aggregation")");
  flag(out, R"(,"without":)", a.without);
}

void write(JsonText& out, const Binary& b) {
  flag(out, R"({"bool":)", b.return_bool);
  node(out, R"(,"lhs":)", b.lhs.get());
  write_matching(out, b);
  text(out, R"(,"op":)", binary_name(b.op));
  node(out, R"(,"rhs":)", b.rhs.get());
  out.raw(R"(,"type":"binaryExpr")");
}

void write(JsonText& out, const Unary& u) {
  node(out, R"({"expr":)", u.expr.get());
  text(out, R"(,"op":)", u.negative ? "-" : "+");
  out.raw(R"(,"type":"unaryExpr")");
}

void write(JsonText& out, const Paren& p) {
  node(out, R"({"expr":)", p.expr.get());
  out.raw(R"(,"type":"parenExpr")");
}

void write_node(JsonText& out, const Expr* expr) {
  if (!expr) return out.raw("null");
  std::visit([&out](const auto& n) { write(out, n); }, expr->node);
  out.raw('}');
}

}  // namespace

ApiResult<std::string> answer_parse_query(const ApiContext&, const HttpRequest& r) {
  const auto expr = parse(r.param("query").value_or(""));
  if (!expr) return query_error(expr.error());
  return api_success_json([&](JsonText& out) { write_node(out, expr->get()); });
}

}  // namespace tacho::query
