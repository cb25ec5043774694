// Rows that have left their head and are too few for a block of the ring yet: one encoded Block in a file beside the ring.
//
// Shape    an immutable file of one or two records (ring_format.h): the series that no earlier stage of the generation names, if there
//          are any, then the Block. Rows of one generation, times increasing.
// Units    TimeMs; rows by their number in the head that they come from.
// Threads  immutable: any thread. remove() and set_aside(): the sealer only.
// Cost     create(): one small file written and synced to the disk. open(): every byte is read and verified once. A reader decodes
//          no times.
// Errors   create(): no room in the folder; no file is left then. open(): a file that is cut short, damaged, of a newer version,
//          or whose block does not fit its header.
// Memory   its bytes, read and not mapped: a disk that fails later is no SIGBUS.
// Lifetime the file stays until remove() (a crash leaves it for recovery).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"
#include "proto/base/sample.h"
#include "store/block/block.h"
#include "store/block/schema_codec.h"
#include "store/ring/ring_format.h"

namespace tacho::store {

// What the header of a block's record says of the rows in it; magic, sequence, sizes and checksums are left to who writes it.
// Requires: times not empty and increasing.
RecordHeader describe_block(const StoredSchema& schema, std::uint64_t generation, std::uint64_t first_row,
                            std::span<const TimeMs> times);

class Stage {
 public:
  // The file DIR/GROUP.GENERATION.FIRSTROW.stage. `header`: as describe_block() makes it. `packed_series`: a schema as pack_schema()
  // makes it, of the block's last columns, as many as no earlier stage names; or nothing.
  static Result<std::shared_ptr<const Stage>> create(const std::string& dir, const std::string& group, RecordHeader header,
                                                     std::span<const std::byte> payload,
                                                     std::span<const std::byte> packed_series = {});
  static Result<std::shared_ptr<const Stage>> open(const std::string& path);

  const std::string& path() const { return path_; }
  const RecordHeader& header() const { return header_; }
  std::uint64_t first_row() const { return header_.first_row; }
  std::uint64_t end_row() const { return header_.first_row + header_.rows; }
  // As many rows and columns as the header says.
  const BlockView& block() const { return block_; }
  std::size_t columns() const { return header_.columns; }
  // The series of the columns from first_named() on; null: it names none.
  std::shared_ptr<const StoredSchema> series() const;
  std::size_t first_named() const { return header_.columns - named_; }

  void remove() const;
  // Under another name, where nobody looks for it: damaged, kept for a person to look at.
  static void set_aside(const std::string& path);

 private:
  Stage() = default;
  Result<void> take_series(std::span<const std::byte> packed);

  std::string path_;
  std::vector<std::byte> bytes_;       // of the file
  std::span<const std::byte> packed_;  // the series, into bytes_
  std::size_t named_ = 0;              // how many
  RecordHeader header_{};              // the block's
  BlockView block_;                    // into bytes_
};

// What stages say of their columns, where their head is gone: the schema of as many as they name without a gap; null: of none.
// Requires: stages of one generation, by row.
std::shared_ptr<const StoredSchema> schema_of_stages(std::span<const std::shared_ptr<const Stage>> stages);

}  // namespace tacho::store
