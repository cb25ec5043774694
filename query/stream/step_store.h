// A store as a stream's expressions ask it, step after step: what they asked for in the last step is fetched at once in the next, and each gets its
// part of it. A question that finds little costs what it costs to look at all series; forty of them, forty times that.
//
// Shape    begin() a step, then the expressions' select() calls, then end(), which frees the samples. Of one moment: all of them see the same rows.
// Answers  the store's, but for two things. Where identity labels make two series equal, which of the two keeps them is decided over the longest
//          range of all; and of SelectLimits::newest more may be given than is asked for, which it allows.
// Bounds   what looks back further than kTogetherMs, or asks for more than one name, is asked for by itself; all of it for kAloneMs after it could not
//          be fetched at once (more than kTogetherSamples).
// Threads  one.   Lifetime the store outlives it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/queryable.h"

namespace tacho::query {

class StepStore final : public store::Queryable {
 public:
  static constexpr std::int64_t kTogetherMs = 120'000;
  static constexpr std::size_t kTogetherSamples = 2'000'000;
  static constexpr std::int64_t kAloneMs = 60'000;

  explicit StepStore(const store::Queryable& store) : store_(store) {}

  void begin(TimeMs step);
  void end() { fetched_.reset(); }
  // From the next step on, for kAloneMs: what is fetched at once cannot be given up in between.
  void fetch_alone() { alone_until_ = step_ + kAloneMs; }

  tacho::Result<store::Selection> select(std::span<const store::Matcher> matchers, store::TimeRange range,
                                         const store::SelectLimits& limits) const override;
  tacho::Result<std::vector<Labels>> series(std::span<const store::Matcher> matchers, store::TimeRange range) const override {
    return store_.series(matchers, range);
  }
  store::TimeRange bounds() const override { return store_.bounds(); }
  std::vector<store::MetricMetadata> metadata() const override { return store_.metadata(); }

 private:
  // A selector, and how far from the step it looks.
  struct Wanted {
    std::vector<store::Matcher> matchers;
    std::int64_t before = 0, after = 0;
    bool together = false;  // it is in what was fetched
  };
  const store::Selection& fetched() const { return *fetched_; }
  void part_of(const Wanted& wanted, store::TimeRange range, store::Selection& out) const;

  const store::Queryable& store_;
  TimeMs step_ = 0, alone_until_ = 0;
  // What the engine asks for, which const calls write down.
  mutable std::map<std::string, Wanted> asked_;  // in this step
  std::map<std::string, Wanted> known_;          // in the last
  std::optional<store::Selection> fetched_;
  store::TimeRange range_;                                                             // of it
  std::unordered_map<std::string_view, std::pair<std::size_t, std::size_t>> by_name_;  // [first, end) in it
};

}  // namespace tacho::query
