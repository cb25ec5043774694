#include "store/head/column_map.h"

#include "proto/base/check.h"

namespace tacho::store {

ColumnMap::ColumnMap(std::size_t capacity) {
  columns_.reserve(capacity);
  by_labels_.reserve(capacity);
}

Result<void> ColumnMap::place(const Schema& schema, std::vector<std::uint32_t>& places) const {
  std::vector<bool> seen(columns_.size());
  for (const std::uint32_t column : places) {
    if (column < kLook) seen[column] = true;
  }
  std::unordered_set<const Labels*, Hash, Equal> seen_new;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (places[i] != kLook) continue;
    const Labels& labels = schema[i].labels;
    const auto known = by_labels_.find(&labels);
    const std::uint32_t column = known == by_labels_.end() ? kNone : known->second;
    if (column == kNone ? !seen_new.insert(&labels).second : seen[column])
      return failure("the series {} is described twice", labels.to_string());
    if (column != kNone) seen[column] = true;
    places[i] = column;
  }
  return {};
}

std::uint32_t ColumnMap::add(Column column) {
  TACHO_CHECK(columns_.size() < columns_.capacity());
  const auto index = static_cast<std::uint32_t>(columns_.size());
  columns_.push_back(std::move(column));
  const Labels& labels = columns_.back().info.labels;
  TACHO_CHECK(by_labels_.emplace(&labels, index).second, labels.to_string());
  return index;
}

std::uint32_t ColumnMap::add(const SeriesInfo& info, std::uint64_t since) { return add({info, State::live, since}); }

void ColumnMap::add_ending(const SeriesInfo& info) { ending_.push_back(add({info, State::ending, 0})); }

std::uint64_t ColumnMap::since(std::uint32_t column, std::uint64_t rows) const {
  return columns_[column].state == State::gone ? rows : columns_[column].since;
}

void ColumnMap::set_live(std::span<const std::uint32_t> columns, std::uint64_t rows) {
  ending_ = would_end(columns, rows);
  std::vector<State> now(columns_.size(), State::gone);
  for (const std::uint32_t c : ending_) now[c] = State::ending;
  for (const std::uint32_t c : columns) now[c] = State::live;
  for (std::uint32_t c = 0; c < columns_.size(); ++c) {
    // One that was about to end goes on as if nothing had been.
    if (now[c] == State::live && columns_[c].state == State::gone) columns_[c].since = rows;
    columns_[c].state = now[c];
  }
}

void ColumnMap::ended() {
  for (const std::uint32_t c : ending_) columns_[c].state = State::gone;
  ending_.clear();
}

std::vector<std::uint32_t> ColumnMap::would_end(std::span<const std::uint32_t> columns, std::uint64_t rows) const {
  std::vector<bool> stays(columns_.size());
  for (const std::uint32_t c : columns) stays[c] = true;
  std::vector<std::uint32_t> out;
  for (std::uint32_t c = 0; c < columns_.size(); ++c) {
    const Column& column = columns_[c];
    const bool in_a_row = column.state == State::ending || (column.state == State::live && column.since < rows);
    if (!stays[c] && in_a_row) out.push_back(c);
  }
  return out;
}

}  // namespace tacho::store
