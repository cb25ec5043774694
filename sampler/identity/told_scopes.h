// What has been told of each scope, so that only news are told, and no news go back before what was seen since.
//
// Shape    tell() compares with what is in force for the scope. `from` is moved to lie between the start of what is in force and now: what
//          was told before was seen, what comes is not known yet. A correction may take the place of what is in force, too.
// Ends     sweep() ends the scopes of a kind that have not been told since the last sweep: `kind` is the scope's first word.
// Threads  one.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/identity/identity.h"

namespace tacho::sampler {

// Whether the scope is of one of these kinds, with a name behind: "pod" alone is the agent's own pod.
bool is_of_kind(std::string_view scope, std::span<const std::string_view> kinds);

class ToldScopes {
 public:
  // What is in force from an earlier life; of scopes of other kinds nothing is kept.
  void resume(std::span<const store::Identity> in_force, std::span<const std::string_view> kinds);
  enum class How { change, correction };
  void tell(store::Identity identity, TimeMs now, How how = How::change);
  // All scopes of this kind that were not told in this round.
  void sweep(std::string_view kind, TimeMs now);
  // The clock has stepped back: what is in force is so from now on.
  void step_back(TimeMs now);
  // It stands as it is, and is not swept; all of a kind.
  void keep(const std::string& scope);
  void keep_kind(std::string_view kind);
  // Since the last call; begins a new round.
  std::vector<store::Identity> take_news();

  // Since when something that is new for a scope holds: what nobody was told of before from its beginning on, a change of what is in force
  // from when it was `seen`.
  TimeMs since(const std::string& scope, TimeMs begun, TimeMs seen) const;

  // What is in force; nullptr: nothing was ever told, or it has ended and is forgotten.
  const store::Identity* in_force(const std::string& scope) const;

 private:
  struct Told {
    store::Identity identity;
    TimeMs before = 0;  // the start of what was in force before
    bool seen = false;  // in this round
  };
  std::map<std::string, Told> told_;
  std::vector<store::Identity> news_;
};

}  // namespace tacho::sampler
