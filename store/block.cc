#include "store/block.h"

#include <cstring>

#include "proto/base/check.h"
#include "proto/schema/store_generated.h"

namespace tacho::store {
namespace {

constexpr std::uint32_t kRowsMax = 1u << 20;

bool on_grid(std::span<const TimeMs> times) {
  const TimeMs step = times.size() > 1 ? times[1] - times[0] : 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (times[i] - times[i - 1] != step) return false;
  }
  return true;
}

std::span<const std::uint8_t> as_u8(std::span<const std::byte> b) {
  return {reinterpret_cast<const std::uint8_t*>(b.data()), b.size()};
}

Result<std::vector<TimeMs>> decode_times(const fb::Block& block) {
  const std::uint32_t rows = block.rows();
  const auto* bytes = block.times();
  std::vector<TimeMs> out(rows);
  switch (static_cast<TimeEncoding>(block.time_encoding())) {
    case TimeEncoding::grid: {
      if (bytes->size() != 16) return failure("a block's time grid has {} bytes instead of 16", bytes->size());
      std::int64_t grid[2];
      std::memcpy(grid, bytes->data(), 16);
      for (std::uint32_t i = 0; i < rows; ++i)
        out[i] = static_cast<TimeMs>(static_cast<std::uint64_t>(grid[0]) + i * static_cast<std::uint64_t>(grid[1]));
      break;
    }
    case TimeEncoding::plain:
      if (bytes->size() != rows * 8) return failure("{} times have {} bytes", rows, bytes->size());
      std::memcpy(out.data(), bytes->data(), bytes->size());
      break;
    default: return failure("time encoding {} is not known to this version", block.time_encoding());
  }
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (out[i] <= out[i - 1]) return failure("a block's times are not increasing at row {}", i);
  }
  return out;
}

}  // namespace

std::vector<std::byte> encode_block(std::string_view group, std::int64_t interval_ms, std::span<const TimeMs> times,
                                    std::span<const std::vector<double>> columns) {
  TACHO_CHECK(!times.empty() && times.size() <= kRowsMax);
  std::vector<std::byte> values;
  std::vector<std::uint8_t> encodings;
  std::vector<std::uint32_t> ends;
  for (const std::vector<double>& cells : columns) {
    TACHO_CHECK(cells.size() == times.size());
    encodings.push_back(static_cast<std::uint8_t>(encode_column(cells, values)));
    ends.push_back(static_cast<std::uint32_t>(values.size()));
  }
  TACHO_CHECK(values.size() < (1u << 31), "a block over 2 GiB: fewer rows must be sealed at once");

  std::vector<std::byte> time_bytes(on_grid(times) ? 16 : times.size() * 8);
  if (time_bytes.size() == 16 && on_grid(times)) {
    const std::int64_t grid[2] = {times[0], times.size() > 1 ? times[1] - times[0] : 1};
    std::memcpy(time_bytes.data(), grid, 16);
  } else {
    std::memcpy(time_bytes.data(), times.data(), time_bytes.size());
  }
  const auto time_encoding = on_grid(times) ? TimeEncoding::grid : TimeEncoding::plain;

  flatbuffers::FlatBufferBuilder builder(values.size() + 4096);
  const auto group_offset = builder.CreateString(group.data(), group.size());
  builder.ForceVectorAlignment(time_bytes.size(), 1, 8);
  const auto times_offset = builder.CreateVector(as_u8(time_bytes).data(), time_bytes.size());
  const auto encodings_offset = builder.CreateVector(encodings);
  const auto ends_offset = builder.CreateVector(ends);
  builder.ForceVectorAlignment(values.size(), 1, 8);
  const auto values_offset = builder.CreateVector(as_u8(values).data(), values.size());
  builder.Finish(fb::CreateBlock(builder, group_offset, interval_ms, static_cast<std::uint32_t>(times.size()),
                                 static_cast<std::uint8_t>(time_encoding), times_offset, encodings_offset, ends_offset, 0,
                                 values_offset));
  const auto bytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  return {bytes.begin(), bytes.end()};
}

Result<BlockView> BlockView::open(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (bytes.size() < 8 || !verifier.VerifyBuffer<fb::Block>(nullptr)) return failure("{} bytes are not a block", bytes.size());
  BlockView view;
  view.block_ = flatbuffers::GetRoot<fb::Block>(data);
  const fb::Block& b = *view.block_;
  if (b.rows() == 0 || b.rows() > kRowsMax) return failure("a block says it has {} rows", b.rows());
  if (b.values_compression() != 0) return failure("block compression {} is not known to this version", b.values_compression());
  if (b.ends()->size() != b.encodings()->size())
    return failure("a block has {} encodings but {} ends", b.encodings()->size(), b.ends()->size());
  std::uint32_t previous = 0;
  for (const std::uint32_t end : *b.ends()) {
    if (end < previous || end > b.values()->size())
      return failure("a block's column ends outside its {} bytes", b.values()->size());
    previous = end;
  }
  auto times = decode_times(b);
  if (!times) return std::unexpected(times.error());
  view.times_ = std::move(*times);
  view.columns_ = b.encodings()->size();
  return view;
}

std::string_view BlockView::group() const { return {block_->group()->c_str(), block_->group()->size()}; }
std::int64_t BlockView::interval_ms() const { return block_->interval_ms(); }

Result<void> BlockView::read_column(std::size_t column, std::size_t first, std::span<double> out) const {
  TACHO_CHECK(column < columns_);
  const auto index = static_cast<std::uint32_t>(column);
  const std::uint32_t begin = index == 0 ? 0 : block_->ends()->Get(index - 1);
  const std::uint32_t end = block_->ends()->Get(index);
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(block_->values()->data()) + begin, end - begin);
  return decode_column(static_cast<Encoding>(block_->encodings()->Get(index)), bytes, rows(), first, out);
}

}  // namespace tacho::store
