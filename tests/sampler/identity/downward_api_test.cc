// The downward API's files: every escape of Go's %q, broken lines, and the folder that is swapped under the reader.
#include "sampler/identity/downward_api.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "proto/base/file.h"
#include "proto/base/utf8.h"
#include "tests/sampler/identity/downward_volume.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::sampler;
using test::DownwardVolume;
using test::go_quoted;

TEST_CASE("a value is unquoted as Go quotes it") {
  const auto is = [](std::string_view quoted, std::string_view text) {
    INFO(quoted);
    const auto got = go_unquoted(quoted);
    REQUIRE(got);
    CHECK(*got == text);
  };
  is(R"("")", "");
  is(R"("worker")", "worker");
  is(R"("a=b")", "a=b");
  is(R"("\a\b\f\n\r\t\v\\\"")", "\a\b\f\n\r\t\v\\\"");
  is(R"("\x00\x7f\xFF")", std::string_view("\0\x7f\xff", 3));
  is(R"("\u00e9\u4e2d\uffff")", "\u00e9\u4e2d\uffff");
  is(R"("\U0001f600\U0010FFFF")", "\U0001f600\U0010FFFF");
  is("\"gr\u00fc\u00df dich, \u4e2d\u6587\"", "gr\u00fc\u00df dich, \u4e2d\u6587");  // what can be printed stays as it is
  is(R"("{\"a\":[1,2],\n\"b\":\"c\\d\"}")", "{\"a\":[1,2],\n\"b\":\"c\\d\"}");
  for (const char* broken : {"", "\"", "a", "\"a", "a\"", "\"a\"b\"", R"("\")", R"("\q")", R"("\x1")", R"("\x1g")", R"("\u123")",
                             R"("\ud800")", R"("\U00110000")", R"("\'")", "\"a\nb\"", "'a'", "`a`"}) {
    INFO(broken);
    CHECK_FALSE(go_unquoted(broken).has_value());
  }
}

TEST_CASE("what is quoted and unquoted is what it was, whatever its bytes") {
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    const std::size_t size = random() % 40;
    for (std::size_t k = 0; k < size; ++k) {
      const auto kind = random() % 4;
      text += kind == 0   ? std::string(1, static_cast<char>(random()))
              : kind == 1 ? std::string(1, static_cast<char>(32 + random() % 95))
              : kind == 2 ? std::string("\u00e9\u0085\u4e2d").substr(0, 2)
                          : std::string("\\\"\n\t\U0001f600").substr(random() % 4, 1);
    }
    const auto back = go_unquoted(go_quoted(text));
    REQUIRE(back);
    REQUIRE(*back == text);
    // In a file of two lines as well.
    const DownwardText parsed = parse_downward("a=" + go_quoted(text) + "\nb=\"x\"");
    REQUIRE(parsed.problems.empty());
    REQUIRE(parsed.pairs == KeyValues{{"a", text}, {"b", "x"}});
  }
}

TEST_CASE("a line that is none is told of and loses nothing else") {
  const DownwardText got =
      parse_downward("a=\"1\"\nno equals sign\nb=unquoted\n=\"x\"\n\nc=\"3\"\nc=\"4\"\nd=\"\\q\"\ne=\"5\"\n");
  CHECK(got.pairs == KeyValues{{"a", "1"}, {"c", "3"}, {"e", "5"}});
  REQUIRE(got.problems.size() == 5);
  CHECK(got.problems[0] == "line 2: no KEY=\"VALUE\"");
  CHECK(got.problems[1] == "line 3: the value of \"b\" is not quoted as Kubernetes does it");
  CHECK(got.problems[2] == "line 4: no KEY=\"VALUE\"");
  CHECK(got.problems[3] == "line 7: \"c\" is there twice; the first counts");
  CHECK(got.problems[4] == "line 8: the value of \"d\" is not quoted as Kubernetes does it");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "x\n";
  CHECK(parse_downward(many).problems.size() == 8);
  CHECK(parse_downward("").pairs.empty());
}

TEST_CASE("a volume that is swapped is read again, and both files are of one moment") {
  test::TempDir dir;
  DownwardVolume volume(dir / "podinfo");
  volume.write({{"a", "1"}}, {{"note", "one"}});
  DownwardApi api(volume.folder());
  CHECK(api.changed());
  const auto first = api.read();
  REQUIRE(first);
  CHECK(first->labels == KeyValues{{"a", "1"}});
  CHECK(first->annotations == KeyValues{{"note", "one"}});
  CHECK_FALSE(api.changed());
  const TimeMs before = test::file_clock_ms(dir.path());
  volume.write({{"a", "2"}}, {{"note", "two"}});
  CHECK(api.changed());
  const auto second = api.read();
  REQUIRE(second);
  CHECK(second->labels == KeyValues{{"a", "2"}});
  CHECK(second->annotations == KeyValues{{"note", "two"}});
  CHECK(second->written >= before);
  CHECK(second->written <= system_clock().wall_ms());
  CHECK_FALSE(api.changed());
}

TEST_CASE("a plain folder does as well, and one without files is told of") {
  test::TempDir dir;
  DownwardApi api(dir.path());
  auto nothing = api.read();
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().message.find(dir.path() + " has neither labels nor annotations") != std::string::npos);
  REQUIRE(replace_file(dir / "labels", "a=\"1\""));
  CHECK(api.changed());
  REQUIRE(api.read());
  CHECK_FALSE(api.changed());
  REQUIRE(replace_file(dir / "annotations", "b=\"2\""));
  CHECK(api.changed());
  CHECK(api.read().value().annotations == KeyValues{{"b", "2"}});
  REQUIRE(replace_file(dir / "annotations", std::string(kDownwardBytesMax + 1, 'x')));
  REQUIRE_FALSE(api.read());
  std::filesystem::remove(dir / "annotations");
  std::filesystem::create_directory(dir / "annotations");
  REQUIRE_FALSE(api.read());
  CHECK_FALSE(DownwardApi(dir / "nowhere").read());
}
