// Who tells whose the samples are: the pod's own labels, the kubelet's list of devices, a folder of Slurm's.
//
// Threads  one: the identities' own (tools/agent/identities.h), never a thread that samples. It may block for a while there, and then
//          nobody else's news are read.
// Errors   nothing comes out: what cannot be read is logged once by the producer, and what was in force stays in force.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "store/identity/identity.h"

namespace tacho::sampler {

class IdentityProducer {
 public:
  virtual ~IdentityProducer() = default;

  // In messages; "downward_api".
  virtual std::string_view name() const = 0;

  // Whether it looks after this scope. What was in force of a scope that nobody looks after, and that no first poll tells again, ends
  // with the agent's start: a producer that was switched off leaves nothing behind.
  virtual bool owns(std::string_view) const { return false; }

  // Once, before the first poll: what was in force of all scopes when the last agent ended. Who made some of these scopes ends those
  // that are no more, by an identity without labels.
  virtual void resume(std::span<const store::Identity>) {}

  // Called once a second and once before the first sample. All that is in force, or only what is news: one that equals what is in force
  // for its scope, but for a later `from`, changes nothing. `from` is when it became so, as far as that is known, and not after `now`.
  // `now` may step back; what is in force is then told again by the caller, from `now` on.
  virtual std::vector<store::Identity> poll(TimeMs now) = 0;

  // After the last poll. False: a thread of its own is left behind in a call, and the process must end with _exit.
  virtual bool stop() { return true; }
};

}  // namespace tacho::sampler
