// Rows of cells as lines of text whose columns line up, and which fit a terminal where there is one.
//
// Shape    the first row is the header. Columns have two spaces between them; no line ends in spaces. Cells are UTF-8 and may be empty; a row may
//          be short of its last cells.
// Width    0: as wide as it gets, cells whole (a pipe, a file). Else no line is wider: texts wrap into further lines of their cell, the
//          widest first; where even that is not enough the table is parted into several, one below the other, each with the first column, so
//          that nothing is lost.
// Shown    nothing in a cell speaks to a terminal (printable()), or makes a line of its own, in a pipe either: a pipe's end may be a terminal, and
//          lines are counted. Who needs values byte by byte asks for JSON.
// Threads  pure.   Errors  none.   Cost  a few passes over the cells.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tacho {

inline constexpr std::size_t kTableWidthMin = 20;  // a smaller width is taken as this

struct TextTable {
  struct Column {
    bool right = false;        // numbers stand to the right, and do not wrap; their header does
    std::size_t at_least = 0;  // columns of text, where there is no width to fit
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
  std::string_view indent = "";
  std::size_t gap = 2;  // where there is no width to fit

  std::string text(std::size_t width = 0) const;
};

// One line of words, wrapped so that it fits: what follows the first line stands `indent` columns to the right. Width 0: one line, whatever its words hold.
std::string fitted_line(std::string_view line, std::size_t width, std::size_t indent = 4);

}  // namespace tacho
