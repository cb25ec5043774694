// A head over modelled words, and rows that say which they are: for the model checks of the store's protocols.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "store/head/head_protocol.h"
#include "tests/store/head/weak_memory.h"

namespace tacho::test {

// What row r is: its time and its cells say so. Every third row has a cell that is not there.
inline TimeMs time_of(std::uint64_t row) { return 1000 + static_cast<TimeMs>(row) * 10; }
inline bool has_cell(std::uint64_t row, std::size_t column) { return column == 0 || row % 3 != 1; }
inline double cell_of(std::uint64_t row, std::size_t column) {
  return has_cell(row, column) ? static_cast<double>(row * 100 + column) : absent();
}

struct ModelHead {
  std::vector<Word> words;
  Word published;
  store::Frames<Word> frames;

  ModelHead(std::uint64_t capacity, std::size_t columns)
      : words(capacity * (1 + columns)), frames{&published, words.data(), capacity, columns} {}
  static void store_cells(std::span<Word> cells, std::uint64_t row) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (has_cell(row, c)) cells[c].store(std::bit_cast<std::uint64_t>(cell_of(row, c)), std::memory_order_release);
    }
  }
  // As HeadWriter does, with the source in between.
  void write_row(std::uint64_t row) {
    store_cells(begin_frame(frames, row, frames.columns), row);
    publish_frame(frames, row, time_of(row));
  }
};

inline std::vector<std::uint32_t> all_columns(std::size_t columns) {
  std::vector<std::uint32_t> all(columns);
  for (std::uint32_t c = 0; c < columns; ++c) all[c] = c;
  return all;
}

// Every row that was kept is the row it says it is, whole.
inline std::string wrong_rows(const store::HeadRows& rows) {
  for (std::size_t i = 0; i < rows.times.size(); ++i) {
    const std::uint64_t row = rows.first_row + i;
    if (rows.times[i] != time_of(row)) return fmt::format("row {} with the time {}", row, rows.times[i]);
    for (std::size_t c = 0; c < rows.columns.size(); ++c) {
      if (rows.columns[c].size() != rows.times.size()) return "columns of different lengths";
      if (std::bit_cast<std::uint64_t>(rows.columns[c][i]) != std::bit_cast<std::uint64_t>(cell_of(row, c)))
        return fmt::format("row {} with {} in column {}", row, rows.columns[c][i], c);
    }
  }
  return "";
}

}  // namespace tacho::test
