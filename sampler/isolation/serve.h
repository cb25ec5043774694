// The work of a child: its sources answer the agent's questions, each in a thread of its own, until the agent is gone.
//
// Life     returns when every source's other end is closed and what it was doing has returned; a call that hangs is waited for.
// Threads  one for each source, named as the scheduler names them in the agent.
// Cost     of a row: what the source costs, a message in and out, the process's CPU time read.
#pragma once

#include <vector>

#include "sampler/isolation/device_sources.h"
#include "sampler/isolation/socket.h"

namespace tacho::sampler {

// sockets[i] is sources[i]'s.
void serve(DeviceSources& device, std::vector<Socket> sockets);

}  // namespace tacho::sampler
