#include "query/engine/result.h"

namespace tacho::query {

const char* error_kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_data: return "bad_data";
    case ErrorKind::execution: return "execution";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::canceled: break;
  }
  return "canceled";
}

const char* value_type_name(ValueType type) {
  switch (type) {
    case ValueType::none: break;
    case ValueType::scalar: return "scalar";
    case ValueType::vector: return "vector";
    case ValueType::matrix: return "matrix";
    case ValueType::string: return "string";
  }
  return "none";
}

}  // namespace tacho::query
