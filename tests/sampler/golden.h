// Texts that tests compare with: tests/sampler/golden/NAME.txt. TACHO_UPDATE_GOLDEN=1 writes them anew.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <string>

#include "proto/base/file.h"

namespace tacho::sampler {

inline void check_golden(const std::string& name, const std::string& text) {
  const std::string path = TACHO_SOURCE_DIR "/tests/sampler/golden/" + name + ".txt";
  if (::getenv("TACHO_UPDATE_GOLDEN")) REQUIRE(replace_file(path, text));
  const Result<std::string> golden = read_file(path);
  REQUIRE(golden);
  CHECK(text == *golden);
}

}  // namespace tacho::sampler
