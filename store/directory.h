// Where the store's files are: RUNTIME (shared memory: heads) and STATE (disk: the ring, stages, cursors).
//
// Shape    STATE/ring, STATE/runtime (one line: the runtime folder of the agent that used it last), STATE/*.stage, STATE/lock;
//          RUNTIME/*.head, RUNTIME/lock.
// Errors   a folder that cannot be made or is in use by another agent; the message says which and what to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/file.h"

namespace tacho::store {

struct StoreDirs {
  std::string state;
  std::string runtime;

  std::string ring() const { return state + "/ring"; }
};

// For the agent. Not given: /var/lib/tacho and /run/tacho for root; ~/.local/state/tacho and $XDG_RUNTIME_DIR/tacho otherwise.
// With a state folder of its own and no runtime folder, the heads of that agent lie in a subfolder of the default runtime
// folder, so that two agents with different state never share heads.
StoreDirs agent_dirs(const std::optional<std::string>& state, const std::optional<std::string>& runtime);
// For readers: a runtime folder that is not given is the one that the state folder names.
StoreDirs reader_dirs(const std::optional<std::string>& state, const std::optional<std::string>& runtime);

// Makes both folders, locks them (one agent a folder), and notes the runtime folder in the state folder. The locks go with the
// returned descriptors.
Result<std::vector<Fd>> claim(const StoreDirs& dirs);

// Paths of all head files; empty where the folder does not exist.
std::vector<std::string> list_heads(const StoreDirs& dirs);
// Paths of all stage files.
std::vector<std::string> list_stages(const StoreDirs& dirs);
// What an agent that died left half made: no reader ever saw it. For the agent that holds the locks.
void remove_unfinished_stages(const StoreDirs& dirs);

}  // namespace tacho::store
