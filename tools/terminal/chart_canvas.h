// A grid of dots, each of a series, that becomes lines of text.
//
// Shape    2 x 4 dots a cell in UTF-8 (braille), 1 x 1 in ASCII. (0, 0) is the lower left dot. Of several series in a cell the last drawn
//          gives the colour, or the mark.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/terminal/sparkline.h"

namespace tacho::tools {

enum class Marks { dots, letters, signs };

// How a series is shown in a cell and in the legend.
std::string series_mark(std::size_t series, Marks marks);
std::string coloured(const std::string& text, std::size_t series);

class ChartCanvas {
 public:
  ChartCanvas(std::size_t columns, std::size_t rows, Marks marks, bool colours);

  std::size_t dots_across() const { return columns_ * dots_x_; }
  std::size_t dots_up() const { return rows_ * dots_y_; }
  // A vertical line of dots, both ends included.
  void line(std::size_t x, std::size_t low, std::size_t high, std::size_t series);
  // Row 0 is the top.
  std::string row_text(std::size_t row) const;
  // Neighbouring cells of one series, or of none, without colours; together the whole row.
  struct Piece {
    std::string text;
    std::size_t series = 0;
    bool drawn = false;  // false: blanks
  };
  std::vector<Piece> row_pieces(std::size_t row) const;

 private:
  struct Cell {
    unsigned char dots = 0;
    std::size_t series = 0;
  };
  std::size_t columns_, rows_;
  Marks marks_;
  bool colours_;
  std::size_t dots_x_, dots_y_;
  std::vector<Cell> cells_;
};

}  // namespace tacho::tools
