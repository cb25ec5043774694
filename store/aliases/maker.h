// Gathers kept series into alias series: which rule takes which, under which labels, and which of them are known already.
//
//   AliasMaker maker(plan, matchers);
//   for (const SeriesView& s : selection.series) maker.add(s);
//   maker.drop_known(kept);   // labels of series that the store keeps under the aliases' names
//   maker.finish(range, out); // or maker.labels()
//
// Threads  one.   Cost  labels for each series and rule that takes it.
// Lifetime plan, matchers and what was added outlive it; after finish() the Selection owns what is new.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "store/aliases/table.h"
#include "store/aliases/values.h"
#include "store/queryable.h"

namespace tacho::store {

class AliasMaker {
 public:
  // `matchers`: that alias series must match, but for those on __name__.
  AliasMaker(const AliasPlan& plan, std::span<const Matcher> matchers);

  // A series that is none of the plan's is ignored.
  void add(const SeriesView& series);
  void drop_known(std::span<const Labels* const> kept);
  bool empty() const { return made_.empty(); }

  // Label sets of what would be made; sorted, each once.
  std::vector<Labels> labels() const;
  // Appends the alias series that have samples in the range, sorted by labels, each label set once; `out` is as it was else.
  void finish(TimeRange range, Selection& out);

 private:
  struct Key {
    Labels labels;
    std::size_t rule = 0;
    auto operator<=>(const Key&) const = default;
  };

  bool is_whole(const Key& key, std::span<const AliasInput> inputs) const;

  const AliasPlan& plan_;
  std::vector<Matcher> matchers_;
  std::map<Key, std::vector<AliasInput>> made_;  // by labels, then by the rules' order
};

}  // namespace tacho::store
