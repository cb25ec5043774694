#include "tools/top/data/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tacho::tools {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TimeMs column_end(TimeMs t, std::int64_t step_ms) {
  const TimeMs down = t / step_ms * step_ms;
  return down < t ? down + step_ms : down;
}

TopGrid TopGrid::up_to(TimeMs t, std::int64_t step_ms, std::size_t count) {
  return {column_end(t, step_ms) - static_cast<TimeMs>(count == 0 ? 0 : count - 1) * step_ms, step_ms, count};
}

std::optional<std::size_t> TopGrid::index_of(TimeMs t) const {
  const TimeMs end = column_end(t, step_ms);
  if (end < first || end > last()) return std::nullopt;
  return static_cast<std::size_t>((end - first) / step_ms);
}

TopSeries::TopSeries(Labels l, std::size_t columns) : labels(std::move(l)), high(columns, kNone), low(columns, kNone) {}

void TopSeries::add(std::size_t column, double v) {
  // 0/0 is no measurement, and an infinite rate none either.
  if (!std::isfinite(v)) return;
  double& h = high[column];
  double& l = low[column];
  h = std::isnan(h) ? v : std::max(h, v);
  l = std::isnan(l) ? v : std::min(l, v);
}

void TopSeries::copy(const TopSeries& other, std::size_t from, std::size_t columns, std::size_t to) {
  const auto part = [&](const std::vector<double>& a, std::vector<double>& b) {
    std::copy_n(a.begin() + static_cast<std::ptrdiff_t>(from), columns, b.begin() + static_cast<std::ptrdiff_t>(to));
  };
  part(other.high, high);
  part(other.low, low);
}

std::vector<double> on_grid(const std::vector<double>& values, const TopGrid& from, const TopGrid& to) {
  if (from == to) return values;
  std::vector<double> out(to.count, kNone);
  if (from.step_ms != to.step_ms || from.count == 0 || to.count == 0) return out;
  const TimeMs first = std::max(from.first, to.first), last = std::min(from.last(), to.last());
  if (first > last) return out;
  const auto place = [&](const TopGrid& grid) { return static_cast<std::ptrdiff_t>((first - grid.first) / to.step_ms); };
  std::copy_n(values.begin() + place(from), (last - first) / to.step_ms + 1, out.begin() + place(to));
  return out;
}

}  // namespace tacho::tools
