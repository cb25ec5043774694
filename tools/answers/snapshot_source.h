// What a snapshot is made of: samples under their joined labels and what goes with them, from this node's files, a file, or an agent.
//
// Errors   what cannot be opened, asked or is too much; a server whose samples are out of order or outside what was asked for.
// Lifetime values; a Selection owns its samples.
#pragma once

#include <optional>
#include <vector>

#include "store/snapshot/snapshot.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

struct SnapshotSource {
  store::Selection selection;
  store::SnapshotFrame frame;
};

// By remote read where it is a --url: then there are no rows of the sources, which no API tells.
Result<SnapshotSource> read_snapshot_source(const SnapshotOptions& options);

}  // namespace tacho::tools
