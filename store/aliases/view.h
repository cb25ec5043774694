// A store seen with aliases: it answers for names it keeps nothing under, from the columns that it has. No sample is kept twice.
//
// Shape    select() and series() answer aliases where they are asked for by name (alias_table.h), and else what the store answers, at
//          the cost of one look-up. What a selector finds under the alias's own name (an exporter that is scraped) stays, and of the
//          same card the kept series counts: a sum over cards does not count one twice.
// Threads  as the store below.
// Errors   the store's, limits included: they count what an alias is made of.
// Cost     an alias: one pass over the store's labels, as for any selector; labels for each series, and one array of values.
//          A selector with matchers on other labels, over cards of a scraped exporter, looks at the labels a second time.
// Lifetime the table, and the store where it is not owned, outlive the view; a Selection owns what it shows.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/aliases/table.h"
#include "store/queryable.h"

namespace tacho::store {

class AliasView final : public Queryable {
 public:
  AliasView(const Queryable& store, std::shared_ptr<const AliasTable> table) : store_(store), table_(std::move(table)) {}
  AliasView(std::unique_ptr<const Queryable> store, std::shared_ptr<const AliasTable> table)
      : owned_(std::move(store)), store_(*owned_), table_(std::move(table)) {}

  Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const override;
  // In one pass where there is nothing that aliases would be made of, in two where there is.
  Result<Selection> select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, TimeRange range) const override;
  TimeRange bounds() const override { return store_.bounds(); }
  // The store's, and of the aliases those that have series.
  std::vector<MetricMetadata> metadata() const override;
  WindowStatus status() const override { return store_.status(); }
  std::vector<GroupTimes> group_times(TimeRange range) const override { return store_.group_times(range); }

  const AliasTable& table() const { return *table_; }
  // Without aliases.
  const Queryable& store() const { return store_; }
  // All alias series of these sets, without what is kept under their names; whatever name they are asked for by.
  Result<Selection> select_sets(std::span<const std::string> sets, TimeRange range, const SelectLimits& limits) const;
  // The names of the aliases that may have samples in the range, each once.
  Result<std::vector<std::string>> names(TimeRange range) const;
  // Type and help of the aliases of these sets that have series.
  std::vector<MetricMetadata> metadata_of_sets(std::span<const std::string> sets) const;

 private:
  Result<Selection> make_together(std::span<const MatcherSet> sets, TimeRange range, bool reaches_back,
                                  const SelectLimits& limits) const;
  Result<std::vector<Labels>> alias_series(const AliasPlan& plan, std::span<const Matcher> matchers, TimeRange range) const;

  std::unique_ptr<const Queryable> owned_;
  const Queryable& store_;
  std::shared_ptr<const AliasTable> table_;
};

}  // namespace tacho::store
