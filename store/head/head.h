// A group's newest rows: a ring of uncompressed row frames in a file in shared memory, one file a generation.
//
// Shape    row_capacity frames of column_capacity cells, fixed at creation. One writer; any number of readers, in this process or
//          another. Columns that the schema does not name yet are spare: absent in every frame, until HeadWriter::grow() gives them
//          a series. So columns are only ever added, and a schema seen earlier is the beginning of one seen later.
// Units    TimeMs; values bit for bit, `absent` for a cell that was not set.
// Threads  HeadWriter: one thread. Head (reading, mark_sealed): any thread; mark_sealed: the sealer only.
// Cost     a row: one store a cell and one release store; no lock, no system call, no allocation. Readers copy. schema(): one load
//          and a lock held for moments, unless the head has grown: then the new series are decoded, once.
// Errors   create(): no room in the folder. open(): a file that is not a head, is of a newer version, or is cut short.
// Protocol The writer fills frame n mod capacity while readers may read rows of (n - capacity, n). It stores cells with release
//          order, so a reader that saw any cell of row n also sees published >= n when it looks again afterwards; it then knows
//          that row n - capacity is gone and drops it. Readers never wait and never retry. The code is in head_protocol.h.
//          Who needs all columns of a row loads `published` first and the schema afterwards: see HeadHeader::growth.
// Lifetime a Head unmaps when destroyed; the file stays until remove() (a crash leaves it for recovery).
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"
#include "proto/base/sample.h"
#include "store/block/schema_codec.h"
#include "store/head/head_format.h"
#include "store/head/head_times.h"

namespace tacho::store {

// Rows [first_row, first_row + times.size()) copied out of a head; columns only those asked for.
struct HeadRows {
  std::uint64_t first_row = 0;
  std::vector<TimeMs> times;
  std::vector<std::vector<double>> columns;  // as many as asked for, each of times.size() values
};

template <class Word>
struct Frames;  // head_protocol.h

class Head {
 public:
  // The file DIR/GROUP.GENERATION.head, its memory reserved; room for as many series more as are spare.
  static Result<std::shared_ptr<Head>> create(const std::string& dir, std::uint64_t generation,
                                              std::shared_ptr<const StoredSchema> schema, std::uint64_t row_capacity,
                                              std::size_t spare_columns = 0);
  // `writable`: the agent that recovers or seals; readers map it read-only.
  static Result<std::shared_ptr<Head>> open(const std::string& path, bool writable);

  const std::string& path() const { return path_; }
  std::uint64_t generation() const { return fixed_.generation; }
  // What the generation's schema was when it began.
  std::uint64_t first_schema_id() const { return fixed_.schema_id; }
  // As it is now: it grows, and what was given out stays as it is.
  std::shared_ptr<const StoredSchema> schema() const;
  std::uint64_t row_capacity() const { return fixed_.row_capacity; }
  std::size_t columns() const { return growth().columns; }

  std::uint64_t published() const { return header_->published.load(std::memory_order_acquire); }
  std::uint64_t sealed() const { return header_->sealed.load(std::memory_order_acquire); }
  bool closed() const { return header_->closed.load(std::memory_order_acquire) != 0; }
  void mark_sealed(std::uint64_t rows) { header_->sealed.store(rows, std::memory_order_release); }

  // The oldest row that can be read now, were nothing published meanwhile.
  std::uint64_t oldest() const;
  // All rows from `from_row` on that can be read now, cut where the clock stepped back.
  std::vector<HeadRun> runs(std::uint64_t from_row = 0) const { return times_.runs(*this, from_row); }

  // Rows of [from_row, to_row) that are still there and whose time is in [t_min, t_max]; the columns in the order given.
  // The rows in the time range are taken as one run from the first to the last of them.
  HeadRows read(std::span<const std::uint32_t> columns, std::uint64_t from_row, std::uint64_t to_row, TimeMs t_min,
                TimeMs t_max) const;

  void remove();

 private:
  friend class HeadWriter;
  Head() = default;
  void map(Mapping mapping);
  HeadGrowth growth() const { return std::bit_cast<HeadGrowth>(header_->growth.load(std::memory_order_acquire)); }
  // Requires: mutex_ held, or nobody else has this yet.
  Result<void> load_extensions(HeadGrowth growth) const;
  Frames<std::atomic<std::uint64_t>> frames() const;

  std::string path_;
  Mapping mapping_;
  HeadFixed fixed_{};
  HeadHeader* header_ = nullptr;
  std::byte* extensions_ = nullptr;
  std::atomic<std::uint64_t>* frames_ = nullptr;

  mutable std::mutex mutex_;  // guards what follows: how far the extensions have been decoded. A leaf
  mutable std::shared_ptr<const StoredSchema> schema_;
  mutable HeadGrowth loaded_;

  mutable HeadTimes times_;
};

// The writing side of one head. Rows that are begun and not published leave no trace.
class HeadWriter {
 public:
  explicit HeadWriter(std::shared_ptr<Head> head);
  // Closes the head: no row will follow.
  ~HeadWriter();
  HeadWriter(HeadWriter&&) = default;
  HeadWriter& operator=(HeadWriter&&) = delete;

  // The series get the next columns; readers see them before the next row. False where there is no room: nothing has changed then.
  // Requires: not empty; none has the labels of another series of this head.
  bool grow(const Schema& more);
  // All cells absent. Returns the frame's cells, to be stored with release order.
  std::span<std::atomic<std::uint64_t>> begin_row();
  // Requires: begin_row() before.
  void publish(TimeMs t);

  const Head& head() const { return *head_; }

 private:
  std::shared_ptr<Head> head_;
  std::uint64_t next_row_ = 0;
  HeadGrowth growth_;  // as the header has it
};

}  // namespace tacho::store
