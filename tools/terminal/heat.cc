#include "tools/terminal/heat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <span>

#include "proto/base/duration.h"
#include "proto/base/text_columns.h"
#include "tools/terminal/result_text.h"
#include "tools/terminal/time_axis.h"

namespace tacho::tools {
namespace {

using query::QueryResult;
using query::ResultSeries;

constexpr std::size_t kWidthMin = 40;    // a smaller width is taken as this
constexpr std::size_t kRoomyWidth = 60;  // from here on there is room for each row's peak
constexpr std::size_t kFrameLines = 4;   // caption, titles, times, legend

// Of the 256: lightness (CIE L*) 40, 52, 65, 66, 67, 81, 84, 87, and from blue to yellow all the way, so that the steps of like lightness differ in what
// every eye sees. Black is 0 and white 100.
constexpr std::array<int, 8> kRamp = {25, 31, 37, 72, 107, 149, 185, 221};
constexpr std::array<std::string_view, 4> kShades = {"░", "▒", "▓", "█"};
constexpr std::array<std::string_view, 9> kSigns = {".", ":", "-", "=", "+", "*", "#", "%", "@"};
constexpr std::string_view kPlain = "\x1b[0m";

// How values become cells of text.
class Marks {
 public:
  explicit Marks(const HeatOptions& o) : charset_(o.charset), colours_(o.colours) {}

  std::size_t levels() const {
    return colours_ >= 256 ? kRamp.size() : charset_ == Charset::utf8 ? kShades.size() : kSigns.size();
  }
  // Runs of one colour are coloured once. nullopt: a gap.
  std::string text(std::span<const std::optional<std::size_t>> cells) const {
    std::string out, colour;
    for (const auto& level : cells) {
      const std::string wanted = !level            ? ""
                                 : colours_ >= 256 ? fmt::format("\x1b[48;5;{}m", kRamp[*level])
                                 : colours_ >= 8   ? "\x1b[36m"
                                                   : "";
      if (wanted != colour) {
        if (!colour.empty()) out += kPlain;
        out += wanted;
        colour = wanted;
      }
      out += !level || colours_ >= 256 ? std::string_view(" ") : charset_ == Charset::utf8 ? kShades[*level] : kSigns[*level];
    }
    return colour.empty() ? out : out + std::string(kPlain);
  }
  std::size_t scale_columns() const { return levels() * (colours_ >= 256 ? 2 : 1); }
  std::string scale() const {
    std::vector<std::optional<std::size_t>> all;
    for (std::size_t i = 0; i < levels(); ++i) all.insert(all.end(), scale_columns() / levels(), i);
    return text(all);
  }

 private:
  Charset charset_;
  int colours_;
};

struct Scale {
  double low = 0, high = 0;

  // The lowest level is for the low end alone: nothing and hardly anything look different.
  std::size_t level(double v, std::size_t levels) const {
    if (v <= low || high <= low) return 0;
    const double step = std::ceil((v - low) / (high - low) * static_cast<double>(levels - 1) - 1e-9);
    return step >= 1 ? std::min(levels - 1, static_cast<std::size_t>(step)) : 1;
  }
};

// As for the axis of a chart: beyond that differences are infinite, or steps nothing.
bool is_drawn(double v) { return std::fabs(v) < 1e300 && (v == 0 || std::fabs(v) > 1e-290); }

struct Row {
  const ResultSeries* series;
  std::string name;
  double low, high;
};

Scale scale_of(const std::vector<Row>& rows, TopUnit unit) {
  Scale s{rows[0].low, rows[0].high};
  for (const Row& row : rows) s = {std::min(s.low, row.low), std::max(s.high, row.high)};
  if (s.low > 0 && s.low < 0.6 * s.high) s.low = 0;
  if (unit == TopUnit::ratio && s.low >= 0) s = {0, std::max(1.0, s.high)};  // a share of something is one of all of it
  return s;
}

// The labels by which the series differ.
std::vector<std::string> names_apart(const QueryResult& r, const Labels& common) {
  std::set<std::string> names;
  for (const ResultSeries& s : r.series) {
    for (const Label& l : s.labels) {
      if (r.series.size() > 1 && !common.has(l.name)) names.insert(l.name);
    }
  }
  return {names.begin(), names.end()};
}

std::string row_name(const Labels& labels, const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names)
    out += (out.empty() ? "" : "/") + (labels.has(name) ? std::string(labels.get(name)) : "-");
  return printable(out);
}

// Where names are too long, those labels go that the others make superfluous: a pod's uid beside its card's number.
void shorten(std::vector<std::string>& names, const QueryResult& r, std::size_t width) {
  const auto distinct = [&](const std::vector<std::string>& some) {
    std::set<std::string> seen;
    for (const ResultSeries& s : r.series) seen.insert(row_name(s.labels, some));
    return seen.size();
  };
  const auto widest = [&] {
    std::size_t out = 0;
    for (const ResultSeries& s : r.series) out = std::max(out, columns_of(row_name(s.labels, names)));
    return out;
  };
  const std::size_t all = distinct(names);
  for (std::size_t i = names.size(); i-- > 0 && names.size() > 1 && widest() > width;) {
    std::vector<std::string> fewer = names;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (distinct(fewer) == all) names = std::move(fewer);
  }
}

std::vector<Row> rows_of(const QueryResult& r, const std::vector<std::string>& names, const HeatOptions& o) {
  std::vector<Row> rows;
  for (const ResultSeries& s : r.series) {
    Row row{&s, row_name(s.labels, names), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    for (const Sample& p : s.points) {
      if (p.t < o.begin || p.t > o.end || !is_drawn(p.v)) continue;
      row.low = std::min(row.low, p.v);
      row.high = std::max(row.high, p.v);
    }
    if (row.low <= row.high) rows.push_back(std::move(row));
  }
  return rows;
}

// The furthest reaching, in people's order.
void choose(std::vector<Row>& rows, std::size_t rows_max) {
  const auto reach = [](const Row& row) { return std::max(std::fabs(row.low), std::fabs(row.high)); };
  if (rows.size() > rows_max) {
    std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return reach(a) > reach(b); });
    rows.resize(rows_max);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return counts_before(a.name, b.name); });
}

// How many points are a cell, or how many cells a point.
struct Cells {
  std::size_t points, points_a_cell = 1, cells_a_point = 1;

  Cells(const HeatOptions& o, std::size_t room)
      : points(static_cast<std::size_t>(std::max<std::int64_t>(0, o.end - o.begin) / std::max<std::int64_t>(1, o.step_ms)) + 1) {
    points_a_cell = (points + room - 1) / room;
    if (points_a_cell == 1) cells_a_point = room / points;
  }
  std::size_t count() const { return (points + points_a_cell - 1) / points_a_cell * cells_a_point; }
};

std::vector<std::optional<std::size_t>> levels_of(const ResultSeries& s, const Cells& cells, const Scale& scale,
                                                  std::size_t levels, const HeatOptions& o) {
  std::vector<double> peaks(cells.count(), std::numeric_limits<double>::quiet_NaN());
  for (const Sample& p : s.points) {
    if (p.t < o.begin || p.t > o.end || !is_drawn(p.v)) continue;
    const auto point = static_cast<std::size_t>((p.t - o.begin) / std::max<std::int64_t>(1, o.step_ms));
    const std::size_t first = point / cells.points_a_cell * cells.cells_a_point;
    for (std::size_t c = first; c < first + cells.cells_a_point; ++c) {
      if (!(peaks[c] >= p.v)) peaks[c] = p.v;
    }
  }
  std::vector<std::optional<std::size_t>> out;
  for (const double v : peaks) out.push_back(std::isnan(v) ? std::nullopt : std::optional(scale.level(v, levels)));
  return out;
}

// Ratios of thousands, say, know no larger unit.
std::string number_text(double v, TopUnit unit) {
  std::string text = format_full(v, unit);
  return text.size() <= kFullWidth ? text : fmt::format("{:.3g}", v);
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : "/") + (name == kMetricName ? "metric" : name);
  return out;
}

}  // namespace

bool counts_before(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, k = 0;
  while (i < a.size() && k < b.size()) {
    if (is_digit(a[i]) && is_digit(b[k])) {
      const auto number = [&](std::string_view s, std::size_t& at) {
        const std::size_t begin = std::min(s.find_first_not_of('0', at), s.size());
        for (at = begin; at < s.size() && is_digit(s[at]);) ++at;
        return s.substr(begin, at - begin);
      };
      const std::string_view x = number(a, i), y = number(b, k);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[k]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[k]);
      ++i;
      ++k;
    }
  }
  return a.size() - i < b.size() - k || (i == a.size() && k == b.size() && a < b);
}

std::string heat(const QueryResult& r, const HeatOptions& o) {
  if (r.series.empty()) return "no samples\n";
  const Labels common = r.series.size() == 1 ? r.series[0].labels : common_labels(r);
  const std::size_t width = std::max(o.width, kWidthMin);
  std::vector<std::string> names = names_apart(r, common);
  shorten(names, r, width / 6);
  std::vector<Row> rows = rows_of(r, names, o);
  if (rows.empty()) return "no samples that can be drawn\n";
  const std::size_t drawable = rows.size();
  const std::size_t lines = std::max<std::size_t>(1, o.height > kFrameLines ? o.height - kFrameLines : 1);
  choose(rows, drawable > lines ? std::max<std::size_t>(1, lines - 1) : lines);

  const Scale scale = scale_of(rows, o.unit);
  const Marks marks(o);
  const std::string title = joined(names);
  std::size_t name_width = columns_of(title);
  for (const Row& row : rows) name_width = std::max(name_width, columns_of(row.name));
  name_width = std::min(name_width, width / 3);
  const std::size_t left = name_width + (name_width > 0 ? 1 : 0);
  const bool with_peaks = width >= kRoomyWidth;
  const Cells cells(o, width - left - (with_peaks ? kFullWidth + 1 : 0));

  std::string out = common.empty() ? "" : cut_middle(printable(common.to_string()), width) + "\n";
  std::string titles = padded(cut_middle(title, name_width), left + cells.count());
  if (with_peaks) titles += padded("highest", kFullWidth + 1, true);
  titles.erase(titles.find_last_not_of(' ') + 1);
  if (!titles.empty()) out += titles + "\n";
  for (const Row& row : rows) {
    out += padded(cut_middle(row.name, name_width), left);
    out += marks.text(levels_of(*row.series, cells, scale, marks.levels(), o));
    if (with_peaks) out += padded(number_text(row.high, o.unit), kFullWidth + 1, true);
    out += "\n";
  }
  if (const std::string times = time_axis(o.begin, o.end, cells.count()); !times.empty())
    out += std::string(left, ' ') + times + "\n";
  const std::string low = number_text(scale.low, o.unit), high = number_text(scale.high, o.unit);
  // Of a cell that is several points only their highest is seen, which is no mean of them.
  const bool highest_of = cells.points_a_cell > 1 && o.point != "peak";
  const std::string what =
      highest_of ? fmt::format("highest of {} {}s of {}", cells.points_a_cell, o.point, format_duration(o.step_ms))
                 : fmt::format("{} of {}", o.point, format_duration(static_cast<std::int64_t>(cells.points_a_cell) * o.step_ms));
  out += low + " " + marks.scale() + " " + high;
  const std::size_t scale_width = low.size() + high.size() + 2 + marks.scale_columns();
  for (const std::string& text : {fmt::format("   a cell: {}; a gap: no value", what), "   " + what}) {
    if (scale_width + text.size() > width) continue;
    out += text;
    break;
  }
  out += "\n";
  if (drawable > rows.size()) out += cut_middle(fmt::format("{} more that reach less far", drawable - rows.size()), width) + "\n";
  return out;
}

}  // namespace tacho::tools
