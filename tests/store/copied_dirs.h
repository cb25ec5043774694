// A store's folders as they are at a moment, for what is to be done to a copy.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "store/directory.h"

namespace tacho::test {

// TO/state and TO/run; what was there goes.
inline store::StoreDirs copied(const store::StoreDirs& from, const std::string& to) {
  namespace fs = std::filesystem;
  fs::remove_all(to);
  for (const auto& [a, b] : {std::pair(from.state, to + "/state"), std::pair(from.runtime, to + "/run")}) {
    fs::create_directories(b);
    fs::copy(a, b, fs::copy_options::recursive);
  }
  return {to + "/state", to + "/run"};
}

}  // namespace tacho::test
