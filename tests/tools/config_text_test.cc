#include "tools/config/text.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "proto/base/file.h"
#include "tests/temp_dir.h"

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
  CHECK(expand_variables("${TACHO_TEST_NODE}.eu", unset) == "gpu-17.eu");
  CHECK(expand_variables("$TACHO_TEST_NODE-x", unset) == "gpu-17-x");
  CHECK(expand_variables("a$$b", unset) == "a$b");
  CHECK(expand_variables("5$ ${", unset) == "5$ ${");
  CHECK(unset.empty());
  CHECK(expand_variables("x${TACHO_TEST_NONE}y", unset) == "xy");
  CHECK(unset == std::vector<std::string>{"the environment variable TACHO_TEST_NONE is not set"});
}

TEST_CASE("what an instance's files say is put in: a line, or a member of JSON; what is not there is told") {
  const test::TempDir dir;
  REQUIRE(replace_file(dir / "zone", "  eu-west-1a \nsecond line\n"));
  REQUIRE(replace_file(dir / "data.json", R"({"v1": {"region": "eu-west-1", "n": 12345678901234567, "b": true, "list": [1]}})"));
  std::vector<std::string> missing;
  const auto expanded = [&](const std::string& text) { return expand_variables(text, missing); };
  const std::string zone = dir / "zone", data = dir / "data.json";
  CHECK(expanded("${file:" + zone + "}") == "eu-west-1a");
  CHECK(expanded("x-${file:" + data + "#v1.region}-y") == "x-eu-west-1-y");
  CHECK(expanded("${file:" + data + "#v1.n}${file:" + data + "#v1.b}") == "12345678901234567true");
  CHECK(missing.empty());
  CHECK(expanded("${file:" + data + "#v1.none}").empty());
  CHECK(missing.back().ends_with("data.json has no member 'none' (v1.none)"));
  CHECK(expanded("${file:" + data + "#v1.list}").empty());
  CHECK(missing.back().ends_with("is no text, number or truth value"));
  CHECK(expanded("${file:" + zone + "#a}").empty());
  CHECK(missing.back().find("zone is no JSON: ") != std::string::npos);
  CHECK(expanded("a${file:" + std::string(dir / "gone") + "}b") == "ab");
  CHECK(missing.back().find("gone") != std::string::npos);
  CHECK(missing.size() == 4);
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
