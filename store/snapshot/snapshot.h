// A part of a window as one file: samples under the labels that they have when they are read, and all else that an answer needs.
// MemoryStore::load() opens it wherever a file is taken.
//
// Shape    samples in columns encoded as blocks are; rows of the sources, so that completeness can be told; type, help and unit of the
//          metrics; whose the samples are. Layout: store/FORMAT.md, "snapshot".
// Units    TimeMs; values bit for bit (NaN payloads, staleness markers).
// Threads  pure functions.
// Errors   encode: more samples than a reader takes, times that it does not take. decode: what is not a snapshot of this version, cut
//          short, or changed anywhere: what is wrong, and at which byte. A damaged file is never half read: one flipped bit is an error.
//          Sizes in the file are believed only as far as its bytes could hold them, and up to the limit on samples.
// Cost     writing as sealing, some 10 ns a sample; reading 3 ns a sample, and sixteen bytes of memory.
//          The same samples make the same bytes in every build.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "store/queryable.h"

namespace tacho::store {

// Of the samples in one file, for writer and reader: what one query may select by default.
inline constexpr std::size_t kSnapshotSamplesMax = SelectLimits{}.samples_max;

struct SnapshotOrigin {
  std::string tacho;  // the version that wrote it
  std::string host;   // "": not known
  TimeRange range;    // what was asked for
  Labels external_labels;

  bool operator==(const SnapshotOrigin&) const = default;
};

// What a snapshot has beside samples.
struct SnapshotFrame {
  SnapshotOrigin origin;
  std::vector<MetricMetadata> metadata;
  std::vector<GroupTimes> groups;
};

// A series with samples of its own: times strictly increasing, as many values.
struct OwnedSeries {
  SeriesInfo info;
  std::vector<TimeMs> times;
  std::vector<double> values;
};

struct Snapshot {
  SnapshotFrame frame;
  std::vector<OwnedSeries> series;  // no two with equal labels, none empty
};

// How much of the samples is done; from the calling thread.
using SnapshotProgress = std::function<void(std::size_t done, std::size_t all)>;

// The file's bytes. Of metadata that is left out which no series of the selection needs. Requires: series sorted by labels, each once.
Result<std::string> encode_snapshot(const Selection& selection, const SnapshotFrame& frame,
                                    const SnapshotProgress& progress = {});

// Whether a file that begins so is a snapshot, of whatever version.
bool is_snapshot(std::string_view begin);
// `name` stands for the file in errors. Requires: bytes aligned to 8, as allocated memory is.
Result<Snapshot> decode_snapshot(std::span<const std::byte> bytes, std::string_view name,
                                 std::size_t samples_max = kSnapshotSamplesMax);

}  // namespace tacho::store
