#include "tools/terminal/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "proto/base/check.h"

namespace tacho::tools {
namespace {

constexpr std::size_t kLevels = 8;
constexpr std::array<std::string_view, kLevels> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
// Ordered by how much ink they carry and how high it sits.
constexpr std::array<std::string_view, kLevels> kAscii = {"_", ".", ":", "-", "=", "+", "*", "#"};

std::size_t level(double v, SparkScale scale) {
  if (v <= scale.low || scale.high <= scale.low) return 0;
  if (v >= scale.high) return kLevels - 1;
  const double part = (v - scale.low) / (scale.high - scale.low);  // in (0, 1); NaN or 0 only for infinite scales
  // The least excess is left out: 3/7 of seven steps is the third, whatever rounding says.
  const double step = std::ceil(part * static_cast<double>(kLevels - 1) - 1e-9);
  return step >= 1 ? std::min(kLevels - 1, static_cast<std::size_t>(step)) : 1;
}

}  // namespace

std::string sparkline(std::span<const double> values, SparkScale scale, Charset charset) {
  const auto& marks = charset == Charset::utf8 ? kBlocks : kAscii;
  std::string out;
  for (double v : values) out += std::isnan(v) ? std::string_view(" ") : marks[level(v, scale)];
  return out;
}

std::vector<double> squeeze(std::span<const double> values, std::int64_t first, std::size_t per_cell, std::size_t cells_max) {
  TACHO_CHECK(per_cell > 0);
  const auto width = static_cast<std::int64_t>(per_cell);
  const auto cell_of = [&](std::size_t i) {
    const std::int64_t at = first + static_cast<std::int64_t>(i);
    return at >= 0 ? at / width : (at - width + 1) / width;  // towards the past also before the epoch
  };
  std::vector<double> cells;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == 0 || cell_of(i) != cell_of(i - 1)) cells.push_back(std::numeric_limits<double>::quiet_NaN());
    if (!std::isnan(values[i])) cells.back() = std::isnan(cells.back()) ? values[i] : std::max(cells.back(), values[i]);
  }
  if (cells.size() > cells_max) cells.erase(cells.begin(), cells.end() - static_cast<std::ptrdiff_t>(cells_max));
  return cells;
}

}  // namespace tacho::tools
