// Tables: columns line up, no line is wider than the terminal, and nothing that was in a cell is lost.
#include "proto/base/text_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <sstream>

#include "proto/base/text_columns.h"

using namespace tacho;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

TextTable two_columns() {
  return {.columns = {{}, {.right = true}},
          .rows = {{"series", "value"}, {R"(x{device="sda",mode="read"})", "1"}, {"日本", "12.5"}}};
}

}  // namespace

TEST_CASE("a table without a width is as wide as it gets") {
  CHECK(two_columns().text() ==
        "series                       value\n"
        "x{device=\"sda\",mode=\"read\"}      1\n"
        "日本                          12.5\n");
  TextTable t{.columns = {{.at_least = 4}, {.at_least = 5}, {}}, .rows = {{"a", "b", "c"}, {"long one", "x"}}, .gap = 1};
  CHECK(t.text() ==
        "a        b     c\n"
        "long one x\n");
}

TEST_CASE("a text that is too wide wraps in its cell, and its numbers stay whole") {
  CHECK(two_columns().text(26) ==
        "series               value\n"
        "x{device=\"sda\",          1\n"
        " mode=\"read\"}\n"
        "日本                  12.5\n");
}

TEST_CASE("columns that do not fit beside each other stand in a table below, beside the first one again") {
  TextTable t{.columns = std::vector<TextTable::Column>(4, {.right = true}),
              .rows = {{"device", "energy", "power", "memory"}, {"nvidia 0", "1.20 MJ", "700 W", "80.0 GiB"}},
              .indent = "  "};
  t.columns[0].right = false;
  CHECK(t.text(80) ==
        "  device     energy  power    memory\n"
        "  nvidia 0  1.20 MJ  700 W  80.0 GiB\n");
  CHECK(t.text(30) ==
        "  device     energy  power\n"
        "  nvidia 0  1.20 MJ  700 W\n"
        "\n"
        "  device      memory\n"
        "  nvidia 0  80.0 GiB\n");
}

TEST_CASE("a cell says nothing to the terminal") {
  TextTable t{.columns = {{}, {}}, .rows = {{"a", "b"}, {"\x1b[2J", "x\ny"}}};
  CHECK(t.text(40) == "a     b\n?[2J  x?y\n");
  CHECK(t.text() == t.text(40));  // in a pipe, too
  CHECK(fitted_line("/mnt\nFAIL  a line of its own\x1b[2J", 0) == "/mnt?FAIL  a line of its own?[2J\n");
}

TEST_CASE("whatever the cells hold, every line fits and every character is there") {
  std::mt19937 random(11);
  static const std::vector<std::string> kWords = {"",
                                                  "a",
                                                  "node_disk_read_bytes_total",
                                                  R"({device="nvme0n1",mode="read"})",
                                                  "12345678901234567890",
                                                  "日本語テキスト",
                                                  "two words",
                                                  "\x1b[31m"};
  for (int round = 0; round < 1000; ++round) {
    const std::size_t columns = 1 + random() % 12, rows = 1 + random() % 6, width = kTableWidthMin + random() % 160;
    TextTable t;
    for (std::size_t c = 0; c < columns; ++c) t.columns.push_back({.right = c > 0 && random() % 2 == 0});
    if (random() % 2 == 0) t.indent = "  ";
    std::string all;
    for (std::size_t r = 0; r < rows; ++r) {
      t.rows.emplace_back();
      for (std::size_t c = 0; c < columns; ++c) {
        t.rows.back().push_back(kWords[random() % kWords.size()]);
        if (c > 0) all += printable(t.rows.back().back());
      }
    }
    std::string shown;
    for (const std::string& line : lines_of(t.text(width))) {
      CAPTURE(width, line);
      CHECK(columns_of(line) <= width);
      shown += line;
    }
    // The first column may be there more than once; of the others each character is.
    for (const char c : {'1', 'k', 'v', '['})
      CHECK(std::count(shown.begin(), shown.end(), c) >= std::count(all.begin(), all.end(), c));
  }
}

TEST_CASE("a line of words goes on below, further to the right") {
  CHECK(fitted_line("one two three four five six", 20) == "one two three four\n    five six\n");
  CHECK(fitted_line("one two three four five six", 0) == "one two three four five six\n");
  CHECK(fitted_line("short", 20) == "short\n");
}
