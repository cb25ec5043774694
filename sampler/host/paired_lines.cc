#include "sampler/host/paired_lines.h"

#include "sampler/text_scan.h"

namespace tacho::sampler {

void PairedLines::learn(std::string_view text,
                        const std::function<std::size_t(std::string_view key, std::string_view name)>& column_of) {
  pairs_.clear();
  Lines lines(text);
  while (lines.next() && lines.whole()) {
    std::string_view rest = lines.line();
    const std::string_view key = take_word(rest);
    Pair pair{.names = std::string(lines.line())};
    for (std::string_view name; key.ends_with(':') && !(name = take_word(rest)).empty();) {
      pair.columns.push_back(column_of(key.substr(0, key.size() - 1), name));
    }
    while (!pair.columns.empty() && pair.columns.back() == kNoColumn) pair.columns.pop_back();
    if (pair.columns.empty()) pair.names = std::string(key);
    pairs_.push_back(std::move(pair));
    lines.next();  // the values
  }
}

Sampled PairedLines::read(std::string_view text, Row& row) const {
  std::size_t i = 0;
  Lines lines(text);
  while (lines.next()) {
    if (!lines.whole()) return Sampled::ok;  // what is behind a cut is only missing for now
    std::string_view names = lines.line();
    const std::string_view key = take_word(names);
    if (i == pairs_.size()) return Sampled::layout_changed;
    const Pair& pair = pairs_[i++];
    if ((pair.columns.empty() ? key : lines.line()) != pair.names) return Sampled::layout_changed;
    if (!lines.next()) return Sampled::ok;
    std::string_view values = lines.line();
    if (take_word(values) != key) continue;
    for (std::size_t column : pair.columns) put(row, column, take_u64(values));
    if (!lines.whole()) return Sampled::ok;
  }
  return i == pairs_.size() ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler
