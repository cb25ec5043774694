// All sources of the host, in the order in which they are sampled and shown: those of one file side by side, blocking ones last.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sampler/host_options.h"
#include "sampler/source.h"

namespace tacho::sampler {

// What of the host's sources can be set.
// A source whose files this kernel does not have is in the list too: its describe() says so.
std::vector<std::unique_ptr<Source>> make_host_sources(const Roots& roots, const HostOptions& options = {});

}  // namespace tacho::sampler
