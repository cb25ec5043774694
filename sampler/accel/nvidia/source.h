// An NVIDIA card as a source. Two for each card, each with a thread of its own:
//
//   nvidiaN       every tick: how busy, memory, power, temperature, clocks, throttling, traffic, errors, instances
//   nvidiaN_slow  every 10 s: energy, memory errors, limits, links one by one, processes, who the card is
//
// N        the card's number in the order of PCI addresses, the label `accel`: stable over restarts and over NVML's own numbering,
//          which follows environment variables and failures. What a series belongs to is said by its label uuid; the group's name only
//          has to be somebody's.
// Two      a call for the slow group costs up to 3 ms: in the same group it would make the fast row late, and most of its cells
//          would be absent in most rows. Two groups have an interval each that can be configured and read. Both hang with their
//          card, and neither with another's: a cheap call of one thread is not held up by a dear one of another (measured).
// Config   all cards' fast sources are sampling.sources.nvidia, all slow ones nvidia_slow.
// Lost     a card that answers "lost" or takes seconds for a call gives no rows and is asked again after 30 s; when it is back
//          it is found anew, and events, snapshots and series with it. accel_up (accel_source.h) is 0 meanwhile.
// Never    a CUDA context, a setting changed, a call that waits.
// Others   vendors whose libraries are made after NVML have the same two, under their own names (nvml_flavour.h): iluvatarN, enflameN.
//          They have what their libraries are known to tell.
// Source   NVML, see nvml_api.h.
#pragma once

#include "sampler/accel/library_source.h"
#include "sampler/accel/nvidia/card.h"
#include "sampler/accel/nvidia/reading.h"

namespace tacho::sampler {

using NvidiaSource = LibrarySource<NvidiaCard>;

// The two kinds.
NvidiaSource::Kind nvidia_fast(const nvml::Flavour& flavour = nvml::nvidia());
NvidiaSource::Kind nvidia_slow(const nvml::Flavour& flavour = nvml::nvidia());

}  // namespace tacho::sampler
