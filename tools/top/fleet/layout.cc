#include "tools/top/fleet/layout.h"

#include <algorithm>
#include <utility>

#include "proto/base/text_columns.h"

namespace tacho::tools {
namespace {

using enum FleetMetric;

constexpr std::size_t kNameMin = 12, kNameMax = 32;
constexpr std::size_t kSparkMin = 20;  // columns, of three seconds each

constexpr FleetColumn kColumns[] = {{"n", 3, 2, true, devices}, {"busy", 7, 0, true, busy},   {"least", 7, 1, true, least},
                                    {"most", 7, 7, true, most}, {"power", 7, 2, true, power}, {"hot", 5, 3, true, hottest},
                                    {"cpu", 7, 0, false, cpu},  {"mem", 7, 4, false, memory}, {"in", 7, 5, false, in},
                                    {"out", 7, 6, false, out}};
constexpr int kRankAfterNames = 3;

}  // namespace

FleetLayout fleet_layout(const FleetView& view, std::size_t width) {
  FleetLayout l{.name = kNameMin, .cells = kSparkMin};
  const bool any_devices = std::any_of(view.nodes.begin(), view.nodes.end(), [](const FleetNodeView& n) {
    return fleet_is_more(fleet_now(n, devices), 0) || fleet_is_more(fleet_now(n, busy), -1);
  });
  l.marks = any_devices;
  std::vector<const FleetColumn*> wanted;
  for (const FleetColumn& c : kColumns) {
    if (any_devices || !c.of_devices) wanted.push_back(&c);
  }
  std::stable_sort(wanted.begin(), wanted.end(), [](const FleetColumn* a, const FleetColumn* b) { return a->rank < b->rank; });
  std::size_t longest = kNameMin;
  for (const FleetNodeView& n : view.nodes) longest = std::max(longest, columns_of(n.title()));
  // What every row needs, then whole names, then the columns that are worth less than those.
  std::size_t used = 1 + kNameMin + kFleetAgeWidth + (l.marks ? kFleetMarksWidth : 0) + 1 + kSparkMin;
  const auto lengthen = [&] {
    const std::size_t more = std::min({width > used ? width - used : 0, longest - l.name, kNameMax - l.name});
    l.name += more;
    used += more;
  };
  for (const FleetColumn* c : wanted) {
    if (c->rank >= kRankAfterNames) lengthen();
    if (used + c->width > width) break;
    used += c->width;
    l.columns.push_back(c);
  }
  lengthen();
  std::sort(l.columns.begin(), l.columns.end());  // as the list has them
  const std::size_t room = (width > used ? width - used : 0) + kSparkMin + 1;
  const std::vector<FleetSpark> all = any_devices ? std::vector<FleetSpark>{{"busy", busy}, {"cpu", cpu}, {"net in", in}}
                                                  : std::vector<FleetSpark>{{"cpu", cpu}, {"net in", in}, {"net out", out}};
  // First each second a cell of its own, then more of them.
  std::size_t count = 1;
  for (const auto& [sparks, cells] : {std::pair{1, 30}, {1, 60}, {2, 30}, {2, 60}, {3, 60}}) {
    if (room < static_cast<std::size_t>(sparks * (cells + 1))) continue;
    count = static_cast<std::size_t>(sparks);
    l.cells = static_cast<std::size_t>(cells);
  }
  l.sparks.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
  return l;
}

}  // namespace tacho::tools
