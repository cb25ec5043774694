// The names that a configuration may give sources: those of all there are, on whatever machine.
#pragma once

#include <string>
#include <vector>

namespace tacho::tools {

std::vector<std::string> known_sources();

}  // namespace tacho::tools
