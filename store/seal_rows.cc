#include "store/seal_rows.h"

#include <algorithm>
#include <span>

#include "proto/base/check.h"
#include "store/block.h"

namespace tacho::store {

void SealRows::add(const HeadRows& rows) {
  TACHO_CHECK(rows.columns.size() == columns_.size());
  for (std::size_t i = 0; i < rows.times.size(); ++i) numbers_.push_back(rows.first_row + i);
  times_.insert(times_.end(), rows.times.begin(), rows.times.end());
  for (std::size_t c = 0; c < columns_.size(); ++c)
    columns_[c].insert(columns_[c].end(), rows.columns[c].begin(), rows.columns[c].end());
}

Result<void> SealRows::add(const Stage& stage, std::uint64_t from_row) {
  if (from_row >= stage.end_row()) return {};
  const std::size_t staged = stage.block().columns();
  if (staged > columns_.size()) return failure("{} has {} columns instead of {}", stage.path(), staged, columns_.size());
  const auto first = static_cast<std::size_t>(from_row > stage.first_row() ? from_row - stage.first_row() : 0);
  HeadRows rows;
  rows.first_row = stage.first_row() + first;
  const auto times = stage.block().times().subspan(first);
  rows.times.assign(times.begin(), times.end());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    rows.columns.emplace_back(rows.times.size(), absent());
    if (c >= staged) continue;
    if (auto ok = stage.block().read_column(c, first, rows.columns.back()); !ok)
      return failure("{}: {}", stage.path(), ok.error());
  }
  add(rows);
  return {};
}

std::size_t SealRows::run_end(std::size_t i, std::size_t most) const {
  std::size_t end = i + 1;
  while (end < size() && end - i < most && times_[end] > times_[end - 1] && numbers_[end] == numbers_[end - 1] + 1) ++end;
  return end;
}

EncodedBlock SealRows::encode(const StoredSchema& schema, std::uint64_t generation, std::size_t begin, std::size_t end) const {
  const auto times = std::span(times_).subspan(begin, end - begin);
  std::vector<std::vector<double>> columns(columns_.size());
  RecordHeader header = describe_block(schema, generation, numbers_[begin], times);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    columns[c].assign(columns_[c].begin() + static_cast<std::ptrdiff_t>(begin),
                      columns_[c].begin() + static_cast<std::ptrdiff_t>(end));
    header.samples +=
        static_cast<std::uint32_t>(std::count_if(columns[c].begin(), columns[c].end(), [](double v) { return !is_absent(v); }));
  }
  return {header, encode_block(times, columns)};
}

}  // namespace tacho::store
