// The catalogue as a page for users (docs/metrics.md): every source with its metrics and its options, in Markdown.
//
// Shape    a section a source, in the order of the catalogue; made of the catalogue, the sources and the options alone, so that
//          the page cannot say what the code does not do.
// Threads  any.
#pragma once

#include <string>

#include "sampler/catalogue.h"

namespace tacho::tools {

// What of a minute is shipped: "last", "avg", "avg+max", ...
std::string shipped_of_minute(const sampler::MetricInfo& metric);

std::string metrics_page();

}  // namespace tacho::tools
