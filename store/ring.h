// The ring: a file of fixed size that holds sealed blocks, the oldest overwritten by the newest.
//
// Shape    an append-only run of records (ring_format.h) that wraps around; an index of them in memory.
// Threads  Ring: append() and sync() by one thread, the sealer; snapshot() and read() from any. In another process: open with
//          writable = false, and refresh() to see what was appended since; one thread.
// Cost     append() is one write to the page cache; opening reads the headers, and verifies every payload where it is writable.
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
#include "store/ring_format.h"

namespace tacho::store {

struct RecordRef {
  std::uint64_t offset = 0;
  RecordHeader header{};
};

// The records there were at one moment, oldest first.
using RingIndex = std::vector<RecordRef>;

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

  // `header`: type, schema_id, generation, first_row, rows, columns, t_min, t_max, group_hash set by the caller.
  // Requires: writable. A payload that could not fit in a quarter of the ring is refused.
  Result<void> append(RecordHeader header, std::span<const std::byte> payload);
  // Down to the disk.
  Result<void> sync();

  std::shared_ptr<const RingIndex> snapshot() const;
  // The payload, whole and verified; aligned to 8.
  Result<std::vector<std::byte>> read(const RecordRef& record) const;
  // Readers in another process: sees what was appended since the last look.
  Result<void> refresh();

  std::uint64_t file_bytes() const { return file_bytes_; }
  std::uint64_t appended_bytes() const { return appended_bytes_; }
  const RingRecovery& recovery() const { return recovery_; }
  const std::string& path() const { return path_; }

 private:
  Ring() = default;
  Result<void> create(std::uint64_t file_bytes);
  Result<void> load(bool verify_payloads);
  struct Scan {
    RingIndex records;
    RingIndex damaged;
    std::uint64_t wrap_sequence = 0;  // of the wrap record that ended it
  };
  Result<Scan> scan(bool verify_payloads) const;
  Result<void> raise_used(std::uint64_t end);
  std::uint64_t used_bytes() const;
  Result<void> write_record(const RecordHeader& header, std::span<const std::byte> payload);
  void publish(std::shared_ptr<const RingIndex> index);

  std::string path_;
  Fd fd_;
  bool writable_ = false;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t used_bytes_ = 0;  // as the file says (RingUsed)
  std::uint64_t write_offset_ = kRingStart;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t appended_bytes_ = 0;  // since opening
  RingRecovery recovery_;

  mutable std::mutex mutex_;  // guards index_ (the pointer, not what it points to: that never changes)
  std::shared_ptr<const RingIndex> index_ = std::make_shared<RingIndex>();
};

}  // namespace tacho::store
