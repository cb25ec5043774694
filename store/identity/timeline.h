// Whose the samples are, at every time: all identities known, as they follow each other, and what a series gets from them.
//
// Shape    immutable. Of one scope what was written later counts from its `from` on, whatever the scope said before of times after it:
//          the clock may have stepped back. Between, of several scopes that are about a series each gives its labels; where two give one
//          label, the one whose target has more labels does, then the one that began later, then the one whose scope is first by name.
//          One that names another pod (pod_uid) than a broader one takes the broader one's place as a whole.
// Never    __name__, job, instance and names beginning with "__" (Prometheus's own), names that are no label names, values that are no UTF-8.
// Units    TimeMs; an identity counts from `from` to before `until`.
// Threads  const use from any thread. An IdentityJoiner: one.
// Cost     make(): a walk over all identities. stretches(): a look-up for each of the series' labels, and, for the first series that
//          the same identities are about, the identities in the range.
// Lifetime a joiner must not outlive the timeline.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/identity/identity.h"
#include "store/matcher.h"
#include "store/queryable.h"

namespace tacho::store {

// Whether an identity may give a label of this name.
bool is_identity_label(std::string_view name);
// Without the labels that no identity may give.
Labels identity_labels(const Labels& labels);

class IdentityTimeline {
 public:
  struct Entry {
    std::shared_ptr<const Identity> identity;
    TimeMs until = std::numeric_limits<TimeMs>::max();
    std::uint32_t scope = 0;  // scopes are numbered by name

    bool overlaps(TimeRange range) const { return identity->from <= range.max && until > range.min; }
  };

  // In the order in which they were written.
  explicit IdentityTimeline(std::vector<std::shared_ptr<const Identity>> written);
  static std::shared_ptr<const IdentityTimeline> of(std::span<const Identity> written);

  const std::vector<Entry>& entries() const { return entries_; }  // by scope, then by from
  bool empty() const { return entries_.empty(); }
  // Whether any identity ever gives this label.
  bool gives(std::string_view label) const { return names_.contains(label); }
  // Whether one of them is in force in the range.
  bool tells_of(TimeRange range) const;

 private:
  friend class IdentityJoiner;
  struct Target {
    std::uint32_t entry = 0;
    std::uint32_t target = 0;
  };

  std::vector<Entry> entries_;
  std::set<std::string, std::less<>> names_;  // of labels that any entry gives
  std::vector<Target> of_all_;                // targets without labels
  std::unordered_map<std::string, std::vector<Target>>
      by_label_;  // each other target under that one of its labels that is the rarest
};

// A stretch of one series' time, from `from` to the next one's: what it gets beside its own labels.
struct IdentityStretch {
  TimeMs from = 0;
  const Labels* labels = nullptr;
};

// Joins labels for the series of one question; it remembers what the same identities gave the series before.
class IdentityJoiner {
 public:
  IdentityJoiner(const IdentityTimeline& timeline, TimeRange range) : timeline_(timeline), range_(range) {}

  // By time; the first begins with the range. Labels of two that follow each other differ. Valid as long as the joiner.
  const std::vector<IdentityStretch>& stretches(const Labels& series);

 private:
  struct About {
    std::uint32_t entry = 0;
    std::uint32_t specificity = 0;  // labels of the target
    auto operator<=>(const About&) const = default;
  };
  struct Joined {
    std::vector<IdentityStretch> stretches;
    std::vector<std::unique_ptr<Labels>> labels;
  };

  void look_up(const std::vector<IdentityTimeline::Target>& targets, const Labels& series);
  Joined join(const std::vector<About>& about) const;
  Labels union_of(std::vector<About> about) const;

  const IdentityTimeline& timeline_;
  const TimeRange range_;
  std::vector<About> about_;
  std::string key_;
  std::map<std::vector<About>, Joined> known_;
};

// Both; what the series has by itself stays.
Labels joined_labels(const Labels& series, const Labels& identity);

}  // namespace tacho::store
