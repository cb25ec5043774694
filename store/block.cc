#include "store/block.h"

#include <lz4.h>

#include <cstring>

#include "proto/base/check.h"
#include "proto/schema/store_generated.h"
#include "store/codec/varint.h"

namespace tacho::store {
namespace {

// A directory entry's byte: the encoding, and the column's length where it is below kLong; else kLong, and a varint of what is more.
constexpr unsigned kEncodingBits = 3;
constexpr std::uint64_t kLong = 31;

// No body that this program writes comes near; what claims to be larger is damaged, or meant to exhaust the reader.
constexpr std::size_t kBodyMax = std::size_t{1} << 30;
constexpr std::size_t kLz4RatioMax = 256;

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

std::span<const std::byte> bytes_of(const flatbuffers::Vector<std::uint8_t>& v) {
  return {reinterpret_cast<const std::byte*>(v.data()), v.size()};
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

// The times as the only column.
class TimeColumn final : public ColumnSource {
 public:
  explicit TimeColumn(EncodedColumn column) : column_(column) {}
  EncodedColumn column(std::size_t) const override { return column_; }
  std::size_t columns() const override { return 1; }

 private:
  EncodedColumn column_;
};

Result<std::vector<TimeMs>> decode_times(const fb::Block& block) {
  const std::uint32_t rows = block.rows();
  const std::span<const std::byte> bytes = bytes_of(*block.times());
  std::vector<TimeMs> out(rows);
  codec::Reader in(bytes);
  switch (static_cast<TimeEncoding>(block.time_encoding())) {
    case TimeEncoding::grid: {
      if (bytes.size() != 16) return failure("a block's time grid has {} bytes instead of 16", bytes.size());
      const std::uint64_t first = in.fixed(8), step = in.fixed(8);
      for (std::uint32_t i = 0; i < rows; ++i) out[i] = static_cast<TimeMs>(first + i * step);
      break;
    }
    case TimeEncoding::column: {
      const std::uint64_t first = in.fixed(8);
      const auto encoding = static_cast<Encoding>(in.byte());
      std::vector<double> since(rows);
      if (!in.ok()) return failure("a block's times have {} bytes", bytes.size());
      if (auto ok = read_column(TimeColumn({encoding, in.rest()}), 0, rows, 0, since, codec::kernels()); !ok)
        return failure("a block's times: {}", ok.error());
      for (std::uint32_t i = 0; i < rows; ++i) {
        if (!(since[i] >= 0 && since[i] < 9e15)) return failure("a block's time at row {} is {} ms after the first", i, since[i]);
        out[i] = static_cast<TimeMs>(first + static_cast<std::uint64_t>(since[i]));
      }
      break;
    }
    default: return failure("time encoding {} is not known to this version", block.time_encoding());
  }
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (out[i] <= out[i - 1]) return failure("a block's times are not increasing at row {}", i);
  }
  return out;
}

// The body as it is stored: compressed where that takes at least a twentieth off.
Compression compress(codec::Bytes& body) {
  codec::Bytes small(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(body.size()))));
  const int bytes = LZ4_compress_default(reinterpret_cast<const char*>(body.data()), reinterpret_cast<char*>(small.data()),
                                         static_cast<int>(body.size()), static_cast<int>(small.size()));
  if (bytes <= 0 || static_cast<std::size_t>(bytes) > body.size() - body.size() / 20) return Compression::none;
  small.resize(static_cast<std::size_t>(bytes));
  body = std::move(small);
  return Compression::lz4;
}

}  // namespace

std::vector<std::byte> encode_block(std::span<const TimeMs> times, std::span<const std::vector<double>> columns) {
  TACHO_CHECK(!times.empty() && times.size() <= kRowsMax);
  codec::Bytes values, body;
  ColumnWriter writer(values);
  for (const std::vector<double>& cells : columns) {
    TACHO_CHECK(cells.size() == times.size());
    const std::size_t before = values.size();
    const auto encoding = static_cast<std::uint64_t>(writer.add(cells));
    const std::uint64_t bytes = values.size() - before;
    codec::put_byte(body, encoding | std::min(bytes, kLong) << kEncodingBits);
    if (bytes >= kLong) codec::put_varint(body, bytes - kLong);
  }
  const std::size_t directory_bytes = body.size();
  body.insert(body.end(), values.begin(), values.end());
  TACHO_CHECK(body.size() < kBodyMax, "a block over 1 GiB: fewer rows must be sealed at once");
  const auto body_bytes = static_cast<std::uint32_t>(body.size());
  const Compression compression = compress(body);
  codec::Bytes time_bytes;
  const TimeEncoding time_encoding = encode_times(times, time_bytes);

  flatbuffers::FlatBufferBuilder builder(body.size() + 256);
  const auto body_offset = builder.CreateVector(as_u8(body).data(), body.size());
  const auto times_offset = builder.CreateVector(as_u8(time_bytes).data(), time_bytes.size());
  fb::BlockBuilder block(builder);
  block.add_rows(static_cast<std::uint32_t>(times.size()));
  block.add_columns(static_cast<std::uint32_t>(columns.size()));
  block.add_directory_bytes(static_cast<std::uint32_t>(directory_bytes));
  if (compression != Compression::none) block.add_body_bytes(body_bytes);
  block.add_times(times_offset);
  block.add_body(body_offset);
  block.add_time_encoding(static_cast<std::uint8_t>(time_encoding));
  block.add_compression(static_cast<std::uint8_t>(compression));
  builder.Finish(block.Finish());
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
  auto times = decode_times(b);
  if (!times) return std::unexpected(times.error());
  view.times_ = std::move(*times);
  if (auto ok = view.open_body(); !ok) return std::unexpected(ok.error());
  return view;
}

Result<void> BlockView::open_body() {
  const fb::Block& b = *block_;
  const std::span<const std::byte> stored = bytes_of(*b.body());
  std::span<const std::byte> body = stored;
  switch (static_cast<Compression>(b.compression())) {
    case Compression::none: body_ = stored.data(); break;
    case Compression::lz4: {
      if (b.body_bytes() > kBodyMax || b.body_bytes() / kLz4RatioMax > stored.size())
        return failure("a block's body of {} bytes says it holds {}", stored.size(), b.body_bytes());
      unpacked_.resize(b.body_bytes());
      const int n = LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(unpacked_.data()),
                                        static_cast<int>(stored.size()), static_cast<int>(unpacked_.size()));
      if (n < 0 || static_cast<std::size_t>(n) != unpacked_.size()) return failure("a block's body cannot be decompressed");
      body = unpacked_;
      break;
    }
    default: return failure("block compression {} is not known to this version", b.compression());
  }
  if (b.directory_bytes() > body.size() || b.columns() > b.directory_bytes())
    return failure("a block's body of {} bytes does not fit its header", body.size());

  codec::Reader in(body.first(b.directory_bytes()));
  std::uint64_t at = b.directory_bytes();
  columns_.reserve(b.columns());
  Place constant{Encoding::same, 0, 0};  // the newest column, absent ones aside, while it is the same in every row
  for (std::uint32_t c = 0; c < b.columns(); ++c) {
    const std::uint64_t entry = in.byte();
    const auto encoding = static_cast<Encoding>(entry & ((1u << kEncodingBits) - 1));
    std::uint64_t bytes = entry >> kEncodingBits;
    if (bytes == kLong) bytes += in.varint();
    if (!in.ok() || bytes > body.size() - at) return failure("a block's column {} ends outside its {} bytes", c, body.size());
    Place place{encoding, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(bytes)};
    if (encoding == Encoding::same) {
      if (constant.encoding == Encoding::same || bytes != 0) return failure("a block's column {} repeats nothing", c);
      place = constant;
    } else if (encoding != Encoding::absent) {
      const bool is_constant = encoding == Encoding::constant || encoding == Encoding::number;
      constant = is_constant ? place : Place{Encoding::same, 0, 0};
    }
    columns_.push_back(place);
    at += bytes;
  }
  return {};
}

EncodedColumn BlockView::column(std::size_t column) const {
  const Place& p = columns_[column];
  return {p.encoding, {(body_ != nullptr ? body_ : unpacked_.data()) + p.at, p.bytes}};
}

Result<void> BlockView::read_column(std::size_t column, std::size_t first, std::span<double> out) const {
  return store::read_column(*this, column, rows(), first, out, codec::kernels());
}

}  // namespace tacho::store
