// The node's samples of this very moment, where no agent keeps them: every source of host and accelerators is asked once.
//
// Errors   a source that cannot be read is among Once::failures, and absent: most of them are hardware that a node does not have.
// Threads  the caller's; a source that may block does block here.   Cost  what opening every source costs: some 0.1 s.
#pragma once

#include "proto/base/sample.h"
#include "sampler/once.h"
#include "store/memory_store.h"

namespace tacho::tools {

sampler::Once own_sample(const sampler::Roots& roots);
// To be asked, at one instant.
store::MemoryStore as_store(sampler::Once once, TimeMs time);

}  // namespace tacho::tools
