#include <algorithm>
#include <cstdio>

#include "proto/base/text_table.h"
#include "query/api/json.h"
#include "query/engine/engine.h"
#include "query/json/object.h"
#include "tools/answers/data.h"
#include "tools/answers/remote.h"
#include "tools/terminal/terminal.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

Result<std::vector<Labels>> find_series(const SeriesOptions& options) {
  if (options.data.url) {
    const std::string match = options.matcher.empty() ? "{__name__!=\"\"}" : options.matcher;
    const auto body = ask(*options.data.url, "/api/v1/series", {{"match[]", match}});
    if (!body) return std::unexpected(body.error());
    return parse_series_answer(*body);
  }
  std::vector<store::Matcher> matchers;
  if (!options.matcher.empty()) {
    auto parsed = query::parse_matchers(options.matcher);
    if (!parsed) return failure("{}", parsed.error().message);
    matchers = std::move(*parsed);
  }
  auto data = open_data(options.data);
  if (!data) return std::unexpected(data.error());
  return (*data)->series(matchers, (*data)->bounds());
}

}  // namespace

int series(const SeriesOptions& options) {
  auto found = find_series(options);
  if (!found) return fail(found.error());
  std::sort(found->begin(), found->end());
  if (options.format == "json") {
    const std::string body = query::api_success_json(
        [&](query::JsonText& out) { query::write_list(out, *found, [&](const Labels& l) { out.labels(l); }); });
    std::printf("%s\n", body.c_str());
  } else {
    const std::size_t width = stdout_width();
    for (const Labels& l : *found) std::fputs(fitted_line(l.to_string(), width).c_str(), stdout);
  }
  return found->empty() ? fail(Error{"no series matches " +
                                     (options.matcher.empty() ? std::string("(the window is empty)") : options.matcher)})
                        : 0;
}

}  // namespace tacho::tools
