#include "tools/answers/ask_now.h"

#include "proto/base/clock.h"
#include "query/engine/engine.h"
#include "tools/answers/data.h"
#include "tools/answers/remote.h"

namespace tacho::tools {

std::vector<query::ResultSeries> ask_now(const DataChoice& choice, const std::string& expr) {
  if (choice.url) {
    const auto body = ask(*choice.url, "/api/v1/query", {{"query", expr}});
    auto result = body ? parse_answer(*body) : std::unexpected(body.error());
    return result ? std::move(result->series) : std::vector<query::ResultSeries>();
  }
  auto data = open_data(choice);
  if (!data) return {};
  auto result = query::Engine().instant(**data, expr, system_clock().wall_ms());
  return result ? std::move(result->series) : std::vector<query::ResultSeries>();
}

}  // namespace tacho::tools
