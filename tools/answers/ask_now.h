// What an agent's own series say now, for verbs that show how it does.
#pragma once

#include <string>
#include <vector>

#include "query/engine/result.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

// An instant's answer, of the agent at the URL or of the files that it leaves; what cannot be asked has none.
std::vector<query::ResultSeries> ask_now(const DataChoice& data, const std::string& expr);

}  // namespace tacho::tools
