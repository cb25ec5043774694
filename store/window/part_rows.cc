#include "store/window/part_rows.h"

#include <algorithm>

#include "proto/base/clock.h"
#include "store/block/block.h"

namespace tacho::store {
namespace {

PartRows decode_head(const Part& part, std::span<const std::uint32_t> columns, TimeRange range) {
  HeadRows rows = part.head->read(columns, part.first_row, part.end_row, range.min, range.max);
  return {std::move(rows.times), std::move(rows.columns)};
}

// `block_first`: the number of the block's first row. Requires: the part's rows are the block's; the columns are loaded.
PartRows decode_rows(const BlockView& block, std::uint64_t block_first, const Part& part, std::span<const std::uint32_t> columns,
                     TimeRange range) {
  const auto times = block.times().subspan(part.first_row - block_first, part.end_row - part.first_row);
  const auto begin = std::lower_bound(times.begin(), times.end(), range.min);
  const auto end = std::upper_bound(begin, times.end(), range.max);
  PartRows out;
  out.times.assign(begin, end);
  out.columns.resize(columns.size());
  const auto first = static_cast<std::size_t>(begin - times.begin()) + (part.first_row - block_first);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out.columns[i].resize(out.times.size());
    if (block.read_column(columns[i], first, out.columns[i])) continue;
    std::fill(out.columns[i].begin(), out.columns[i].end(), absent());
    out.damaged = true;
  }
  return out;
}

Result<std::vector<std::byte>> read_block_head(const Ring& ring, const RecordRef& record) {
  constexpr std::size_t kMostHeads = 4096;
  std::vector<std::byte> head(std::min<std::size_t>(record.header.payload_bytes, kMostHeads));
  if (auto ok = ring.read(record, 0, head); !ok) return std::unexpected(ok.error());
  const auto size = BlockView::head_size(head);
  if (!size) return std::unexpected(size.error());
  if (*size > record.header.payload_bytes) return failure("the block at {} is shorter than its head", record.offset);
  const std::size_t known = std::min(head.size(), *size);
  head.resize(*size);
  if (auto ok = ring.read(record, known, std::span(head).subspan(known)); !ok) return std::unexpected(ok.error());
  return head;
}

Result<std::shared_ptr<OpenBlock>> open_record(const Ring& ring, const Part& part) {
  const RecordRef& record = *part.record;
  const auto head = read_block_head(ring, record);
  if (!head) return std::unexpected(head.error());
  auto block = BlockView::open(*head);
  if (!block) return std::unexpected(block.error());
  if (block->rows() != record.header.rows || block->columns() != part.columns || block->columns() != part.schema->columns())
    return failure("the block at {} does not fit its header", record.offset);
  auto out = std::make_shared<OpenBlock>();
  out->view = std::move(*block);
  return out;
}

// A question for most of a block's columns is seldom asked twice, and would push out everything else.
bool is_worth_keeping(const Part& part, std::size_t columns) { return columns * 8 <= part.columns + 8; }

Result<PartRows> decode_record(const Ring& ring, const Part& part, std::span<const std::uint32_t> columns, TimeRange range) {
  const RecordRef& record = *part.record;
  const bool keeps = is_worth_keeping(part, columns.size());
  std::shared_ptr<OpenBlock> block = keeps ? ring.open_blocks().find(record.header.sequence) : nullptr;
  if (!block) {
    auto opened = open_record(ring, part);
    if (!opened) return std::unexpected(opened.error());
    block = std::move(*opened);
  }
  const auto read = [&](std::uint64_t offset, std::span<std::byte> out) { return ring.read(record, offset, out); };
  std::size_t bytes = 0;
  {
    const std::lock_guard lock(block->mutex);
    if (auto ok = block->view.load(columns, read); !ok) return std::unexpected(ok.error());
    bytes = block->view.held_bytes();
  }
  if (keeps) ring.open_blocks().keep(record.header.sequence, block, bytes, system_clock().mono());
  return decode_rows(block->view, record.header.first_row, part, columns, range);
}

}  // namespace

Result<PartRows> read_part(const WindowSnapshot& window, const Part& part, std::span<const std::uint32_t> columns,
                           TimeRange range) {
  range.max = std::min(range.max, part.hidden_from - 1);  // its times increase
  if (part.head) return decode_head(part, columns, range);
  if (part.stage) return decode_rows(part.stage->block(), part.stage->first_row(), part, columns, range);
  return decode_record(*window.ring, part, columns, range);
}

}  // namespace tacho::store
