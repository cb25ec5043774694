// The node's samples of this very moment, where no agent keeps them: every source is asked once.
//
// Errors   none that matter: a source that cannot be read is told on stderr and is absent.
// Threads  the caller's; a source that may block does block here.   Cost  what opening every source costs: some 0.1 s.
#pragma once

#include "proto/base/sample.h"
#include "sampler/source.h"
#include "store/memory_store.h"

namespace tacho::tools {

// At one instant, under `time`.
store::MemoryStore own_sample(const sampler::Roots& roots, TimeMs time);

}  // namespace tacho::tools
