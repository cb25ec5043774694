#include "sampler/host/keyed_lines.h"

#include "sampler/text_scan.h"

namespace tacho::sampler {

std::string_view KeyedLines::take_key(std::string_view& line) const {
  for (int i = 0; i < words_before_key_; ++i) take_word(line);
  return take_word(line);
}

void KeyedLines::learn(std::string_view text, const std::function<Column(std::string_view key)>& column_of) {
  entries_.clear();
  for (Lines lines(text); lines.next();) {
    std::string_view rest = lines.line();
    std::string_view key = take_key(rest);
    skip_blanks(rest);
    // Of a cut line only the key and what follows it whole can be trusted.
    if (!lines.whole() && rest.empty()) break;
    entries_.push_back({std::string(key), column_of(key)});
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
    if (entry.column.index == kNoColumn) continue;
    if (std::optional<std::uint64_t> value = take_u64(rest)) {
      row.set(entry.column.index, static_cast<double>(*value) * entry.column.scale);
    }
  }
  // Lines that the kernel has dropped end their series; lines behind a cut are only missing for now.
  return i == entries_.size() || cut ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
