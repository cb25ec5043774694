// Counters whose labels nobody knows beforehand: errors by device and number, OOM kills by cgroup.
//
// Shape    at most so many series; when there are more, the one that has not counted for longest ends, and the new one takes its place.
// First    a series is 0 in the row with which it begins and counts from the next row on: PromQL's increase() sees a counter's steps,
//          not the value with which it begins.
// Cost     count(): a look at each; allocates for a series that is new.
// Threads  one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sampler/cells.h"

namespace tacho::sampler {

class BoundedCounters {
 public:
  BoundedCounters(std::string_view metric, std::size_t max) : metric_(metric), max_(max) {}

  // Counts one more of `key`. `labels()` is called if it is new.
  template <class MakeLabels>
  void count(std::string_view key, const MakeLabels& labels) {
    ++now_;
    auto it = std::find_if(counters_.begin(), counters_.end(), [&](const Counter& c) { return c.key == key; });
    if (it == counters_.end()) {
      if (counters_.size() == max_)
        counters_.erase(std::min_element(counters_.begin(), counters_.end(), [](auto& a, auto& b) { return a.used < b.used; }));
      it = counters_.insert(counters_.end(), {.key = std::string(key), .labels = labels()});
      changed_ = true;
    }
    ++it->count;
    it->used = now_;
  }

  // There are other series than described.
  bool changed() const { return changed_; }
  void describe(SchemaBuilder& schema) {
    for (Counter& c : counters_) c.column = schema.add(metric_, c.labels);
    changed_ = false;
  }
  void fill(Row& row) {
    for (Counter& c : counters_) {
      put(row, c.column, c.begun ? static_cast<double>(c.count) : 0.0);
      c.begun = true;
    }
  }

 private:
  struct Counter {
    std::string key;
    std::vector<Label> labels;
    std::uint64_t count = 0;
    std::uint64_t used = 0;  // when it last counted
    bool begun = false;      // its first row has been filled
    std::size_t column = kNoColumn;
  };

  std::string_view metric_;
  std::size_t max_;
  std::vector<Counter> counters_;
  std::uint64_t now_ = 0;
  bool changed_ = false;
};

}  // namespace tacho::sampler
