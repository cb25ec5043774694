// Whose the samples of some series are, and since when: the word that sampler/identity/ writes and the store's identity view reads.
//
// Shape    an identity says for one scope (a pod, a card, a cgroup) which labels the series it is about carry from a moment on. Of one
//          scope one identity counts at a time: the newest `from` that is not after the sample, and of equal ones the one written last.
//          What is written also hides what its scope had said before of times after its `from`: the clock had been ahead then.
//          It may be told after its `from` (a pod is found five seconds after its start): labels are joined when samples are read, so
//          nothing that was stored has to change.
// Units    TimeMs.
// Threads  a value.
#pragma once

#include <string>
#include <vector>

#include "proto/base/labels.h"
#include "proto/base/sample.h"

namespace tacho::store {

struct Identity {
  // Who says so and of what: "pod" (the agent's own, of all that it samples), "device nvidia GPU-8c1e...", "pod 3f0c1d2e-...".
  std::string scope;
  // The series it is about: those that carry all the labels of any of these; an empty set is every series of the node.
  std::vector<Labels> targets;
  // What they get beside their own. A label that a series has by itself stays as it is. Empty: they belong to nobody from here on.
  Labels labels;
  TimeMs from = 0;

  bool operator==(const Identity&) const = default;
};

}  // namespace tacho::store
