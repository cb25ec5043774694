// Kubernetes' downward API volume: the pod's own labels and annotations as files, and the way they change.
//
//   labels, annotations        one KEY="VALUE" a line, the value quoted as Go's %q does
//   ..data -> ..2026_11_26...  the folder they lie in; the kubelet writes a new one and renames the link, so that a reader sees the old
//                              or the new pair
//
// Threads  parse: any. DownwardApi: one owner, which may wait for the file system, so never a thread that samples.
// Errors   a line that is none is a problem with its number, and nothing else is lost; a value that cannot be unquoted as well.
// Cost     changed(): one lstat. read(): the files.
// Bounds   kDownwardBytesMax a file (annotations are at most 256 KiB, quoted four times that); more is a problem, and is not read.
// Source   Kubernetes' documentation of downwardAPI volumes; strconv.Quote of the Go library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "sampler/identity/label_map.h"

namespace tacho::sampler {

inline constexpr std::size_t kDownwardBytesMax = 2u << 20;

// The text between the quotes, with them: "a\nb". nullopt: it is not one quoted text, from its first byte to its last.
std::optional<std::string> go_unquoted(std::string_view quoted);

struct DownwardText {
  KeyValues pairs;
  std::vector<std::string> problems;  // "line 3: ..."; the first few
};
DownwardText parse_downward(std::string_view text);

struct DownwardPod {
  KeyValues labels;
  KeyValues annotations;
  std::vector<std::string> problems;
  TimeMs written = 0;  // when the kubelet made it so
};

class DownwardApi {
 public:
  explicit DownwardApi(std::string folder) : folder_(std::move(folder)) {}

  // Whether there is something else than read() has told last.
  bool changed() const;
  // Both files of one moment; one that is not there is empty. An error: neither can be read.
  Result<DownwardPod> read();
  const std::string& folder() const { return folder_; }

 private:
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t ns = 0;  // of the link ..data; without one, of the newer file
    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp() const;

  const std::string folder_;
  std::optional<Stamp> seen_;
};

}  // namespace tacho::sampler
