#include "store/snapshot/columns.h"

#include <xxhash.h>

#include <algorithm>
#include <unordered_map>

#include "store/snapshot/format.h"

namespace tacho::store {
namespace {

constexpr std::size_t kTried = 8;

// Series that have the same times, whichever array these lie in.
std::vector<SnapshotRows> by_times(std::span<const SeriesView> series) {
  std::vector<SnapshotRows> out;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> by_hash;
  const TimeMs* last = nullptr;  // neighbours often share the array
  std::size_t last_index = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::span<const TimeMs> times = series[i].times;
    if (times.data() == last && times.size() == out[last_index].times.size()) {
      out[last_index].series.push_back(i);
      continue;
    }
    std::vector<std::size_t>& same = by_hash[XXH3_64bits(times.data(), times.size_bytes())];
    const auto at =
        std::find_if(same.begin(), same.end(), [&](std::size_t k) { return std::ranges::equal(out[k].times, times); });
    if (at == same.end()) {
      same.push_back(out.size());
      out.push_back({times, {}});
      last_index = out.size() - 1;
    } else {
      last_index = *at;
    }
    last = times.data();
    out[last_index].series.push_back(i);
  }
  return out;
}

bool may_join(std::span<const TimeMs> times, std::span<const TimeMs> rows) {
  return times.size() * kCellsPerSample >= rows.size() && times.front() >= rows.front() && times.back() <= rows.back() &&
         std::ranges::includes(rows, times);
}

}  // namespace

std::vector<SnapshotRows> snapshot_rows(std::span<const SeriesView> series) {
  std::vector<SnapshotRows> all = by_times(series);
  // The longest first; equally long ones as the first of their series stand.
  std::ranges::stable_sort(all, [](const SnapshotRows& a, const SnapshotRows& b) { return a.times.size() > b.times.size(); });
  std::vector<SnapshotRows> out;
  for (SnapshotRows& rows : all) {
    const auto tried = std::span(out).first(std::min(out.size(), kTried));
    const auto host = std::ranges::find_if(tried, [&](const SnapshotRows& h) { return may_join(rows.times, h.times); });
    if (host == tried.end()) {
      out.push_back(std::move(rows));
    } else {
      host->series.insert(host->series.end(), rows.series.begin(), rows.series.end());
    }
  }
  for (SnapshotRows& rows : out) std::ranges::sort(rows.series);
  return out;
}

}  // namespace tacho::store
