#include "tools/top/rows.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "query/jobs/job_owner.h"

namespace tacho::tools {
namespace {

std::optional<double> value_at(const std::vector<double>& values, std::optional<std::size_t> column) {
  if (!column || *column >= values.size() || std::isnan(values[*column])) return std::nullopt;
  return values[*column];
}

std::string device_of(const TopLine& line, const Labels& labels) {
  if (line.device == kOwner) return query::names_owner(labels) ? query::owner_of(labels).text() : "";
  return std::string(line.device.empty() ? std::string_view() : labels.get(line.device));
}

// A cgroup is known by whose it is, else by the end of its path.
std::string name_of(const TopLine& line, const Labels& labels) {
  if (line.device != "id") return "";
  if (labels.has("pod"))
    return std::string(labels.get("pod")) + (labels.has("container") ? "/" + std::string(labels.get("container")) : "");
  const std::string_view id = labels.get("id");
  const std::size_t slash = id.rfind('/');
  return std::string(slash == id.npos || slash + 1 == id.size() ? id : id.substr(slash + 1));
}

TopRow row_of(const TopLine& line, TopSeries series, std::optional<double> now) {
  TopRow row;
  row.line = &line;
  row.device = device_of(line, series.labels);
  row.name = name_of(line, series.labels);
  if (!line.which.empty()) row.which = series.labels.get(line.which);
  for (std::size_t i = 0; i < series.high.size(); ++i) {
    if (std::isnan(series.high[i])) continue;
    row.min = row.min ? std::min(*row.min, series.low[i]) : series.low[i];
    row.max = row.max ? std::max(*row.max, series.high[i]) : series.high[i];
  }
  row.labels = std::move(series.labels);
  row.high = std::move(series.high);
  row.low = std::move(series.low);
  row.now = now;
  row.alert = now && *now > line.alert_above;
  return row;
}

// Devices that stand aside do so only for others of the same line.
void drop_aside(std::vector<TopRow>& rows) {
  const auto aside = [](const TopRow& r) { return !r.line->aside.empty() && r.device == r.line->aside; };
  if (std::all_of(rows.begin(), rows.end(), aside)) return;
  std::erase_if(rows, aside);
}

// Two pods of a job are two rows, told apart by the pods' names.
void tell_apart(std::vector<TopRow>& rows) {
  std::map<std::string, std::size_t> seen;
  for (const TopRow& r : rows) ++seen[r.device];
  for (TopRow& r : rows) {
    if (seen[r.device] > 1 && r.labels.has("pod")) r.device += " " + std::string(r.labels.get("pod"));
  }
}

std::vector<TopRow> rows_of(const TopLine& line, const std::vector<TopSeries>& answer, const std::vector<TopSeries>* now,
                            const TopGrid& grid, TimeMs cursor) {
  std::vector<TopRow> rows;
  for (const TopSeries& s : answer) {
    std::optional<double> at;
    if (now == nullptr) {
      at = value_at(s.high, grid.index_of(cursor));
    } else if (const auto same = std::find_if(now->begin(), now->end(), [&](const TopSeries& n) { return n.labels == s.labels; });
               same != now->end()) {
      at = value_at(same->high, 0);
    }
    rows.push_back(row_of(line, s, at));
    if (line.device.empty()) break;  // several nodes in one server: the first; the page is one node's
  }
  std::erase_if(rows, [](const TopRow& r) {
    const bool nobodys = r.line->device == kOwner && r.device.empty();
    return nobodys || (!r.max && r.line->show != TopShow::always);
  });
  drop_aside(rows);
  if (line.device == kOwner) tell_apart(rows);
  if (rows.empty() && line.show == TopShow::always) rows.push_back(row_of(line, TopSeries({}, grid.count), std::nullopt));
  return rows;
}

void sort_rows(std::vector<TopRow>& rows) {
  std::vector<std::string_view> sections;  // in the list's own order
  for (const TopLine& l : top_lines()) {
    if (std::find(sections.begin(), sections.end(), l.section) == sections.end()) sections.push_back(l.section);
  }
  const auto place = [&](const TopRow& r) {
    return std::find(sections.begin(), sections.end(), r.line->section) - sections.begin();
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const TopRow& a, const TopRow& b) {
    if (place(a) != place(b)) return place(a) < place(b);
    const bool device_first = top_section_by_device(a.line->section);
    if (!device_first && a.line != b.line) return a.line < b.line;
    if (a.device != b.device) return natural_less(a.device, b.device);
    return a.line < b.line;
  });
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  std::size_t n = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    sum += v;
    ++n;
  }
  return n == 0 ? 0 : sum / static_cast<double>(n);
}

// The devices of a section of which only the top ones are shown. What others lie in (a cgroup's parents) is the sum of them, and no
// news.
std::set<std::string> top_devices(const std::vector<TopRow>& rows, std::string_view section) {
  std::vector<std::pair<double, std::string>> by_mean;
  std::set<std::string> parents;
  const TopLine* first = nullptr;
  for (const TopRow& r : rows) {
    if (r.line->section != section || r.line->show != TopShow::if_top) continue;
    if (first == nullptr || r.line < first) first = r.line;
    for (std::size_t slash = r.device.rfind('/'); slash != 0 && slash != r.device.npos; slash = r.device.rfind('/', slash - 1))
      parents.insert(r.device.substr(0, slash));
  }
  for (const TopRow& r : rows) {
    if (r.line == first && !parents.contains(r.device)) by_mean.emplace_back(-mean_of(r.high), r.device);
  }
  std::sort(by_mean.begin(), by_mean.end());
  std::set<std::string> out;
  for (std::size_t i = 0; i < std::min(by_mean.size(), kTopDevices); ++i) out.insert(by_mean[i].second);
  return out;
}

}  // namespace

TopRows::Speaker TopRows::speaker(const TopRow& row) {
  return {row.line->section, row.line->show == TopShow::if_busy ? std::string_view() : row.line->title, row.device + row.which};
}

void TopRows::hush(std::vector<TopRow>& rows) {
  const auto may_be_quiet = [](const TopRow& r) {
    return r.line->show == TopShow::if_nonzero || r.line->show == TopShow::if_busy;
  };
  for (const TopRow& r : rows) {
    if (may_be_quiet(r) && (*r.max != 0 || *r.min != 0)) spoken_.insert(speaker(r));
  }
  std::set<std::string_view> with_busy_device;
  for (const TopRow& r : rows) {
    if (r.line->show == TopShow::if_busy && spoken_.contains(speaker(r))) with_busy_device.insert(r.line->section);
  }
  std::map<std::string_view, std::set<std::string>> top;
  for (TopRow& r : rows) {
    if (r.line->show == TopShow::if_top) {
      const auto [devices, is_new] = top.emplace(r.line->section, std::set<std::string>());
      if (is_new) devices->second = top_devices(rows, r.line->section);
      r.quiet = !devices->second.contains(r.device);
      continue;
    }
    r.quiet = may_be_quiet(r) && !spoken_.contains(speaker(r));
    if (r.line->show == TopShow::if_busy && !with_busy_device.contains(r.line->section)) r.quiet = false;
  }
}

std::vector<TopRow> TopRows::make(const std::vector<std::vector<TopSeries>>& answers,
                                  const std::vector<std::vector<TopSeries>>& now, const TopGrid& grid, TimeMs cursor) {
  std::vector<TopRow> rows;
  for (std::size_t i = 0; i < answers.size() && i < top_lines().size(); ++i) {
    const auto* at = i < now.size() ? &now[i] : nullptr;
    for (TopRow& r : rows_of(top_lines()[i], answers[i], at, grid, cursor)) rows.push_back(std::move(r));
  }
  hush(rows);
  sort_rows(rows);
  return rows;
}

}  // namespace tacho::tools
