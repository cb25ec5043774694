// The ring: a file of fixed size that holds sealed blocks, the oldest overwritten by the newest.
//
// Shape    an append-only run of records (ring_format.h) that wraps around; an index of them in memory (ring_index.h).
// Threads  Ring: append() and sync() by one thread, the sealer; snapshot() and read() from any. In another process: open with
//          writable = false, and refresh() to see what was appended since; one thread.
// Cost     append() is one write to the page cache; opening reads the headers, and verifies every payload where it is writable.
//          refresh(): three system calls, and one for each record that is new; the headers again where the writer is a lap ahead.
// Errors   open(): not a ring, of a newer version, cut short; each with what to do. read(): a record that is gone (overwritten
//          meanwhile) or damaged is an error value; the caller skips and counts it.
// Crash    A record counts once its header and payload checksums match; a torn one counts as absent and is overwritten next.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"
#include "proto/base/sample.h"
#include "store/ring/open_blocks.h"
#include "store/ring/ring_index.h"

namespace tacho::store {

// What opening found.
struct RingRecovery {
  std::size_t records = 0;
  std::size_t damaged = 0;  // headers whose payload did not match; less the one that a crash left where the next record goes
  bool created = false;
};

class Ring {
 public:
  // Opens PATH or, where writable and it does not exist, creates it with file_bytes; an existing file keeps its size unless
  // file_bytes differs, in which case it is made anew with the newest records that fit.
  static Result<std::unique_ptr<Ring>> open(const std::string& path, bool writable, std::uint64_t file_bytes = 0);

  // `header`: type, schema_id, generation, first_row, rows, columns, t_min, t_max set by the caller.
  // Requires: writable. A payload that could not fit in a quarter of the ring is refused.
  Result<void> append(RecordHeader header, std::span<const std::byte> payload);
  // Down to the disk.
  Result<void> sync();

  std::shared_ptr<const RingIndex> snapshot() const;
  // The payload, whole and verified; aligned to 8.
  Result<std::vector<std::byte>> read(const RecordRef& record) const;
  // A part of it, as it lies there now: what is in it must be verified by who knows its own checksums. An error where it would lie
  // outside the payload.
  Result<void> read(const RecordRef& record, std::uint64_t offset, std::span<std::byte> out) const;
  // What a head says of its series: its blocks are readable where the schema's record is damaged. One thread: who appends or refreshes.
  void know(const std::shared_ptr<const StoredSchema>& schema);
  // Readers in another process: sees what was appended since the last look.
  Result<void> refresh();
  // True where the path names another file by now (the agent has changed its size): open that one.
  bool replaced() const;

  // For readers of its blocks; from any thread.
  OpenBlocks& open_blocks() const { return open_blocks_; }

  std::uint64_t file_bytes() const { return file_bytes_; }
  std::uint64_t appended_bytes() const { return appended_bytes_; }
  const RingRecovery& recovery() const { return recovery_; }
  const std::string& path() const { return path_; }

 private:
  Ring() = default;
  Result<void> create(std::uint64_t file_bytes);
  Result<void> load(bool verify_payloads);
  Result<void> search(bool verify_payloads);
  struct Scan {
    std::vector<RecordRef> records, damaged;
    std::uint64_t wrap_sequence = 0;  // of the wrap record that ended it
    bool lap_ends = false;            // at that wrap the newest lap began
  };
  Result<Scan> scan(bool verify_payloads) const;
  std::size_t damaged_in(const Scan& found) const;
  Result<bool> follow();
  Result<std::int64_t> written() const;
  std::shared_ptr<const KnownSchema> read_schema(const RecordRef& r) const;
  Result<void> raise_used(std::uint64_t end);
  std::uint64_t used_bytes() const;
  Result<void> write_record(const RecordHeader& header, std::span<const std::byte> payload);
  void drop(std::uint64_t begin, std::uint64_t end);
  void publish();

  // The record, or wrap, that was written last, as far as this knows, and where the next one comes, if it fits.
  struct Tail {
    std::uint64_t offset = 0, sequence = 0, checksum = 0;
    std::uint64_t next = kRingStart;
  };
  Tail tail_after(std::uint64_t offset, const RecordHeader& h) const;

  std::string path_;
  Fd fd_;
  bool writable_ = false;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t used_bytes_ = 0;  // as the file says (RingUsed)
  bool cut_short_ = false;        // when it was opened
  Tail tail_;
  std::int64_t written_ns_ = 0;  // a reader's: written() before it looked last
  // A reader's: no record is missing between those that its last search found. Where one is damaged, or was written while the search
  // passed by, it searches again.
  bool whole_ = true;
  std::uint64_t appended_bytes_ = 0;  // since opening
  RingRecovery recovery_;
  RingIndexer indexer_;  // of the one thread that appends or refreshes

  mutable OpenBlocks open_blocks_;

  mutable std::mutex mutex_;  // guards index_ (the pointer, not what it points to: that never changes)
  std::shared_ptr<const RingIndex> index_ = std::make_shared<RingIndex>();
};

}  // namespace tacho::store
