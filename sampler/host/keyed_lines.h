// The layout of a file of "key value" lines (meminfo, vmstat, the tail of stat), learned once and then compared in place.
//
// Shape    a line's key is its first word, or the first behind some that all lines begin with ("Node 0"). All lines are remembered, the unwanted ones too: a new or missing line changes the
//          layout, the values alone do not.
// Cost     read(): one memcmp a line, no allocation.
// Odd text a value that is no number, or was cut, leaves its cell absent.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/cells.h"
#include "sampler/source.h"

namespace tacho::sampler {

class KeyedLines {
 public:
  struct Column {
    std::size_t index = kNoColumn;
    double scale = 1.0;  // the cell is the file's number times this
  };

  explicit KeyedLines(int words_before_key = 0) : words_before_key_(words_before_key) {}

  // Asks `column_of` for each key, in the text's order.
  void learn(std::string_view text, const std::function<Column(std::string_view key)>& column_of);
  Sampled read(std::string_view text, Row& row) const;

 private:
  struct Entry {
    std::string key;
    Column column;
  };
  std::string_view take_key(std::string_view& line) const;

  int words_before_key_;
  std::vector<Entry> entries_;
};

}  // namespace tacho::sampler
