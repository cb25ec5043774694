// Texts that are kept beside the tests: tests/sampler/golden/NAME.txt.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <string>

#include "proto/base/file.h"

namespace tacho::sampler {

// Compares, or writes the file where TACHO_UPDATE_GOLDEN is set.
inline void check_golden(const std::string& name, const std::string& text) {
  const std::string path = TACHO_SOURCE_DIR "/tests/sampler/golden/" + name + ".txt";
  if (::getenv("TACHO_UPDATE_GOLDEN")) REQUIRE(replace_file(path, text));
  Result<std::string> golden = read_file(path);
  REQUIRE(golden);
  CHECK(text == *golden);
}

}  // namespace tacho::sampler
