#include "tools/config_text.h"

#include <catch2/catch.hpp>
#include <cstdlib>

namespace tacho::tools {

TEST_CASE("sizes in powers of 1024 and of 1000") {
  CHECK(parse_bytes("256MiB") == 256u << 20);
  CHECK(parse_bytes("1GiB") == 1u << 30);
  CHECK(parse_bytes("64 KiB") == 64u << 10);
  CHECK(parse_bytes("500MB") == 500'000'000u);
  CHECK(parse_bytes("123") == 123u);
  CHECK(parse_bytes("0") == 0u);
  for (const char* bad : {"", "MiB", "1.5GiB", "-1MiB", "1mib", "1 MiB x", "99999999999TiB", "99999999999999999999"})
    CHECK_FALSE(parse_bytes(bad));
}

TEST_CASE("environment variables are put in, unset ones named") {
  ::setenv("TACHO_TEST_NODE", "gpu-17", 1);
  ::unsetenv("TACHO_TEST_NONE");
  std::vector<std::string> unset;
  CHECK(expand_environment("${TACHO_TEST_NODE}.eu", unset) == "gpu-17.eu");
  CHECK(expand_environment("$TACHO_TEST_NODE-x", unset) == "gpu-17-x");
  CHECK(expand_environment("a$$b", unset) == "a$b");
  CHECK(expand_environment("5$ ${", unset) == "5$ ${");
  CHECK(unset.empty());
  CHECK(expand_environment("x${TACHO_TEST_NONE}y", unset) == "xy");
  CHECK(unset == std::vector<std::string>{"TACHO_TEST_NONE"});
}

TEST_CASE("the nearest word is offered only when it is near") {
  constexpr std::string_view kWords[] = {"external_labels", "url", "headers", "remote_timeout"};
  CHECK(nearest_word("external_label", kWords) == "external_labels");
  CHECK(nearest_word("extrenal_labels", kWords) == "external_labels");
  CHECK(nearest_word("ulr", kWords) == "url");
  CHECK(nearest_word("xyz", kWords).empty());
  CHECK(nearest_word("", kWords).empty());
}

}  // namespace tacho::tools
