// Text in a terminal: how wide it is, that it fits, and that it says nothing to the terminal.
#include "proto/base/text_columns.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "proto/base/utf8.h"

using namespace tacho;

namespace {

// Letters, wide ones, combining ones, controls, halves of sequences.
std::string random_text(std::mt19937& random, std::size_t pieces) {
  static const std::vector<std::string> kPieces = {"a", "b",       "-",  ",",        "/",    " ",    "_",    "日", "本",
                                                   "é", "e\u0301", "😀", "\x1b[31m", "\r\n", "\xff", "\xe6", "·",  "\u202e"};
  std::string out;
  for (std::size_t i = 0; i < pieces; ++i) out += kPieces[random() % kPieces.size()];
  return out;
}

}  // namespace

TEST_CASE("a wide character takes two columns, a combining one none") {
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("日本") == 4);
  CHECK(columns_of("é") == 1);
  CHECK(columns_of("e\u0301") == 1);
  CHECK(columns_of("😀") == 2);
  CHECK(columns_of("▁█⠶│") == 4);
  CHECK(columns_of("") == 0);
}

TEST_CASE("what a terminal would obey is shown as a question mark") {
  CHECK(printable("a\x1b[31mb") == "a?[31mb");
  CHECK(printable("a\nb\tc\x7f") == "a?b?c?");
  CHECK(printable("\xc2\x9b"
                  "31m") == "?31m");  // CSI in one character
  CHECK(printable("a\u202e"
                  "b") == "a?b");
  CHECK(printable("a\xff\xe6") == "a??");
  CHECK(printable("Zürich 日本") == "Zürich 日本");
}

TEST_CASE("what is cut keeps its beginning and its end, and is never wider") {
  CHECK(cut_middle("node-1.example", 20) == "node-1.example");
  CHECK(cut_middle("abcdefghij", 6) == "ab..ij");
  CHECK(cut_middle("abcdefghij", 3) == "abc");
  CHECK(cut_middle("日本日本日本", 8) == "日本..本");
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_text(random, random() % 30);
    const std::size_t width = random() % 20;
    const std::string cut = cut_middle(text, width);
    CAPTURE(text, width, cut);
    CHECK(columns_of(cut) <= width);
  }
}

TEST_CASE("wrapped lines fit, and together they are the text but for spaces") {
  CHECK(wrapped("one two three", 8) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped(R"({a="1",b="22"})", 8) == std::vector<std::string>{R"({a="1",)", R"(b="22"})"});
  CHECK(wrapped("aaaaaaaaaa", 4) == std::vector<std::string>{"aaaa", "aaaa", "aa"});
  CHECK(wrapped("a_b,c_d", 6) == std::vector<std::string>{"a_b,", "c_d"});
  CHECK(wrapped("one two three", 8, 2) == std::vector<std::string>{"one two", "  three"});
  CHECK(wrapped("", 4) == std::vector<std::string>{""});
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_text(random, random() % 60);
    const std::size_t indent = random() % 3, width = indent + 2 + random() % 20;
    std::string joined;
    for (const std::string& line : wrapped(text, width, indent)) {
      CAPTURE(text, line, width);
      CHECK(columns_of(line) <= width);
      CHECK(is_utf8(line));
      joined += line;
    }
    std::string all = printable(text);
    std::erase(joined, ' ');
    std::erase(all, ' ');
    CHECK(joined == all);
  }
}
