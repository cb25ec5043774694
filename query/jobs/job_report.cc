#include "query/jobs/job_report.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "proto/base/clock.h"
#include "query/jobs/job_ledger.h"

namespace tacho::query {
namespace {

constexpr std::int64_t kSliceMs = 3'600'000, kShortestSliceMs = 60'000;
constexpr std::int64_t kRunningMs = 15'000;
constexpr std::int64_t kFirstRowsMs = 5'000;  // of a range: what begins then may have begun before

using Holders = std::map<std::string, JobHolder>;

// A device without rows that say whether it answers (an exporter's that is scraped) was held as long as its use is known.
void settle(DeviceUse& use, bool has_up) {
  if (!has_up) use.held_ms = use.rated_ms;
}

std::vector<DeviceReport> reports_of(const std::map<DeviceName, DeviceUse>& uses, const JobLedger& ledger) {
  std::vector<DeviceReport> out;
  for (const auto& [name, use] : uses) {
    const Labels& described = ledger.devices().at(name);
    out.push_back({name, std::string(described.get("uuid")), std::string(described.get("model")), use});
  }
  return out;
}

// A retry may begin in the second in which the last try ends.
constexpr std::int64_t kTouchMs = 2'000;

// Pods of one owner that were there at overlapping times are a run.
std::vector<std::vector<const JobHolder*>> runs_of(std::vector<const JobHolder*> pods) {
  std::sort(pods.begin(), pods.end(), [](const JobHolder* a, const JobHolder* b) { return a->begin < b->begin; });
  std::vector<std::vector<const JobHolder*>> out;
  TimeMs begin = 0, end = 0;
  for (const JobHolder* pod : pods) {
    const bool overlaps = pod->begin <= end - kTouchMs || pod->begin <= begin + kTouchMs;
    if (out.empty() || !overlaps) {
      out.emplace_back();
      begin = pod->begin;
      end = pod->end;
    }
    out.back().push_back(pod);
    end = std::max(end, pod->end);
  }
  return out;
}

// Cards of which parts are held.
std::set<DeviceName> parted(const std::map<DeviceName, DeviceUse>& devices) {
  std::set<DeviceName> out;
  for (const auto& [name, use] : devices) {
    if (!name.partition.empty()) out.insert({name.vendor, name.index, ""});
  }
  return out;
}

// What of a card whose parts are counted for themselves is not counted twice.
DeviceUse without_time(DeviceUse use) {
  use.held_ms = use.lost_ms = use.rated_ms = use.stalled_ms = use.throttled_ms = 0;
  use.utilization_ms = ExactSum();
  use.utilization_min.reset();
  use.busy_seconds.reset();
  return use;
}

JobRun run_of(const std::vector<const JobHolder*>& pods, const JobLedger& ledger) {
  JobRun run;
  run.owner = pods.front()->owner;
  run.begin = pods.front()->begin;
  std::map<DeviceName, DeviceUse> devices;
  for (const JobHolder* pod : pods) {
    run.end = std::max(run.end, pod->end);
    run.pods.push_back({pod->labels, pod->begin, pod->end});
    for (const auto& [name, use] : pod->devices) devices[name].add(use);
    // A pod's own cgroup has its containers' use, and more.
    run.host.add(pod->pod.cpu_seconds || pod->pod.memory_max_bytes ? pod->pod : pod->containers);
  }
  const std::set<DeviceName> cards_of_parts = parted(devices);
  for (const auto& [name, use] : devices) run.devices_sum.add(cards_of_parts.contains(name) ? without_time(use) : use);
  run.devices = reports_of(devices, ledger);
  return run;
}

}  // namespace

void HostUse::add(const HostUse& other) {
  add_to(cpu_seconds, other.cpu_seconds);
  add_to(oom_kills, other.oom_kills);
  take_max(memory_max_bytes, other.memory_max_bytes);
}

std::optional<std::size_t> JobRun::slowest_device() const {
  std::optional<std::size_t> out;
  std::size_t compared = 0;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto mean = devices[i].use.utilization_mean();
    const auto is_part = [&](const DeviceReport& d) {
      return !d.name.partition.empty() && d.name.vendor == devices[i].name.vendor && d.name.index == devices[i].name.index;
    };
    const bool has_parts = devices[i].name.partition.empty() && std::ranges::any_of(devices, is_part);
    if (!mean || has_parts) continue;
    ++compared;
    if (!out || *mean < *devices[*out].use.utilization_mean()) out = i;
  }
  return compared >= 2 ? out : std::nullopt;
}

tacho::Result<JobReport> make_job_report(const store::Queryable& store, store::TimeRange range, const JobOptions& options) {
  JobReport out;
  const store::TimeRange held = store.bounds();
  range = {std::max(range.min, held.min), std::min(range.max, held.max)};
  out.range = range;
  if (range.empty()) return out;
  JobLedger ledger(options, range.min);
  const std::vector<store::Matcher> matchers{JobLedger::matcher()};
  const MonoNs begin = system_clock().mono();
  std::int64_t slice_ms = kSliceMs;
  for (TimeMs from = range.min - kJobGapMs; from <= range.max;) {
    if (options.stop != nullptr && options.stop->load(std::memory_order_relaxed)) return failure("the report was abandoned");
    if (options.timeout_ms > 0 && system_clock().mono() - begin > options.timeout_ms * kNsPerMs)
      return failure("the report took longer than query.timeout; ask for a shorter time (start, end), or raise the limit");
    const auto slice = store.select(matchers, {from, std::min(range.max, from + slice_ms - 1)}, options.limits);
    if (!slice && slice_ms > kShortestSliceMs) {
      slice_ms /= 2;
      continue;
    }
    if (!slice) return std::unexpected(slice.error());
    ledger.enter(*slice);
    from += slice_ms;
  }

  Holders holders = ledger.holders();
  std::map<DeviceName, bool> has_up;
  for (const auto& [key, holder] : holders) {
    for (const auto& [name, use] : holder.devices) has_up[name] = has_up[name] || use.held_ms > 0;
  }
  std::map<DeviceName, DeviceUse> devices;
  std::map<JobOwner, std::vector<const JobHolder*>> by_owner;
  for (auto& [key, holder] : holders) {
    for (auto& [name, use] : holder.devices) {
      settle(use, has_up[name]);
      devices[name].add(use);
    }
    if (key.empty()) {
      out.nobodys = reports_of(holder.devices, ledger);
    } else if (holder.seen) {
      by_owner[holder.owner].push_back(&holder);
    }
  }
  out.devices = reports_of(devices, ledger);
  for (const auto& [owner, pods] : by_owner) {
    const auto runs = runs_of(pods);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      JobRun run = run_of(runs[i], ledger);
      run.run = i + 1;
      run.runs = runs.size();
      run.from_start = run.begin <= range.min + kFirstRowsMs;
      run.running = options.now > 0 && run.end >= options.now - kRunningMs;
      out.runs.push_back(std::move(run));
    }
  }
  std::sort(out.runs.begin(), out.runs.end(), [](const JobRun& a, const JobRun& b) {
    return std::tuple(a.begin, a.owner, a.run) < std::tuple(b.begin, b.owner, b.run);
  });
  return out;
}

}  // namespace tacho::query
