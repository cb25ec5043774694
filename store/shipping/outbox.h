// What one endpoint has not taken for a while: windows on the disk, for an outage longer than the ring holds seconds.
//
// Content  the window's own samples, those at its end. Seconds that are shipped beside them stay in the ring, and are lost with it.
// Shape    a folder of append-only segments (outbox_format.h), each of at most segment_bytes, read in the order of their numbers. A window is one
//          record; the series it refers to are named by records before it in the same segment.
// Bounds   bytes_max on the disk: before more is written the oldest segments go, and what was in them is for the owner to count (end_of_lost()).
//          In memory: 32 bytes a window, and the names of one segment's series.
// Crash    append() returns when the record is on the disk. What was being written when the machine died does not match its checksum and is no
//          window. A segment is never written to again after open(): the next append() begins a new one.
// Damage   each record stands for itself: one that does not match its checksum is passed over and counted, and reading goes on at the next
//          header. Of a damaged record of names the windows behind it in its segment lack those series; they are counted too.
// Errors   open(): the folder. append(): the disk; the window is not in then. read(): a window that cannot be read any more.
// Threads  one owner.
// Cost     append(): one write and one sync. read(): the records of names in the segment once, then one record.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"
#include "store/shipping/outbox_format.h"
#include "store/shipping/outbox_record.h"
#include "store/shipping/shipped_window.h"

namespace tacho::store {

struct OutboxOptions {
  std::string folder;
  std::uint64_t bytes_max = 64u << 20;
  std::uint64_t segment_bytes = 1u << 20;
};

class Outbox {
 public:
  // Makes the folder where there is none.
  static Result<std::unique_ptr<Outbox>> open(OutboxOptions options);

  // Requires: later than the last one.
  Result<void> append(const ShippedWindow& window);
  // The first window that ends after `after`; nullopt: there is none.
  std::optional<TimeMs> next(TimeMs after) const;
  // The window that ends at `end`. Requires: next() has named it.
  Result<ShippedWindow> read(TimeMs end);
  // Segments of which every window ends at `end` or before go.
  void forget(TimeMs end);

  // The end of the last window; 0: none.
  TimeMs last() const { return windows_.empty() ? 0 : windows_.back().end; }
  std::size_t windows() const { return windows_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  // The end of the last window that had to make room; 0: none yet.
  TimeMs end_of_lost() const { return end_of_lost_; }
  std::uint64_t damaged() const { return damaged_; }  // records
  std::uint64_t unnamed() const { return unnamed_; }  // samples read whose names were in a damaged record

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::string path;
    std::uint64_t bytes = 0;
  };
  struct Place {
    TimeMs end = 0;
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;  // of the record's header
  };
  struct Name {
    Labels labels;
    MetricType type = MetricType::unknown;
  };
  // The names in one segment, by their numbers; those of a damaged record are not there.
  using Names = std::unordered_map<std::uint32_t, Name>;

  explicit Outbox(OutboxOptions options) : options_(std::move(options)) {}
  Result<void> scan();
  Result<void> start_segment();
  void drop_segment();
  Result<const Names*> names_of(std::uint64_t segment);

  const OutboxOptions options_;
  std::deque<Segment> segments_;  // by number
  std::deque<Place> windows_;     // by end
  std::uint64_t bytes_ = 0;
  TimeMs end_of_lost_ = 0;
  std::uint64_t damaged_ = 0;
  std::uint64_t unnamed_ = 0;

  Fd writing_;  // the last segment, where this process began it
  struct Number {
    std::uint32_t number = 0;
    MetricType type = MetricType::unknown;
  };
  std::map<Labels, Number> numbers_;  // of its series
  std::uint32_t named_ = 0;
  std::uint64_t names_segment_ = 0;  // whose names_ are
  Names names_;
};

}  // namespace tacho::store
