#include "query/env.h"

#include <fmt/format.h>

#include <algorithm>

namespace tacho::query {

void Notes::add(std::vector<std::string>& list, std::string_view kind, std::string_view message, const Span& at) {
  std::string note = fmt::format("{}{} ({})", kind, message, line_column(text_, at.begin));
  if (std::find(list.begin(), list.end(), note) == list.end()) list.push_back(std::move(note));
}

Status Env::check() const {
  if (stop && stop->load(std::memory_order_relaxed)) {
    return std::unexpected(QueryError{ErrorKind::canceled, "query was canceled in expression evaluation", {}});
  }
  if (deadline_ns != 0 && static_cast<std::int64_t>(system_clock().mono()) > deadline_ns) {
    return std::unexpected(QueryError{ErrorKind::timeout, "query timed out in expression evaluation", {}});
  }
  return {};
}

Status Env::charge(std::size_t cells) {
  cells_ += cells;
  if (cells_ <= samples_max) return check();
  return execution_error(
      fmt::format("query processing would load too many samples into memory in query execution: the limit is {} "
                  "(query samples_max); "
                  "ask for a shorter time, a longer step or fewer series, or raise the limit",
                  samples_max));
}

std::unexpected<QueryError> execution_error(std::string message) {
  return std::unexpected(QueryError{ErrorKind::execution, std::move(message), {}});
}

Status drop_names(Matrix& matrix) {
  // Rows had different labels before; they can only meet now when a name told them apart.
  bool can_meet = false;
  for (std::size_t r = 1; r < matrix.rows() && !can_meet; ++r) {
    can_meet = !same_metadata(matrix.key(0), matrix.key(r));
  }
  for (std::size_t r = 0; r < matrix.rows(); ++r) matrix.key(r).nameless = true;
  if (!can_meet) return {};
  if (!merge_equal_rows(matrix)) return execution_error(std::string(kSameLabels));
  return {};
}

}  // namespace tacho::query
