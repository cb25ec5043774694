#include "query/jobs/job_ledger.h"

#include <algorithm>
#include <cmath>

#include "proto/base/sample.h"

namespace tacho::query {
namespace {

enum class Entry {
  up,
  utilization,
  busy,
  energy,
  power,
  memory,
  throttle_active,
  throttle_seconds,
  errors,
  ecc,
  process_use,
  pod_cpu,
  pod_memory,
  pod_oom,
};

const std::map<std::string, Entry, std::less<>>& entries() {
  static const std::map<std::string, Entry, std::less<>> all{
      {"accel_up", Entry::up},
      {"accel_utilization_ratio", Entry::utilization},
      {"accel_busy_seconds_total", Entry::busy},
      {"accel_energy_joules_total", Entry::energy},
      {"accel_power_watts", Entry::power},
      {"accel_memory_used_bytes", Entry::memory},
      {"accel_throttle_active", Entry::throttle_active},
      {"accel_throttle_seconds_total", Entry::throttle_seconds},
      {"accel_errors_total", Entry::errors},
      {"accel_ecc_errors_total", Entry::ecc},
      {"accel_process_utilization_ratio", Entry::process_use},
      {"container_cpu_usage_seconds_total", Entry::pod_cpu},
      {"container_memory_working_set_bytes", Entry::pod_memory},
      {"container_oom_events_total", Entry::pod_oom},
  };
  return all;
}

// A counter that fell began anew.
ExactSum growth(double before, double v) {
  if (!ExactSum::takes(before) || !ExactSum::takes(v)) return ExactSum();
  return v < before ? ExactSum(v) : ExactSum(v) - ExactSum(before);
}

Labels in_common(const Labels& a, const Labels& b) {
  std::vector<Label> out;
  for (const Label& l : a) {
    if (b.get(l.name) == l.value) out.push_back(l);
  }
  return Labels(std::move(out));
}

}  // namespace

// All stretches of one series of the slice, by time.
struct JobLedger::Series {
  Labels own;                                                          // without identity labels
  std::vector<std::pair<const store::SeriesView*, Labels>> stretches;  // each with its identity labels
};

JobLedger::JobLedger(const JobOptions& options, TimeMs begin) : options_(options), begin_(begin) {}

store::Matcher JobLedger::matcher() {
  std::string any;
  for (const auto& [name, entry] : entries()) any += (any.empty() ? "" : "|") + name;
  return *store::Matcher::create(std::string(kMetricName), store::MatchOp::regex, any);
}

bool JobLedger::is_identity(std::string_view label) {
  const auto known = is_identity_.find(label);
  if (known != is_identity_.end()) return known->second;
  return is_identity_.emplace(label, options_.is_identity(label)).first->second;
}

JobHolder& JobLedger::holder_of(const Labels& identity) {
  if (!names_owner(identity)) return holders_[""];
  JobHolder& holder = holders_[pod_key_of(identity)];
  if (holder.labels.empty()) {
    holder.labels = identity;
    holder.owner = owner_of(identity);
  } else if (holder.labels != identity) {
    holder.labels = in_common(holder.labels, identity);
  }
  return holder;
}

void JobLedger::enter(const store::Selection& selection) {
  std::map<std::string, Series> all;
  for (const store::SeriesView& view : selection.series) {
    std::vector<Label> own, identity;
    for (const Label& l : view.labels()) (is_identity(l.name) ? identity : own).push_back(l);
    Labels labels(std::move(own));
    Series& series = all[labels.to_string()];
    series.own = std::move(labels);
    series.stretches.emplace_back(&view, Labels(std::move(identity)));
  }
  throttled_.clear();
  for (auto& [key, series] : all) {
    enter_series(series);
  }
  enter_throttled();
}

void JobLedger::enter_series(const Series& series) {
  if (series.own.metric_name().starts_with("container_")) return enter_pod(series);
  enter_device(series);
}

template <class Enter>
void JobLedger::each_step(const Series& series, Enter enter) {
  // A pod that comes back is one series with what lies between in others: by time, whosever it is.
  struct Point {
    TimeMs t;
    double v;
    JobHolder* holder;
  };
  std::vector<Point> points;
  for (const auto& [view, identity] : series.stretches) {
    JobHolder* const holder = &holder_of(identity);
    for (std::size_t i = 0; i < view->times.size(); ++i) {
      if (!std::isnan(view->values[i])) points.push_back({view->times[i], view->values[i], holder});  // no marker
    }
  }
  const auto before = [](const Point& a, const Point& b) { return a.t < b.t; };
  if (!std::is_sorted(points.begin(), points.end(), before)) std::stable_sort(points.begin(), points.end(), before);
  const std::string key = series.own.to_string();
  auto last = last_.find(key);
  for (const Point& p : points) {
    const bool is_first = last == last_.end();
    if (!is_first && p.t <= last->second.t) continue;
    const Last from = is_first ? Last{p.t, p.v, 0} : last->second;
    if (is_first) {
      last = last_.emplace(key, from).first;
    } else {
      last->second = {p.t, p.v, from.step};
    }
    if (p.t < begin_) continue;
    JobHolder& holder = *p.holder;
    holder.begin = holder.seen ? std::min(holder.begin, p.t) : p.t;
    holder.end = std::max(holder.end, p.t);
    holder.seen = true;
    const std::int64_t ms = p.t - from.t;
    // Rows that are further apart by rule are no gaps: two such steps in a row.
    const bool is_gap = ms > kJobGapMs && ms > from.step * 5 / 2;
    last->second.step = ms;
    enter(Step{p.t, is_gap ? 0 : ms, from.v, p.v, &holder});
  }
}

void JobLedger::enter_device(const Series& series) {
  const Entry entry = entries().find(series.own.metric_name())->second;
  const DeviceName name{std::string(series.own.get("vendor")), std::string(series.own.get("accel")),
                        std::string(series.own.get("partition"))};
  Labels& described = devices_[name];
  for (const char* label : {"uuid", "model"}) {
    if (series.own.has(label)) described.set(label, series.own.get(label));
  }
  if (entry == Entry::throttle_active && series.own.get("reason") == "idle") return;
  // Of several engines the one that computes.
  if (entry == Entry::process_use && series.own.has("engine") && series.own.get("engine") != "sm") return;
  if (entry == Entry::ecc && !(series.own.get("severity") == "uncorrected" && series.own.get("scope") == "volatile" &&
                               series.own.get("location") == "total"))
    return;
  const std::string code(entry == Entry::ecc ? "ecc_uncorrected" : series.own.get("code"));
  const std::string reason(series.own.get("reason"));
  each_step(series, [&](const Step& s) {
    DeviceUse& use = s.holder->devices[name];
    switch (entry) {
      case Entry::up:
        use.held_ms += s.ms;
        if (s.v == 0) use.lost_ms += s.ms;
        return;
      case Entry::utilization:
        if (s.ms == 0 || !ExactSum::takes(s.v)) return;
        use.rated_ms += s.ms;
        use.utilization_ms += ExactSum(s.v * static_cast<double>(s.ms));
        use.utilization_min = use.utilization_min ? std::min(*use.utilization_min, s.v) : s.v;
        if (s.v < options_.stalled_below) use.stalled_ms += s.ms;
        return;
      case Entry::busy: return add_to(use.busy_seconds, growth(s.before, s.v));
      case Entry::energy: return add_to(use.energy_joules, growth(s.before, s.v));
      case Entry::power: return take_max(use.power_max_watts, s.v);
      case Entry::memory: return take_max(use.memory_max_bytes, s.v);
      case Entry::throttle_active:
        if (s.v > 0 && s.ms > 0) throttled_[name].try_emplace(s.t, Throttled{s.ms, s.holder});
        return;
      case Entry::throttle_seconds: use.throttled_seconds[reason] += growth(s.before, s.v); return;
      case Entry::errors:
      case Entry::ecc:
        if (const ExactSum more = growth(s.before, s.v); more > ExactSum()) use.errors[code] += more;
        return;
      case Entry::process_use:
        if (s.ms > 0 && ExactSum::takes(s.v)) add_to(use.process_busy_ms, ExactSum(s.v * static_cast<double>(s.ms)));
        return;
      default: return;
    }
  });
}

void JobLedger::enter_throttled() {
  for (const auto& [name, times] : throttled_) {
    for (const auto& [t, throttled] : times) throttled.holder->devices[name].throttled_ms += throttled.ms;
  }
}

void JobLedger::enter_pod(const Series& series) {
  const Entry entry = entries().find(series.own.metric_name())->second;
  const bool of_container = series.own.has("container_id");
  each_step(series, [&](const Step& s) {
    HostUse& use = of_container ? s.holder->containers : s.holder->pod;
    if (entry == Entry::pod_cpu) add_to(use.cpu_seconds, growth(s.before, s.v));
    if (entry == Entry::pod_memory) take_max(use.memory_max_bytes, s.v);
    if (entry == Entry::pod_oom) add_to(use.oom_kills, growth(s.before, s.v));
  });
}

}  // namespace tacho::query
