#include "query/engine/env.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/base/duration.h"

namespace tacho::query {
namespace {

constexpr std::size_t kSampleBytes = 16;  // a time and a value
constexpr std::size_t kCellBytes = 9;     // of a Matrix

}  // namespace

void Notes::add(std::vector<std::string>& list, std::string_view kind, std::string_view message, const Span& at) {
  std::string note = fmt::format("{}{} ({})", kind, message, line_column(text_, at.begin));
  if (std::find(list.begin(), list.end(), note) == list.end()) list.push_back(std::move(note));
}

Status Env::check() const {
  if (stop && stop->load(std::memory_order_relaxed)) {
    return std::unexpected(QueryError{ErrorKind::canceled, "query was canceled in expression evaluation", {}});
  }
  if (deadline_ns != 0 && static_cast<std::int64_t>(system_clock().mono()) > deadline_ns) {
    return std::unexpected(QueryError{
        ErrorKind::timeout,
        fmt::format("query timed out in expression evaluation: it may take {}; ask for less, or raise query.timeout (and the "
                    "request's timeout, where it has one)",
                    format_duration(timeout_ms)),
        {}});
  }
  return {};
}

bool Env::keep_going(std::size_t samples) {
  constexpr std::size_t kLook = 4u << 20;
  work_ += samples;
  if (work_ < kLook) return true;
  if (!check()) return false;  // and so for what follows: work_ stays
  work_ = 0;
  return true;
}

Status Env::keep_samples(std::size_t samples) {
  kept_ += samples;
  return admit(0);
}

store::SelectLimits Env::select_limits() const {
  const std::size_t by_memory = memory_max / kSampleBytes;
  const std::size_t most = std::min(samples_max, by_memory);
  const std::size_t left = most - std::min(most, kept_);
  if (by_memory < samples_max) return {.samples_max = left, .name = "of memory, query.memory_max", .slack = select_slack};
  return {.samples_max = left, .slack = select_slack};
}

Status Env::admit(std::size_t cells) const {
  const bool fits_memory = kept_ * kSampleBytes + cells * kCellBytes <= memory_max;
  if (kept_ + cells <= samples_max && fits_memory) return check();
  const std::string limit = fits_memory ? fmt::format("{} (query.samples_max)", samples_max)
                                        : fmt::format("{} bytes of them (query.memory_max)", memory_max);
  return execution_error(
      fmt::format("query processing would load too many samples into memory in query execution: the limit is {}; "
                  "ask for a shorter time, a longer step or fewer series, or raise the limit",
                  limit));
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
