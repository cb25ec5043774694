// The window of a node without its agent: heads, stages and ring read from their folders, whether or not an agent runs.
//
// Threads  one at a time.   Cost  opening reads the ring's headers; each question looks again for what is new: at the folders' times, and
//          lists those that have changed.
// Errors   open(): neither heads, stages nor a ring where they should be; the message names the places.
// Damage   files that cannot be read are skipped and named in problems().
#pragma once

#include <sys/types.h>

#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/directory.h"
#include "store/window/window.h"

namespace tacho::store {

class DirStore final : public Queryable {
 public:
  static Result<std::unique_ptr<DirStore>> open(StoreDirs dirs, std::function<std::vector<MetricMetadata>()> metadata = {});

  Result<Selection> select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const override;
  Result<Selection> select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const override;
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, TimeRange range) const override;
  TimeRange bounds() const override;
  std::vector<MetricMetadata> metadata() const override { return metadata_ ? metadata_() : std::vector<MetricMetadata>{}; }
  std::vector<GroupTimes> group_times(TimeRange range) const override;
  WindowStatus status() const override;
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  explicit DirStore(StoreDirs dirs) : dirs_(std::move(dirs)) {}
  void refresh() const;
  // What a listing was of. It is settled where whatever came into the folder afterwards must have changed its time.
  struct Listing {
    ino_t inode = 0;
    timespec changed{};
    bool settled = false;
  };
  // Whether a listing made now would be the one before; notes what the next one is of.
  static bool is_same(Listing& listing, const std::string& folder);
  WindowSnapshot snapshot() const;

  StoreDirs dirs_;
  std::function<std::vector<MetricMetadata>()> metadata_;
  mutable std::unique_ptr<Ring> ring_;
  mutable std::map<std::string, std::shared_ptr<Head>> heads_;
  mutable std::map<std::string, std::shared_ptr<const Stage>> stages_;
  mutable Listing heads_listing_, stages_listing_;
  mutable std::vector<std::string> problems_;
};

}  // namespace tacho::store
