// Opens what a verb asks: this node's shared memory and ring, or a file. (An agent's URL is asked by remote.h.)
//
// Errors   what cannot be opened, with what to do.
#pragma once

#include <memory>
#include <string>

#include "proto/base/error.h"
#include "store/memory_store.h"
#include "store/queryable.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

// Answers for aliases too (sampler/aliases.h). Requires: no url.
Result<std::unique_ptr<store::Queryable>> open_data(const DataChoice& choice);

// The same with what is known of whose data it is.
struct OpenedData {
  std::unique_ptr<store::Queryable> store;
  store::SnapshotOrigin origin;  // without a range
};
Result<OpenedData> open_data_of(const DataChoice& choice);

// A file's samples; how far that is stands on the terminal where it takes long.
Result<store::MemoryStore> load_file(const std::string& path);

// The time to ask for when none was given: now; but where the newest sample is older than the look-back (a dead agent, a file),
// that sample's time, and then a note on stderr says so.
TimeMs newest_time(const store::Queryable& data, const DataChoice& choice);

// The machine's own name, as gethostname has it.
std::string host_name();

// One line on stderr, and the exit code 1.
int fail(const Error& error);

}  // namespace tacho::tools
