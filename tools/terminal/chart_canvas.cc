#include "tools/terminal/chart_canvas.h"

#include <fmt/format.h>

#include <array>

#include "proto/base/check.h"

namespace tacho::tools {
namespace {

constexpr std::string_view kSigns = "*+ox#@%&=~";
// Told apart by most eyes on light and dark ground: cyan, magenta, red, green, and their bright forms.
constexpr std::array<int, 6> kColours = {36, 35, 31, 32, 95, 96};

// The bit of a dot in a cell of braille, by column and by row from the top (Unicode 2800 to 28FF).
constexpr unsigned char kBits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

std::string braille(unsigned char dots) {
  const unsigned code = 0x2800u + dots;
  return {static_cast<char>(0xe0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3f)),
          static_cast<char>(0x80 | (code & 0x3f))};
}

}  // namespace

std::string series_mark(std::size_t series, Marks marks) {
  switch (marks) {
    case Marks::dots: return braille(0x36);
    case Marks::letters: return std::string(1, static_cast<char>('a' + series % 26));
    case Marks::signs: return std::string(1, kSigns[series % kSigns.size()]);
  }
  return " ";
}

std::string coloured(const std::string& text, std::size_t series) {
  return fmt::format("\x1b[{}m{}\x1b[0m", kColours[series % kColours.size()], text);
}

ChartCanvas::ChartCanvas(std::size_t columns, std::size_t rows, Marks marks, bool colours)
    : columns_(columns),
      rows_(rows),
      marks_(marks),
      colours_(colours),
      dots_x_(marks == Marks::dots ? 2 : 1),
      dots_y_(marks == Marks::dots ? 4 : 1),
      cells_(columns * rows) {}

void ChartCanvas::line(std::size_t x, std::size_t low, std::size_t high, std::size_t series) {
  tacho_dcheck(x < dots_across() && high < dots_up() && low <= high);
  for (std::size_t y = low; y <= high; ++y) {
    const std::size_t from_top = dots_up() - 1 - y;
    Cell& cell = cells_[from_top / dots_y_ * columns_ + x / dots_x_];
    cell.dots |= marks_ == Marks::dots ? kBits[x % 2][from_top % 4] : 1;
    cell.series = series;
  }
}

std::string ChartCanvas::row_text(std::size_t row) const {
  std::string out;
  std::string blanks;
  for (std::size_t c = 0; c < columns_; ++c) {
    const Cell& cell = cells_[row * columns_ + c];
    if (cell.dots == 0) {
      blanks += ' ';
      continue;
    }
    const std::string text = marks_ == Marks::dots ? braille(cell.dots) : series_mark(cell.series, marks_);
    out += blanks + (colours_ ? coloured(text, cell.series) : text);
    blanks.clear();
  }
  return out;
}

std::vector<ChartCanvas::Piece> ChartCanvas::row_pieces(std::size_t row) const {
  std::vector<Piece> out;
  for (std::size_t c = 0; c < columns_; ++c) {
    const Cell& cell = cells_[row * columns_ + c];
    const bool drawn = cell.dots != 0;
    if (out.empty() || out.back().drawn != drawn || (drawn && out.back().series != cell.series))
      out.push_back({"", cell.series, drawn});
    out.back().text += !drawn ? " " : marks_ == Marks::dots ? braille(cell.dots) : series_mark(cell.series, marks_);
  }
  return out;
}

}  // namespace tacho::tools
