#include "store/window/dir_store.h"

#include <sys/stat.h>

#include <cerrno>

namespace tacho::store {

Result<std::unique_ptr<DirStore>> DirStore::open(StoreDirs dirs, std::function<std::vector<MetricMetadata>()> metadata) {
  auto store = std::unique_ptr<DirStore>(new DirStore(std::move(dirs)));
  store->metadata_ = std::move(metadata);
  store->refresh();
  if (!store->ring_ && store->heads_.empty() && store->stages_.empty()) {
    std::string why;
    for (const std::string& p : store->problems_) why += "; " + p;
    return failure(
        "no samples of a tacho in {} or {}{}; start the agent (tacho run), or say where it keeps them with --state and --runtime",
        store->dirs_.state, store->dirs_.runtime, why);
  }
  return store;
}

bool DirStore::is_same(Listing& listing, const std::string& folder) {
  // A folder's time is as exact as the kernel's tick, 10 ms at worst; where it has no parts of a second, the file system may keep whole ones, or two.
  constexpr std::int64_t kTickNs = 50'000'000, kWholeNs = 2'500'000'000;
  const auto ns = [](const timespec& t) { return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec; };
  struct stat now{};
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  if (::stat(folder.c_str(), &now) != 0) {
    listing.settled = false;
    return false;
  }
  const bool same = listing.settled && listing.inode == now.st_ino && ns(listing.changed) == ns(now.st_mtim);
  listing = {now.st_ino, now.st_mtim, ns(time) - ns(now.st_mtim) > (now.st_mtim.tv_nsec == 0 ? kWholeNs : kTickNs)};
  return same;
}

void DirStore::refresh() const {
  // What could not be opened is tried again.
  const bool tried = problems_.empty();
  problems_.clear();
  if (!is_same(heads_listing_, dirs_.runtime) || !tried) {
    std::map<std::string, std::shared_ptr<Head>> heads;
    for (const std::string& path : list_heads(dirs_)) {
      if (const auto known = heads_.find(path); known != heads_.end()) {
        heads.insert(*known);
      } else if (auto head = Head::open(path, false)) {
        heads.emplace(path, std::move(*head));
      } else if (head.error().sys_errno != ENOENT) {  // sealed and removed between listing and opening is no problem
        problems_.push_back(head.error().message);
      }
    }
    heads_ = std::move(heads);
  }

  // After the heads: what left them meanwhile is in a stage or in the ring by now. A stage never changes once it has its name.
  if (!is_same(stages_listing_, dirs_.state) || !tried) {
    std::map<std::string, std::shared_ptr<const Stage>> stages;
    for (const std::string& path : list_stages(dirs_)) {
      if (const auto known = stages_.find(path); known != stages_.end()) {
        stages.insert(*known);
      } else if (auto stage = Stage::open(path)) {
        stages.emplace(path, std::move(*stage));
      } else if (stage.error().sys_errno != ENOENT) {
        problems_.push_back(stage.error().message);
      }
    }
    stages_ = std::move(stages);
  }

  // After the stages, for the same reason: what was appended and removed meanwhile is in the ring by now.
  if (ring_ && ring_->replaced()) ring_.reset();
  if (!ring_) {
    if (auto ring = Ring::open(dirs_.ring(), false)) {
      ring_ = std::move(*ring);
    } else if (ring.error().sys_errno != ENOENT) {
      problems_.push_back(ring.error().message);
    }
  } else if (auto ok = ring_->refresh(); !ok) {
    problems_.push_back(ok.error().message);
  }
  if (!ring_) return;
  for (const auto& [path, head] : heads_) ring_->know(head->schema());
}

WindowSnapshot DirStore::snapshot() const {
  refresh();
  WindowSnapshot w;
  for (const auto& [path, head] : heads_) w.heads.push_back(head);
  for (const auto& [path, stage] : stages_) w.stages.push_back(stage);
  w.records = ring_ ? ring_->snapshot() : std::make_shared<RingIndex>();
  w.ring = ring_.get();
  return w;
}

Result<Selection> DirStore::select(std::span<const Matcher> matchers, TimeRange range, const SelectLimits& limits) const {
  return select_any({&matchers, 1}, range, limits);
}

Result<Selection> DirStore::select_any(std::span<const MatcherSet> sets, TimeRange range, const SelectLimits& limits) const {
  return store::select(snapshot(), sets, range, limits);
}

Result<std::vector<Labels>> DirStore::series(std::span<const Matcher> matchers, TimeRange range) const {
  return store::series(snapshot(), matchers, range);
}

TimeRange DirStore::bounds() const { return store::bounds(snapshot()); }

WindowStatus DirStore::status() const { return window_status(snapshot()); }

std::vector<GroupTimes> DirStore::group_times(TimeRange range) const { return store::group_times(snapshot(), range); }

}  // namespace tacho::store
