// The rules of all aliases, and which of them a selector asks for.
//
// When     a selector asks for an alias by its name: __name__="ALIAS", or an expression that matches the alias's name and none that
//          it is made of. So {}, {accel="0"} and {__name__=~".+"} answer every series once, under the name it is kept under.
// Threads  immutable once made; any thread.
// Cost     a selector with __name__="x": one look-up. With an expression: a match for each alias there is. Others: nothing.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/aliases/rules.h"

namespace tacho::store {

// A rule's term, found by the name of the series that it takes.
struct AliasUse {
  std::size_t rule = 0;  // in the plan
  const AliasTerm* term = nullptr;
  bool divides = false;
};

// What is to be made.
struct AliasPlan {
  std::vector<const AliasRule*> rules;  // of a name the first come first
  std::unordered_map<std::string_view, std::vector<AliasUse>> uses;
  std::optional<Matcher> inputs;        // on the names of what they are made of; absent: no rules
  std::vector<Matcher> where;           // on those series, beside their names; what holds for all
  const AliasLabels* labels = nullptr;  // of all rules; null where they differ
  bool reaches_back = false;            // some rule has to know what was before a range's first sample
};

class AliasTable {
 public:
  explicit AliasTable(std::vector<AliasRule> rules);
  AliasTable(const AliasTable&) = delete;
  AliasTable& operator=(const AliasTable&) = delete;

  std::span<const AliasRule> rules() const { return rules_; }
  // Each once, in the order of the rules.
  std::span<const std::string> sets() const { return sets_; }

  // The plan for a selector; null: it asks for no alias. `own`: memory for a plan that is made for this selector.
  const AliasPlan* plan(std::span<const Matcher> matchers, std::optional<AliasPlan>& own) const;
  AliasPlan plan_of_sets(std::span<const std::string> sets) const;
  const AliasPlan& plan_of_all() const { return all_; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };

  std::vector<AliasRule> rules_;
  std::vector<std::string> sets_;
  std::unordered_map<std::string, AliasPlan, TextHash, std::equal_to<>> by_name_;
  std::vector<std::string_view> names_;  // of aliases, in the order of the rules
  AliasPlan all_;
};

// For __name__.
bool matches_name(std::span<const Matcher> matchers, std::string_view name);

}  // namespace tacho::store
