#include <cstdio>

#include "tools/config.h"
#include "tools/known_sources.h"
#include "tools/verbs.h"

namespace tacho::tools {

int check_config(const std::string& path) {
  ConfigContext context;
  context.known_sources = known_sources();
  const ConfigReport report = examine_config(path, context);
  for (const ConfigProblem& p : report.problems) std::fprintf(stderr, "%s\n", report.to_string(p).c_str());
  if (report.ok()) std::printf("%s is right\n", path.c_str());
  return report.ok() ? 0 : 1;
}

}  // namespace tacho::tools
