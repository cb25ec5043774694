#include <cstdio>

#include "query/api/json.h"
#include "query/json/object.h"
#include "tools/config/config.h"
#include "tools/config/known_sources.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

std::string report_json(const ConfigReport& report) {
  return query::api_success_json([&](query::JsonText& out) {
    query::JsonObject o(out);
    o.text("file", report.path);
    o.flag("right", report.ok());
    query::write_list(o.key("problems"), report.problems, [&](const ConfigProblem& p) {
      query::JsonObject problem(out);
      problem.text("severity", p.severity == ConfigProblem::Severity::error ? "error" : "warning");
      if (p.line > 0) problem.number("line", p.line);
      problem.text("text", p.text);
    });
  });
}

}  // namespace

int check_config(const CheckConfigOptions& options) {
  ConfigContext context;
  context.known_sources = known_sources();
  const ConfigReport report = examine_config(options.file, context);
  if (options.format == "json") {
    std::printf("%s\n", report_json(report).c_str());
    return report.ok() ? 0 : 1;
  }
  for (const ConfigProblem& p : report.problems) std::fprintf(stderr, "%s\n", report.to_string(p).c_str());
  if (report.ok()) std::printf("%s is right\n", options.file.c_str());
  return report.ok() ? 0 : 1;
}

}  // namespace tacho::tools
