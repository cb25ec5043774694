// Every selector's samples, fetched once a query: one Queryable::select for each set of matchers over the whole time
// that any of its uses needs.
//
// Shape    plan() walks the tree with the span of instants each node is asked for; run() selects; of() gives a
//          selector's series.
// Errors   execution: the store's own, among them its limit on samples; duration expressions that make no sense.
// Lifetime views are valid as long as the Selections.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "query/engine/env.h"
#include "query/language/functions.h"
#include "store/queryable.h"

namespace tacho::query {

// A duration's milliseconds; expressions are computed from the query's step and range.
std::expected<std::int64_t, QueryError> duration_ms(const Duration& d, const Env& env, bool may_be_negative);

// Where a modifier moves an instant to: @ first, then offset.
struct Shift {
  bool fixed = false;  // under @
  TimeMs at = 0;
  std::int64_t offset = 0;

  TimeMs apply(TimeMs t) const { return (fixed ? at : t) - offset; }
};
std::expected<Shift, QueryError> resolve_shift(const TimeShift& shift, const Env& env);

// A subquery's own instants for outer instants [first, last]: whole multiples of its step in (first - range, last].
std::expected<Grid, QueryError> subquery_grid(const Subquery& s, const Env& env, TimeMs first, TimeMs last);

struct SelectedSeries {
  const Labels* labels = nullptr;
  std::span<const TimeMs> times;
  std::span<const double> values;
};

class Selections {
 public:
  explicit Selections(Env& env) : env_(env) {}

  Status plan(const Expr& expr, TimeMs first, TimeMs last);
  Status run(const store::Queryable& store);
  // Another selection while the query runs, for info(). `newest`: store::SelectLimits.
  std::expected<std::vector<SelectedSeries>, QueryError> select(const store::Queryable& store,
                                                                std::span<const store::Matcher> matchers, store::TimeRange range,
                                                                bool newest);
  const std::vector<SelectedSeries>& of(const VectorSelector& selector) const;
  const store::Queryable* store() const { return store_; }

 private:
  struct Wanted {
    std::vector<store::Matcher> matchers;
    store::TimeRange range;
    bool newest;  // no more than that is looked at
    std::vector<SelectedSeries> series;
  };
  Status want(const VectorSelector& selector, TimeMs first, TimeMs last, std::int64_t before, std::int64_t after, bool newest);
  Status plan_subquery(const Subquery& s, TimeMs first, TimeMs last);

  Env& env_;
  const store::Queryable* store_ = nullptr;
  std::map<std::string, std::size_t> by_text_;
  std::unordered_map<const VectorSelector*, std::size_t> by_selector_;
  std::vector<Wanted> wanted_;
  std::deque<store::Selection> kept_;
};

}  // namespace tacho::query
