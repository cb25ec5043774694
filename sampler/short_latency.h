// For threads that sample: awake on the dot.
#pragma once

namespace tacho::sampler {

// The calling thread's. A sampling thread sleeps almost always: the least timer slack, and a short slice, which is how
// the kernel's EEVDF scheduler (6.12 and later) lets a light thread run early among busy ones. Neither needs privileges;
// where a kernel does not know them, things stay as they are.
void prefer_short_latency();

}  // namespace tacho::sampler
