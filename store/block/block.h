// A sealed, immutable run of one group's rows as bytes: a head, which is a FlatBuffers Block (proto/schema/store.fbs), and behind it
// the columns' bytes in pieces of some ten kilobytes, each compressed and checksummed by itself.
//
// Shape    rows in strictly increasing time; columns in the order of the schema that the block's record names.
// Threads  BlockWriter: one. BlockView: load() by one thread at a time; what it has loaded is read from any, also while more is loaded.
// Cost     open(): a walk over the columns' directory. load(): a pass of lz4 and of the checksum over the pieces that the columns lie in:
//          one series of thousands needs one piece, not the block.
// Errors   open(): bytes that are no valid block, with what is wrong. load(): what reading fails with; a piece that is damaged costs its
//          columns, which read_column() then refuses. Every offset is checked before use, so a block made by a broken writer cannot make a
//          reader read outside it.
// Lifetime the head's bytes are not needed after open().
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/sample.h"
#include "store/block/column.h"

namespace tacho::fb {
struct Block;
struct Piece;
}  // namespace tacho::fb

namespace tacho::store {

inline constexpr std::uint32_t kRowsMax = 1u << 20;

// Takes the columns one by one, in order: whoever seals thousands of them holds one at a time.
class BlockWriter {
 public:
  // Requires: times strictly increasing and not empty, at most kRowsMax. They outlive this.
  explicit BlockWriter(std::span<const TimeMs> times, codec::Effort effort = codec::Effort::small);
  BlockWriter(const BlockWriter&) = delete;
  BlockWriter& operator=(const BlockWriter&) = delete;
  ~BlockWriter();

  // Requires: as many cells as times.
  void add(std::span<const double> cells);
  // The payload. Requires: called once.
  std::vector<std::byte> finish();

 private:
  void end_piece();

  std::span<const TimeMs> times_;
  codec::Effort effort_;
  codec::Bytes values_, directory_;  // of all columns, before lz4
  ColumnWriter writer_;
  std::size_t columns_ = 0;
  std::size_t piece_begin_ = 0, piece_columns_ = 0;  // of the piece that is being filled
  std::vector<fb::Piece> pieces_;
  codec::Bytes stored_;  // the pieces
};

// All at once. Requires: as above.
std::vector<std::byte> encode_block(std::span<const TimeMs> times, std::span<const std::vector<double>> columns);

class BlockView final : private ColumnSource {
 public:
  BlockView() = default;
  BlockView(BlockView&&) = default;
  BlockView& operator=(BlockView&&) = default;

  // Bytes of the payload from `offset` on.
  using ReadPart = std::function<Result<void>(std::uint64_t offset, std::span<std::byte> out)>;

  // How long the head is of the block that begins so; an error where that are less than kHeadSizeBytes, or no block's.
  static constexpr std::size_t kHeadSizeBytes = 12;
  static Result<std::size_t> head_size(std::span<const std::byte> begin);
  // Requires: head aligned to 4; what follows the head may be there or not.
  static Result<BlockView> open(std::span<const std::byte> head);
  // The whole payload, which must outlive the view. An error also where a piece is damaged.
  static Result<BlockView> open_whole(std::span<const std::byte> payload);

  std::size_t rows() const { return times_.size(); }
  std::size_t columns() const override { return columns_.size(); }
  std::span<const TimeMs> times() const { return times_; }
  // Of memory: what was opened and is loaded.
  std::size_t held_bytes() const;

  // The pieces that these columns need, as far as they are not loaded yet. Requires: every column < columns().
  Result<void> load(std::span<const std::uint32_t> columns, const ReadPart& read);

  // Cells [first, first + out.size()) of a column. Requires: loaded.
  Result<void> read_column(std::size_t column, std::size_t first, std::span<double> out) const;

 private:
  // Where a column's bytes lie.
  struct Place {
    Encoding encoding;
    std::uint32_t piece;
    std::uint32_t at;
    std::uint32_t bytes;
  };
  struct Piece {
    std::uint64_t offset;  // in the payload
    std::uint32_t bytes, raw_bytes, checksum;
    bool tried = false;
    std::vector<std::byte> own = {};         // where they were read or unpacked
    std::span<const std::byte> loaded = {};  // raw; empty where it is damaged or not loaded
  };

  Result<void> open_columns(const fb::Block& block);
  Result<void> load_from(std::span<const std::byte> payload);
  Result<void> take(Piece& piece, std::span<const std::byte> stored);
  Result<void> load_piece(std::uint32_t piece, const ReadPart& read);
  EncodedColumn column(std::size_t column) const override;

  std::size_t head_bytes_ = 0;
  std::vector<Place> columns_;
  std::vector<Piece> pieces_;
  std::vector<TimeMs> times_;
};

}  // namespace tacho::store
