#include "sampler/host/keyed_lines.h"

#include "sampler/text_scan.h"

namespace tacho::sampler {

std::string_view KeyedLines::take_key(std::string_view& line) const {
  for (int i = 0; i < words_before_key_; ++i) take_word(line);
  return take_word(line);
}

void KeyedLines::learn(std::string_view text, const std::function<Column(std::string_view key)>& column_of) {
  entries_.clear();
  columns_.clear();
  for (Lines lines(text); lines.next();) {
    std::string_view rest = lines.line();
    std::string_view key = take_key(rest);
    skip_blanks(rest);
    // Of a cut line only the key and what follows it whole can be trusted.
    if (!lines.whole() && rest.empty()) break;
    const std::size_t first = columns_.size();
    const Column column = column_of(key);
    if (column.index != kNoColumn) columns_.push_back(column);
    entries_.push_back({std::string(key), first, columns_.size()});
  }
}

void KeyedLines::learn_fields(
    std::string_view text, const std::function<std::vector<Column>(std::string_view key, std::string_view fields)>& columns_of) {
  entries_.clear();
  columns_.clear();
  for (Lines lines(text); lines.next() && lines.whole();) {
    std::string_view fields = lines.line();
    const std::string_view key = take_word(fields);
    const std::vector<Column> columns = columns_of(key, fields);
    entries_.push_back({std::string(key), columns_.size(), columns_.size() + columns.size()});
    columns_.insert(columns_.end(), columns.begin(), columns.end());
  }
}

Sampled KeyedLines::read(std::string_view text, Row& row) const {
  std::size_t i = 0;
  Lines lines(text);
  bool cut = false;
  while (lines.next()) {
    cut = !lines.whole();
    std::string_view rest = lines.line();
    std::string_view key = take_key(rest);
    if (i == entries_.size() || key != entries_[i].key) {
      if (cut) break;
      return Sampled::layout_changed;
    }
    const Entry& entry = entries_[i++];
    for (std::size_t at = entry.first; at < entry.end; ++at) {
      const Column& column = columns_[at];
      const std::optional<std::uint64_t> value = take_u64(rest);
      if (value) put(row, column.index, static_cast<double>(*value) * column.scale / column.divisor);
    }
  }
  // Lines that the kernel has dropped end their series; lines behind a cut are only missing for now.
  return i == entries_.size() || cut ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
