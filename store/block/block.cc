#include "store/block/block.h"

#include <lz4.h>

#include <cstring>

#include "proto/base/check.h"
#include "proto/schema/store_generated.h"
#include "store/block/block_format.h"
#include "store/codec/varint.h"

namespace tacho::store {
namespace {

std::span<const std::byte> bytes_of(const flatbuffers::Vector<std::uint8_t>& v) {
  return {reinterpret_cast<const std::byte*>(v.data()), v.size()};
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

// `raw_bytes` out of one lz4 block.
Result<std::vector<std::byte>> decompress(std::span<const std::byte> stored, std::size_t raw_bytes) {
  if (raw_bytes > kPieceMax || raw_bytes / kLz4RatioMax > stored.size())
    return failure("{} bytes of a block say that they hold {}", stored.size(), raw_bytes);
  std::vector<std::byte> raw(raw_bytes);
  const int n = LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(raw.data()),
                                    static_cast<int>(stored.size()), static_cast<int>(raw.size()));
  if (n < 0 || static_cast<std::size_t>(n) != raw.size()) return failure("a part of a block cannot be decompressed");
  return raw;
}

}  // namespace

Result<std::size_t> BlockView::head_size(std::span<const std::byte> begin) {
  static_assert(kHeadSizeBytes == kHeadChecksumBytes + sizeof(std::uint32_t));
  std::uint32_t table = 0;
  if (begin.size() < kHeadSizeBytes) return failure("{} bytes are not a block", begin.size());
  std::memcpy(&table, begin.data() + kHeadChecksumBytes, sizeof table);
  if (table < 8 || table > kPieceMax) return failure("a block says that its head has {} bytes", table);
  return (kHeadSizeBytes + table + kHeadAlign - 1) / kHeadAlign * kHeadAlign;
}

Result<BlockView> BlockView::open(std::span<const std::byte> head) {
  const auto size = head_size(head);
  if (!size) return std::unexpected(size.error());
  if (*size > head.size()) return failure("{} bytes are not a block with a head of {}", head.size(), *size);
  BlockView view;
  view.head_bytes_ = *size;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, head.data(), sizeof checksum);
  if (checksum != head_checksum(head.first(*size))) return failure("a block's head does not match its checksum");
  const auto* data = reinterpret_cast<const std::uint8_t*>(head.data() + kHeadChecksumBytes);
  flatbuffers::Verifier verifier(data, sizeof(flatbuffers::uoffset_t) + flatbuffers::GetPrefixedSize(data));
  if (!verifier.VerifySizePrefixedBuffer<fb::Block>(nullptr)) return failure("a block's head of {} bytes is none", *size);
  const fb::Block& block = *flatbuffers::GetSizePrefixedRoot<fb::Block>(data);
  if (block.rows() == 0 || block.rows() > kRowsMax) return failure("a block says it has {} rows", block.rows());
  auto times = decode_times(block);
  if (!times) return std::unexpected(times.error());
  view.times_ = std::move(*times);
  if (auto ok = view.open_columns(block); !ok) return std::unexpected(ok.error());
  return view;
}

Result<BlockView> BlockView::open_whole(std::span<const std::byte> payload) {
  auto view = open(payload);
  if (!view) return view;
  if (auto ok = view->load_from(payload); !ok) return std::unexpected(ok.error());
  return view;
}

Result<void> BlockView::open_columns(const fb::Block& block) {
  std::span<const std::byte> directory = bytes_of(*block.directory());
  std::vector<std::byte> unpacked;
  if (directory.size() != block.directory_bytes()) {
    auto raw = decompress(directory, block.directory_bytes());
    if (!raw) return std::unexpected(raw.error());
    unpacked = std::move(*raw);
    directory = unpacked;
  }
  if (block.columns() > directory.size()) return failure("a block's directory of {} bytes is too short", directory.size());

  codec::Reader in(directory);
  columns_.reserve(block.columns());
  Place constant{Encoding::same, 0, 0, 0};  // the newest column, absent ones aside, while it is the same in every row
  std::uint64_t offset = head_bytes_;
  for (const fb::Piece* p : *block.pieces()) {
    if (p->raw_bytes() > kPieceMax || p->bytes() > p->raw_bytes() || p->columns() > block.columns() - columns_.size())
      return failure("a block's piece of {} bytes in {} does not fit", p->raw_bytes(), p->bytes());
    const auto number = static_cast<std::uint32_t>(pieces_.size());
    pieces_.push_back({offset, p->bytes(), p->raw_bytes(), p->checksum()});
    offset += p->bytes();
    std::uint64_t at = 0;
    for (std::uint32_t c = 0; c < p->columns(); ++c) {
      const std::uint64_t entry = in.byte();
      const auto encoding = static_cast<Encoding>(entry & ((1u << kEncodingBits) - 1));
      std::uint64_t bytes = entry >> kEncodingBits;
      if (bytes == kLongColumn) bytes += in.varint();
      if (!in.ok() || bytes > p->raw_bytes() - at)
        return failure("a block's column {} ends outside its {} bytes", columns_.size(), p->raw_bytes());
      Place place{encoding, number, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(bytes)};
      if (encoding == Encoding::same) {
        if (constant.encoding == Encoding::same || bytes != 0)
          return failure("a block's column {} repeats nothing", columns_.size());
        place = constant;
      } else if (encoding != Encoding::absent) {
        const bool is_constant = encoding == Encoding::constant || encoding == Encoding::number;
        constant = is_constant ? place : Place{Encoding::same, 0, 0, 0};
      }
      columns_.push_back(place);
      at += bytes;
    }
    if (at != p->raw_bytes()) return failure("a block's piece has {} bytes where its columns have {}", p->raw_bytes(), at);
  }
  if (columns_.size() != block.columns() || !in.rest().empty())
    return failure("a block's pieces have {} columns instead of {}", columns_.size(), block.columns());
  return {};
}

// Requires: stored lives as long as the view where it is not compressed.
Result<void> BlockView::take(Piece& piece, std::span<const std::byte> stored) {
  piece.tried = true;
  if (piece_checksum(stored) != piece.checksum) return failure("a piece of a block does not match its checksum");
  if (piece.bytes == piece.raw_bytes) {
    piece.loaded = stored;
    return {};
  }
  auto raw = decompress(stored, piece.raw_bytes);
  if (!raw) return std::unexpected(raw.error());
  piece.own = std::move(*raw);
  piece.loaded = piece.own;
  return {};
}

Result<void> BlockView::load_from(std::span<const std::byte> payload) {
  for (Piece& piece : pieces_) {
    if (piece.offset + piece.bytes > payload.size()) return failure("a block's pieces do not fit its {} bytes", payload.size());
    if (auto ok = take(piece, payload.subspan(piece.offset, piece.bytes)); !ok) return ok;
  }
  return {};
}

Result<void> BlockView::load_piece(std::uint32_t number, const ReadPart& read) {
  Piece& piece = pieces_[number];
  if (piece.tried) return {};
  std::vector<std::byte> stored(piece.bytes);
  if (auto ok = read(piece.offset, stored); !ok) return ok;
  piece.own = std::move(stored);
  (void)take(piece, piece.own);  // damaged: read_column() says so of its columns
  return {};
}

Result<void> BlockView::load(std::span<const std::uint32_t> columns, const ReadPart& read) {
  for (const std::uint32_t c : columns) {
    TACHO_CHECK(c < columns_.size());
    if (columns_[c].encoding == Encoding::absent) continue;
    if (auto ok = load_piece(columns_[c].piece, read); !ok) return ok;
    if (columns_[c].encoding != Encoding::copy) continue;
    if (const auto original = copied_column(column(c), c, rows())) {
      if (auto ok = load_piece(columns_[*original].piece, read); !ok) return ok;
    }
  }
  return {};
}

std::size_t BlockView::held_bytes() const {
  std::size_t out = columns_.capacity() * sizeof(Place) + pieces_.capacity() * sizeof(Piece) + times_.capacity() * sizeof(TimeMs);
  for (const Piece& p : pieces_) out += p.own.capacity();
  return out;
}

EncodedColumn BlockView::column(std::size_t column) const {
  const Place& p = columns_[column];
  const std::span<const std::byte> piece =
      p.encoding == Encoding::absent ? std::span<const std::byte>() : pieces_[p.piece].loaded;
  // Where the piece is missing, no bytes: less than any encoding but `absent` takes.
  return {p.encoding, piece.size() < std::size_t{p.at} + p.bytes ? std::span<const std::byte>() : piece.subspan(p.at, p.bytes)};
}

Result<void> BlockView::read_column(std::size_t column, std::size_t first, std::span<double> out) const {
  return store::read_column(*this, column, rows(), first, out, codec::kernels());
}

}  // namespace tacho::store
