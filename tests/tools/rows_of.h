// The lines of a text.
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace tacho::test {

inline std::vector<std::string> rows_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

}  // namespace tacho::test
