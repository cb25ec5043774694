#include "tools/top/data/column_cache.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tacho::tools {
namespace {

TopGrid between(TimeMs first, TimeMs last, std::int64_t step_ms) {
  return {first, step_ms, last < first ? 0 : static_cast<std::size_t>((last - first) / step_ms) + 1};
}

}  // namespace

ColumnCache::Run& ColumnCache::run_of(const std::vector<std::string>& exprs, const TopGrid& grid) {
  const bool single = grid.count == 1;
  const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const Run& r) {
    return r.grid.step_ms == grid.step_ms && r.single == single && r.exprs == exprs;
  });
  if (found != runs_.end()) {
    runs_.splice(runs_.begin(), runs_, found);
  } else {
    runs_.push_front({exprs, single, {0, grid.step_ms, 0}, 0, std::vector<std::vector<TopSeries>>(exprs.size()), {}});
    runs_.front().missing.resize(exprs.size());
    if (runs_.size() > kRunsMax) runs_.pop_back();
  }
  return runs_.front();
}

void ColumnCache::widen(Run& run, const TopGrid& to) {
  if (run.grid == to) return;
  for (auto& answer : run.answers) {
    for (TopSeries& s : answer) {
      s.high = on_grid(s.high, run.grid, to);
      s.low = on_grid(s.low, run.grid, to);
    }
  }
  run.grid = to;
}

void ColumnCache::take(Run& run, std::size_t expression, const TopGrid& asked, std::vector<TopSeries> answer) {
  const std::size_t to = *run.grid.index_of(asked.first);
  std::map<Labels, TopSeries*> held;
  for (TopSeries& s : run.answers[expression]) held.emplace(s.labels, &s);
  std::vector<TopSeries> added;
  for (TopSeries& s : answer) {
    const auto place = held.find(s.labels);
    if (place != held.end()) {
      place->second->copy(s, 0, asked.count, to);
      held.erase(place);
      continue;
    }
    TopSeries next(s.labels, run.grid.count);
    next.copy(s, 0, asked.count, to);
    added.push_back(std::move(next));
  }
  // What is no longer answered has no value there, not the one that was seen before.
  for (auto& [labels, s] : held) s->copy(TopSeries({}, asked.count), 0, asked.count, to);
  for (TopSeries& s : added) run.answers[expression].push_back(std::move(s));
}

void ColumnCache::join(Run& run, const TopGrid& asked, TopData::Answers answers) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i]) {
      take(run, i, asked, std::move(*answers[i]));
      continue;
    }
    auto& missing = run.missing[i];
    const TimeMs first = missing ? std::min(missing->first, asked.first) : asked.first;
    const TimeMs last = missing ? std::max(missing->last, asked.last()) : asked.last();
    missing = Run::Missing{first, last, answers[i].error().message};
  }
}

// Those that failed, each alone: what one is not answered says nothing of another. But not those that failed in this very look.
void ColumnCache::ask_missing(Run& run, std::int64_t reach_ms, const std::vector<bool>& just_failed) {
  for (std::size_t i = 0; i < run.missing.size(); ++i) {
    auto& missing = run.missing[i];
    if (!missing || just_failed[i]) continue;
    const TopGrid asked = between(missing->first, missing->last, run.grid.step_ms);
    TopData::Answers answers = data_.columns({&run.exprs[i], 1}, asked, reach_ms);
    if (answers.front()) {
      take(run, i, asked, std::move(*answers.front()));
      missing.reset();
    } else {
      missing->problem = answers.front().error().message;
    }
  }
}

ColumnCache::Found ColumnCache::get(const std::vector<std::string>& exprs, const TopGrid& grid, std::int64_t reach_ms,
                                    TimeMs newest, bool may_ask) {
  Run& run = run_of(exprs, grid);
  const std::int64_t step = grid.step_ms;
  const bool touches = run.grid.count > 0 && grid.first <= run.settled + step && grid.last() >= run.grid.before();
  if (!touches && may_ask) {
    run.grid = {grid.first, step, 0};
    run.settled = grid.before();
    for (auto& answer : run.answers) answer.clear();
    for (auto& missing : run.missing) missing.reset();
  }
  Found found;
  std::vector<bool> just_failed(exprs.size());
  const TimeMs old_first = run.grid.first;
  const auto ask = [&](TimeMs first, TimeMs last) {
    const TopGrid asked = between(first, last, step);
    if (asked.count == 0) return true;
    if (!may_ask) {
      found.whole = false;
      return false;
    }
    TopData::Answers answers = data_.columns(exprs, asked, reach_ms);
    const bool any = std::any_of(answers.begin(), answers.end(), [](const auto& a) { return a.has_value(); });
    if (!any) {
      found.problem = answers.empty() ? "" : answers.front().error().message;
      found.whole = false;
      return false;
    }
    widen(run, run.grid.count == 0 ? asked : between(std::min(run.grid.first, first), std::max(run.grid.last(), last), step));
    for (std::size_t i = 0; i < answers.size(); ++i) just_failed[i] = just_failed[i] || !answers[i];
    join(run, asked, std::move(answers));
    return true;
  };
  // The newer end first: it is what is looked at most.
  if (ask(std::max(grid.first, run.settled + step), grid.last())) {
    const TimeMs known = (newest - kUnsettledMs) / step * step;
    run.settled = std::max(run.settled, std::min(grid.last(), known));
  }
  if (touches && grid.first < old_first) ask(grid.first, old_first - step);
  if (may_ask && found.whole) ask_missing(run, reach_ms, just_failed);
  for (const auto& missing : run.missing) {
    if (missing && found.problem.empty()) found.problem = missing->problem;
  }
  // Far from what is looked at nothing need be kept.
  if (run.grid.count > kRunColumnsMax) {
    const auto spare = static_cast<TimeMs>((kRunColumnsMax - std::min(kRunColumnsMax, grid.count)) / 2) * step;
    const TimeMs first = std::max(run.grid.first, grid.first - spare), last = std::min(run.grid.last(), grid.last() + spare);
    widen(run, between(first, last, step));
    for (auto& answer : run.answers)
      std::erase_if(answer, [](const TopSeries& s) {
        return std::all_of(s.high.begin(), s.high.end(), [](double v) { return std::isnan(v); });
      });
    run.settled = std::min(run.settled, last);
    for (auto& missing : run.missing) {
      if (!missing) continue;
      missing->first = std::max(missing->first, first);
      missing->last = std::min(missing->last, last);
      if (missing->first > missing->last) missing.reset();
    }
  }
  for (const auto& answer : run.answers) {
    std::vector<TopSeries> part;
    for (const TopSeries& s : answer) {
      TopSeries of_grid;
      of_grid.labels = s.labels;
      of_grid.high = on_grid(s.high, run.grid, grid);
      of_grid.low = on_grid(s.low, run.grid, grid);
      part.push_back(std::move(of_grid));
    }
    found.answers.push_back(std::move(part));
  }
  return found;
}

}  // namespace tacho::tools
