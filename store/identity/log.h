// All identities told on this node, on the disk: STATE/identities.log, append-only, so that the labels of yesterday's seconds are there
// after a restart and for tacho query --state.
//
// Shape    append() compares with what is in force for the scope and writes only what differs, or is told to be older; a batch is one
//          write and one sync.
// Crash    append() returns when the records are on the disk. What was being written when the machine died does not match its
//          checksum and is no identity.
// Damage   each record stands for itself: one that does not match is passed over and counted. A file that is no log at all is set
//          aside as identities.log.damaged. One that was removed or replaced while it was written to is written anew with the next news.
// Errors   open(): the folder. append(): the disk; what it was told counts all the same, in memory, and is written with the next append().
// Bounds   bytes_max on the disk, about as much again in memory. When it is full the log is written anew, without what no sample of the
//          window can need: what ended before its oldest. If that is not enough the oldest stretches go, and their seconds are nobody's:
//          counted in dropped(). If what is in force alone is too much, what was told last is refused and counted there, too; but a scope
//          does not stay whose it was: its end is written without targets, and where that has no room the scope goes, and is nobody's.
// Threads  append(): one. timeline(), figures: any. An IdentityReader: any, one at a time each.
// Cost     append() of nothing new: comparisons. Of news: a write, a sync, and the timeline made anew.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"
#include "store/identity/timeline.h"

namespace tacho::store {

struct IdentityLogOptions {
  std::string folder;
  std::uint64_t bytes_max = 2u << 20;
};

class IdentityLog {
 public:
  static Result<std::unique_ptr<IdentityLog>> open(IdentityLogOptions options);

  // `oldest`: the time of the window's oldest sample. Tells how many were news.
  Result<std::size_t> append(std::span<const Identity> told, TimeMs oldest);

  std::shared_ptr<const IdentityTimeline> timeline() const;
  // The newest of each scope, those without labels too.
  std::vector<Identity> in_force() const;

  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t identities() const { return count_.load(std::memory_order_relaxed); }        // stretches in the log
  std::uint64_t scopes() const { return scopes_in_force_.load(std::memory_order_relaxed); }  // with labels now
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::uint64_t damaged() const { return damaged_.load(std::memory_order_relaxed); }
  TimeMs changed() const { return changed_.load(std::memory_order_relaxed); }  // `from` of the last that was told; 0: none

 private:
  struct Kept {
    std::shared_ptr<const Identity> identity;
    std::size_t bytes = 0;  // of its record
  };

  explicit IdentityLog(IdentityLogOptions options);
  Result<void> load();
  bool is_news(const Identity& identity) const;
  void make_room(std::size_t bytes, TimeMs oldest);
  bool fits(std::size_t bytes) const;
  bool end_scope(const std::string& scope, TimeMs from);
  void keep(Identity identity, std::size_t bytes);
  bool drop_ended(TimeMs before);
  void take_out(const std::vector<bool>& goes);
  bool is_there() const;
  Result<void> write();
  Result<void> write_anew();
  void publish();

  const IdentityLogOptions options_;
  const std::string path_;
  std::vector<Kept> kept_;                     // in the order in which they were told
  std::map<std::string, std::size_t> newest_;  // of each scope, its place in kept_
  std::size_t kept_bytes_ = 0;
  std::size_t written_ = 0;  // so many of kept_ are in the file
  bool anew_ = true;         // the file has to be written as a whole
  Fd file_;
  std::uint64_t file_bytes_ = 0;

  mutable std::mutex mutex_;  // guards timeline_; held for a copy of the pointer
  std::shared_ptr<const IdentityTimeline> timeline_;
  // By the appending thread, relaxed: each number stands alone.
  std::atomic<std::uint64_t> bytes_{0}, count_{0}, scopes_in_force_{0}, dropped_{0}, damaged_{0};
  std::atomic<TimeMs> changed_{0};
};

// The log of a state folder that somebody else may be writing: what tacho query --state joins.
class IdentityReader {
 public:
  explicit IdentityReader(const std::string& folder);

  // Null: there is none that can be read; problem() says why, if there is a file. Looks whether the file has changed.
  std::shared_ptr<const IdentityTimeline> timeline();
  std::string problem() const;

 private:
  struct Seen {
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
    std::int64_t written_ns = 0;
    bool operator==(const Seen&) const = default;
  };
  const std::string path_;
  mutable std::mutex mutex_;  // guards the rest
  Seen seen_;
  std::shared_ptr<const IdentityTimeline> timeline_;
  std::string problem_;
};

}  // namespace tacho::store
