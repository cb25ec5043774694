// What the operators do to two numbers.
#pragma once

#include <cmath>

#include "query/language/ast.h"

namespace tacho::query {

// Calls body(f) with f(a, b) -> double for arithmetic; comparisons give 1 or 0.
template <class Body>
void with_operator(BinaryOp op, Body&& body) {
  switch (op) {
    case BinaryOp::add: return body([](double a, double b) { return a + b; });
    case BinaryOp::sub: return body([](double a, double b) { return a - b; });
    case BinaryOp::mul: return body([](double a, double b) { return a * b; });
    case BinaryOp::div: return body([](double a, double b) { return a / b; });
    case BinaryOp::mod: return body([](double a, double b) { return std::fmod(a, b); });
    case BinaryOp::pow: return body([](double a, double b) { return std::pow(a, b); });
    case BinaryOp::atan2: return body([](double a, double b) { return std::atan2(a, b); });
    case BinaryOp::eq: return body([](double a, double b) { return a == b ? 1.0 : 0.0; });
    case BinaryOp::ne: return body([](double a, double b) { return a != b ? 1.0 : 0.0; });
    case BinaryOp::lt: return body([](double a, double b) { return a < b ? 1.0 : 0.0; });
    case BinaryOp::le: return body([](double a, double b) { return a <= b ? 1.0 : 0.0; });
    case BinaryOp::gt: return body([](double a, double b) { return a > b ? 1.0 : 0.0; });
    case BinaryOp::ge: return body([](double a, double b) { return a >= b ? 1.0 : 0.0; });
    default: return;
  }
}

}  // namespace tacho::query
