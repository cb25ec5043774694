// How far one endpoint has got: the end of the last window that it took, or that was given up with a reason. One
// small text file in the state folder for each endpoint.
//
//   tacho ship cursor 1
//   endpoint metrics.example.org
//   window_end_ms 1795439400000
//   checksum 0123456789abcdef
//
// The checksum is xxh3-64 of the bytes before its line, in hexadecimal.
//
// Units    TimeMs.
// Threads  one owner.
// Errors   load(): unreadable, or not such a file (a torn or edited one); a file that is not there is nullopt, no
// error.
//          save(): the disk's; the file is then the old one.
// Cost     save(): one small file written, synced, renamed; once a window.
#pragma once

#include <optional>
#include <string>

#include "proto/base/clock.h"
#include "proto/base/error.h"

namespace tacho::store {

class ShipCursor {
 public:
  // The file is FOLDER/ship-ENDPOINT.cursor, with what has no place in a file name replaced. The folder must exist.
  ShipCursor(const std::string& folder, std::string endpoint);

  Result<std::optional<TimeMs>> load() const;
  Result<void> save(TimeMs window_end) const;

  const std::string& endpoint() const { return endpoint_; }
  // Of the endpoint's outbox: FOLDER/ship-ENDPOINT.outbox.
  std::string outbox_folder() const;
  const std::string& path() const { return path_; }

 private:
  std::string endpoint_;
  std::string path_;
};

}  // namespace tacho::store
