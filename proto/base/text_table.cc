#include "proto/base/text_table.h"

#include <algorithm>
#include <numeric>

#include "proto/base/check.h"
#include "proto/base/text_columns.h"

namespace tacho {
namespace {

constexpr std::size_t kTextMin = 16;  // columns that a text is not wrapped below, if it is so long

using Row = std::vector<std::string>;

void append_line(std::string& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

// The widest words of a header decide how narrow its column may be.
std::size_t widest_word(std::string_view text) {
  std::size_t out = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    out = std::max(out, columns_of(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

struct Widths {
  std::vector<std::size_t> natural, least;
};

Widths widths_of(const TextTable& t, std::size_t room) {
  Widths w{std::vector<std::size_t>(t.columns.size()), std::vector<std::size_t>(t.columns.size())};
  for (std::size_t r = 0; r < t.rows.size(); ++r) {
    for (std::size_t c = 0; c < t.rows[r].size(); ++c) {
      const std::string& cell = t.rows[r][c];
      const std::size_t columns = columns_of(cell);
      w.natural[c] = std::max(w.natural[c], columns);
      const std::size_t least = r == 0               ? std::min(widest_word(cell), kTextMin)
                                : t.columns[c].right ? columns
                                                     : std::min(columns, kTextMin);
      w.least[c] = std::max(w.least[c], least);
    }
  }
  for (std::size_t c = 0; c < t.columns.size(); ++c) w.least[c] = std::min(w.least[c], room);
  return w;
}

// Which columns stand beside each other, and how wide they are.
struct Part {
  std::vector<std::size_t> columns, width;
};

// What is too wide is taken from the widest.
void fit(Part& part, const Widths& w, std::size_t room, std::size_t gap) {
  std::size_t total = gap * (part.columns.size() - 1);
  for (const std::size_t c : part.columns) {
    part.width.push_back(w.natural[c]);
    total += w.natural[c];
  }
  for (; total > room; --total) {
    std::size_t widest = part.width.size();
    for (std::size_t i = 0; i < part.width.size(); ++i) {
      if (part.width[i] <= w.least[part.columns[i]]) continue;
      if (widest == part.width.size() || part.width[i] >= part.width[widest]) widest = i;
    }
    if (widest == part.width.size()) break;  // all as narrow as they may be
    --part.width[widest];
  }
  // Two columns alone can be too wide together: what does not fit wraps.
  for (std::size_t i = part.width.size(); total > room && i-- > 0;) {
    const std::size_t less = std::min(total - room, part.width[i] - std::min<std::size_t>(part.width[i], 2));
    part.width[i] -= less;
    total -= less;
  }
}

std::vector<Part> parts_of(const TextTable& t, std::size_t room, std::size_t gap) {
  const Widths w = widths_of(t, room);
  std::vector<Part> out{{{0}, {}}};
  std::size_t used = w.least[0];
  for (std::size_t c = 1; c < t.columns.size(); ++c) {
    if (used + gap + w.least[c] > room && out.back().columns.size() > 1) {
      out.push_back({{0}, {}});
      used = w.least[0];
    }
    out.back().columns.push_back(c);
    used += gap + w.least[c];
  }
  for (Part& part : out) fit(part, w, room, gap);
  return out;
}

void append_row(std::string& out, const TextTable& t, const Row& row, const Part& part, std::size_t gap) {
  std::vector<Row> cells;
  std::size_t lines = 1;
  for (std::size_t i = 0; i < part.columns.size(); ++i) {
    const std::size_t c = part.columns[i];
    const std::size_t width = std::max<std::size_t>(2, part.width[i]);
    // What goes on is told from a row of its own.
    const std::size_t hanging = t.columns[c].right || width < kTextMin / 2 ? 0 : 1;
    cells.push_back(c < row.size() ? wrapped(row[c], width, hanging) : Row{""});
    lines = std::max(lines, cells.back().size());
  }
  for (std::size_t l = 0; l < lines; ++l) {
    std::string line(t.indent);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line.append(gap, ' ');
      line += padded(l < cells[i].size() ? cells[i][l] : "", part.width[i], t.columns[part.columns[i]].right);
    }
    append_line(out, std::move(line));
  }
}

std::string unbounded(const TextTable& t) {
  std::vector<Row> rows;
  for (const Row& row : t.rows) {
    rows.emplace_back();
    for (const std::string& cell : row) rows.back().push_back(printable(cell));
  }
  std::vector<std::size_t> width;
  for (const TextTable::Column& c : t.columns) width.push_back(c.at_least);
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], columns_of(row[c]));
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line(t.indent);
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line.append(t.gap, ' ');
      line += padded(row[c], width[c], t.columns[c].right);
    }
    append_line(out, std::move(line));
  }
  return out;
}

}  // namespace

std::string TextTable::text(std::size_t width) const {
  for (const Row& row : rows) TACHO_CHECK(row.size() <= columns.size());
  if (width == 0) return unbounded(*this);
  const std::size_t room = std::max(width, kTableWidthMin) - indent.size();
  std::string out;
  for (const Part& part : parts_of(*this, room, 2)) {
    if (!out.empty()) out += "\n";
    for (const Row& row : rows) append_row(out, *this, row, part, 2);
  }
  return out;
}

std::string fitted_line(std::string_view line, std::size_t width, std::size_t indent) {
  if (width == 0) return printable(line) + "\n";
  width = std::max(width, kTableWidthMin);
  std::string out;
  for (const std::string& one : wrapped(line, width, std::min(indent, width / 2))) out += one + "\n";
  return out;
}

}  // namespace tacho
