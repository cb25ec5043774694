// The layout of a file of "key value" or "key value value ..." lines (meminfo, vmstat, the tail of stat; xfs's stats, rpc/nfs),
// learned once and then compared in place.
//
// Shape    a line's key is its first word, or the first behind some that all lines begin with ("Node 0"). All lines are remembered,
//          the unwanted ones too: a new or missing line changes the layout, the values alone do not. Values behind those that were
//          learned are not looked at.
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
    double scale = 1.0;    // the cell is the file's number times this,
    double divisor = 1.0;  // by this; see put() in cells.h for why there are two
  };

  KeyedLines() = default;
  explicit KeyedLines(int words_before_key) : words_before_key_(words_before_key) {}

  // Asks `column_of` for each key, in the text's order: where its one value goes.
  void learn(std::string_view text, const std::function<Column(std::string_view key)>& column_of);
  // The same for lines of several values. `columns_of` is given what follows the key, and says where each value goes, up to the
  // last that is kept. Lines that were cut are not learned.
  void learn_fields(std::string_view text,
                    const std::function<std::vector<Column>(std::string_view key, std::string_view fields)>& columns_of);
  Sampled read(std::string_view text, Row& row) const;

 private:
  struct Entry {
    std::string key;
    std::size_t first = 0;  // its columns are columns_[first, end)
    std::size_t end = 0;
  };
  std::string_view take_key(std::string_view& line) const;

  int words_before_key_ = 0;
  std::vector<Entry> entries_;
  std::vector<Column> columns_;
};

}  // namespace tacho::sampler
