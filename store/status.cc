#include "store/status.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/window/window_parts.h"

namespace tacho::store {
namespace {

// A ring that holds less than this tells nothing of its rate.
constexpr double kRateSecondsMin = 60;

// Columns of series that have ended stay as long as their generation; where the newest rows lie in a head, what they hold tells.
std::size_t live_series(const Part& newest) {
  if (!newest.head) return newest.columns;
  std::vector<std::uint32_t> all(newest.columns);
  for (std::uint32_t c = 0; c < all.size(); ++c) all[c] = c;
  const HeadRows rows = newest.head->read(all, newest.first_row, newest.end_row, newest.t_min, newest.t_max);
  return static_cast<std::size_t>(std::count_if(rows.columns.begin(), rows.columns.end(), [](const std::vector<double>& cells) {
    const auto last = std::find_if_not(cells.rbegin(), cells.rend(), is_absent);
    return last != cells.rend() && !is_stale(*last);
  }));
}

GroupStatus status_of(const GroupParts& group) {
  GroupStatus s{group.group, group.interval_ms};
  std::set<std::uint64_t> generations;
  s.oldest = group.parts.front().t_min;
  s.newest = group.parts.front().t_max;
  for (const Part& p : group.parts) {
    generations.insert(p.generation);
    const std::uint64_t rows = p.end_row - p.first_row;
    s.rows += rows;
    s.samples += rows * p.columns;
    s.oldest = std::min(s.oldest, p.t_min);
    s.newest = std::max(s.newest, p.t_max);
  }
  s.generations = generations.size();
  s.series = live_series(group.parts.back());
  return s;
}

}  // namespace

WindowStatus window_status(const WindowSnapshot& window) {
  WindowStatus out;
  std::map<std::string, GroupStatus> groups;
  for (const GroupParts& g : group_parts(window)) groups.emplace(g.group, status_of(g));
  const std::uint64_t ring_samples = window.records->block_samples();
  TimeMs ring_oldest = kAllTime.max, ring_newest = kAllTime.min;
  out.block_bytes = window.records->block_bytes();
  out.schema_bytes = window.records->schema_bytes();
  for (const auto& records : window.records->groups()) {
    ring_oldest = std::min(ring_oldest, records->t_min());
    ring_newest = std::max(ring_newest, records->t_max());
    const auto g = groups.find(records->name());
    if (g == groups.end()) continue;
    records->visit_from(records->begin(), [&](const RecordRef& r) {
      g->second.ring_bytes += record_bytes(r.header.payload_bytes);
      g->second.ring_samples += samples_of(r.header);
    });
  }
  TimeMs oldest = 0, newest = 0;
  for (auto& [name, g] : groups) {
    oldest = out.groups.empty() ? g.oldest : std::min(oldest, g.oldest);
    newest = out.groups.empty() ? g.newest : std::max(newest, g.newest);
    out.series += g.series;
    out.samples += g.samples;
    out.groups.push_back(std::move(g));
  }
  out.window_seconds = static_cast<double>(newest - oldest) / 1000;
  if (ring_samples > 0) out.bytes_per_sample = static_cast<double>(out.block_bytes) / static_cast<double>(ring_samples);
  if (window.ring != nullptr) out.budget_bytes = window.ring->file_bytes();
  const double seconds = ring_newest > ring_oldest ? static_cast<double>(ring_newest - ring_oldest) / 1000 : 0;
  if (seconds >= kRateSecondsMin) {
    const double rate = static_cast<double>(out.block_bytes + out.schema_bytes) / seconds;
    out.full_window_seconds = static_cast<double>(out.budget_bytes) / rate;
  }
  return out;
}

}  // namespace tacho::store
