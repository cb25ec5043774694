#include "store/ring/seal_rows.h"

#include <algorithm>
#include <span>

#include "proto/base/check.h"
#include "store/block/block.h"

namespace tacho::store {

void SealRows::number_rows(std::uint64_t first, std::span<const TimeMs> times) {
  for (std::size_t i = 0; i < times.size(); ++i) numbers_.push_back(first + i);
  times_.insert(times_.end(), times.begin(), times.end());
}

void SealRows::add(HeadRows rows) {
  TACHO_CHECK(rows.columns.size() == columns_);
  if (rows.times.empty()) return;
  runs_.push_back({size(), rows.times.size(), std::move(rows.columns)});
  number_rows(rows.first_row, rows.times);
}

Result<void> SealRows::add(const Stage& stage, std::uint64_t from_row) {
  if (from_row >= stage.end_row()) return {};
  if (stage.columns() > columns_) return failure("{} has {} columns instead of {}", stage.path(), stage.columns(), columns_);
  const auto first = static_cast<std::size_t>(from_row > stage.first_row() ? from_row - stage.first_row() : 0);
  const auto times = stage.block().times().subspan(first);
  runs_.push_back({size(), times.size(), {}, &stage, first});
  number_rows(stage.first_row() + first, times);
  return {};
}

std::size_t SealRows::run_end(std::size_t i, std::size_t most) const {
  std::size_t end = i + 1;
  while (end < size() && end - i < most && times_[end] > times_[end - 1] && numbers_[end] == numbers_[end - 1] + 1) ++end;
  return end;
}

// The run's rows from its row `begin` on. False, and absent, where they cannot be decoded.
bool SealRows::copy_column(const Run& run, std::size_t column, std::size_t begin, std::span<double> out) const {
  if (run.stage == nullptr) {
    std::copy_n(run.columns[column].begin() + static_cast<std::ptrdiff_t>(begin), out.size(), out.begin());
    return true;
  }
  const bool staged = column < run.stage->columns();
  const bool read = staged && run.stage->block().read_column(column, run.first + begin, out).has_value();
  if (!read) std::ranges::fill(out, absent());
  return read || !staged;
}

EncodedBlock SealRows::encode(const StoredSchema& schema, std::uint64_t generation, std::size_t begin, std::size_t end,
                              codec::Effort effort) const {
  const auto times = std::span(times_).subspan(begin, end - begin);
  EncodedBlock out{describe_block(schema, generation, numbers_[begin], times), {}};
  BlockWriter writer(times, effort);
  std::vector<double> cells(end - begin);
  for (std::size_t c = 0; c < columns_; ++c) {
    for (const Run& run : runs_) {
      const std::size_t from = std::max(run.begin, begin), to = std::min(run.begin + run.rows, end);
      if (from >= to) continue;
      const bool read = copy_column(run, c, from - run.begin, std::span(cells).subspan(from - begin, to - from));
      out.damaged_columns += read ? 0 : 1;
    }
    writer.add(cells);
    out.header.samples += static_cast<std::uint32_t>(std::ranges::count_if(cells, [](double v) { return !is_absent(v); }));
  }
  out.payload = writer.finish();
  return out;
}

}  // namespace tacho::store
