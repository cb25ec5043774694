#include <lz4.h>

#include <cstring>
#include <optional>

#include "proto/base/check.h"
#include "proto/schema/store_generated.h"
#include "store/block/block.h"
#include "store/block/block_format.h"
#include "store/codec/varint.h"

namespace tacho::store {
namespace {

// Where a piece ends. Smaller ones cost lz4 its memory of what came before, larger ones a reader of few columns more bytes.
constexpr std::size_t kPieceBytes = 128 << 10;

bool on_grid(std::span<const TimeMs> times) {
  const TimeMs step = times.size() > 1 ? times[1] - times[0] : 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (times[i] - times[i - 1] != step) return false;
  }
  return true;
}

TimeEncoding encode_times(std::span<const TimeMs> times, codec::Bytes& out) {
  codec::put_fixed(out, static_cast<std::uint64_t>(times[0]), 8);
  if (on_grid(times)) {
    codec::put_fixed(out, static_cast<std::uint64_t>(times.size() > 1 ? times[1] - times[0] : 1), 8);
    return TimeEncoding::grid;
  }
  // As a column of numbers, exact up to 2^53.
  std::vector<double> since(times.size());
  for (std::size_t i = 0; i < times.size(); ++i) since[i] = static_cast<double>(times[i] - times[0]);
  codec::Bytes bytes;
  const Encoding encoding = ColumnWriter(bytes).add(since);
  codec::put_byte(out, static_cast<std::uint64_t>(encoding));
  out.insert(out.end(), bytes.begin(), bytes.end());
  return TimeEncoding::column;
}

// Where that takes at least a thirty-second off.
std::optional<codec::Bytes> compress(std::span<const std::byte> raw) {
  codec::Bytes small(raw.size() - raw.size() / 32);
  const int bytes = LZ4_compress_default(reinterpret_cast<const char*>(raw.data()), reinterpret_cast<char*>(small.data()),
                                         static_cast<int>(raw.size()), static_cast<int>(small.size()));
  if (bytes <= 0 || static_cast<std::size_t>(bytes) >= raw.size()) return std::nullopt;
  small.resize(static_cast<std::size_t>(bytes));
  return small;
}

}  // namespace

BlockWriter::BlockWriter(std::span<const TimeMs> times, codec::Effort effort)
    : times_(times), effort_(effort), writer_(values_, effort) {
  TACHO_CHECK(!times.empty() && times.size() <= kRowsMax);
}

BlockWriter::~BlockWriter() = default;

void BlockWriter::add(std::span<const double> cells) {
  TACHO_CHECK(cells.size() == times_.size());
  const std::size_t before = values_.size();
  const auto encoding = static_cast<std::uint64_t>(writer_.add(cells));
  const std::uint64_t bytes = values_.size() - before;
  codec::put_byte(directory_, encoding | std::min(bytes, kLongColumn) << kEncodingBits);
  if (bytes >= kLongColumn) codec::put_varint(directory_, bytes - kLongColumn);
  ++columns_;
  ++piece_columns_;
  TACHO_CHECK(values_.size() < kPieceMax, "a block over 1 GiB: fewer rows must be sealed at once");
  if (values_.size() - piece_begin_ >= kPieceBytes) end_piece();
}

void BlockWriter::end_piece() {
  if (piece_columns_ == 0) return;
  const auto raw = std::span<const std::byte>(values_).subspan(piece_begin_);
  const auto small = effort_ == codec::Effort::small ? compress(raw) : std::nullopt;
  const std::span<const std::byte> stored = small ? std::span<const std::byte>(*small) : raw;
  pieces_.emplace_back(static_cast<std::uint32_t>(piece_columns_), static_cast<std::uint32_t>(stored.size()),
                       static_cast<std::uint32_t>(raw.size()), piece_checksum(stored));
  stored_.insert(stored_.end(), stored.begin(), stored.end());
  piece_begin_ = values_.size();
  piece_columns_ = 0;
}

std::vector<std::byte> BlockWriter::finish() {
  end_piece();
  const auto packed_directory = compress(directory_);
  const codec::Bytes& stored_directory = packed_directory ? *packed_directory : directory_;
  codec::Bytes time_bytes;
  const TimeEncoding time_encoding = encode_times(times_, time_bytes);

  flatbuffers::FlatBufferBuilder builder(stored_directory.size() + time_bytes.size() + 256);
  const auto vector_of = [&](const codec::Bytes& b) {
    return builder.CreateVector(reinterpret_cast<const std::uint8_t*>(b.data()), b.size());
  };
  const auto pieces_offset = builder.CreateVectorOfStructs(pieces_);
  const auto directory_offset = vector_of(stored_directory);
  const auto times_offset = vector_of(time_bytes);
  fb::BlockBuilder block(builder);
  block.add_rows(static_cast<std::uint32_t>(times_.size()));
  block.add_columns(static_cast<std::uint32_t>(columns_));
  block.add_directory_bytes(static_cast<std::uint32_t>(directory_.size()));
  block.add_times(times_offset);
  block.add_directory(directory_offset);
  block.add_pieces(pieces_offset);
  block.add_time_encoding(static_cast<std::uint8_t>(time_encoding));
  builder.FinishSizePrefixed(block.Finish());

  const auto table = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  const std::size_t head_bytes = (kHeadChecksumBytes + table.size() + kHeadAlign - 1) / kHeadAlign * kHeadAlign;
  std::vector<std::byte> out;
  out.reserve(head_bytes + stored_.size());
  out.resize(head_bytes);
  std::copy(table.begin(), table.end(), out.begin() + kHeadChecksumBytes);
  const std::uint64_t checksum = head_checksum(out);
  std::memcpy(out.data(), &checksum, sizeof checksum);
  out.insert(out.end(), stored_.begin(), stored_.end());
  return out;
}

std::vector<std::byte> encode_block(std::span<const TimeMs> times, std::span<const std::vector<double>> columns) {
  BlockWriter writer(times);
  for (const std::vector<double>& cells : columns) writer.add(cells);
  return writer.finish();
}

}  // namespace tacho::store
