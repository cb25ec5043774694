#include "tools/top/fleet/view.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "tools/terminal/heat.h"

namespace tacho::tools {
namespace {

using enum FleetMetric;

constexpr std::int64_t kSilentMs = 3000;
constexpr std::int64_t kTurnMs = 10'000;  // so long an answer may be late

bool is_address(const std::string& name) { return name.find_first_not_of("0123456789abcdefABCDEF.:[]%") == std::string::npos; }

}  // namespace

bool FleetNodeView::is_silent() const {
  if (!asked) return false;
  const std::int64_t limit = std::max(kSilentMs, 3 * interval_ms);
  if (!age_ms || *age_ms - answer_age_ms > limit) return true;
  return *age_ms > (problem.empty() ? limit + kTurnMs : limit);
}

std::string FleetNodeView::title() const { return !own_name.empty() && is_address(name) ? own_name : name; }

double fleet_now(const FleetNodeView& n, FleetMetric metric) {
  const bool counts = n.history && n.asked && !n.is_silent();
  return counts ? n.history->now(metric).value_or(std::nan("")) : std::nan("");
}

bool fleet_is_more(double v, double than) { return !std::isnan(v) && v > than; }

bool fleet_has_errors(const FleetNodeView& n) {
  if (!n.history) return false;
  const auto any = [&](FleetMetric metric) {
    return std::ranges::any_of(n.history->of(metric), [](double v) { return fleet_is_more(v, 0); });
  };
  return any(FleetMetric::errors) || any(FleetMetric::ecc);
}

FleetView finish_fleet_view(std::vector<FleetNodeView> nodes) {
  std::map<std::string, int> called;
  for (const FleetNodeView& n : nodes) ++called[n.own_name];
  FleetView out{std::move(nodes), 0};
  for (FleetNodeView& n : out.nodes) {
    if (called[n.own_name] > 1) n.own_name.clear();
    if (n.history && n.asked && !n.is_silent()) out.end = std::max(out.end, n.history->end);
  }
  return out;
}

std::vector<std::size_t> fleet_order(const FleetView& view, FleetSort sort) {
  std::vector<std::size_t> order(view.nodes.size());
  std::iota(order.begin(), order.end(), 0);
  const auto by_name = [&](std::size_t a, std::size_t b) { return counts_before(view.nodes[a].title(), view.nodes[b].title()); };
  std::stable_sort(order.begin(), order.end(), by_name);
  if (sort == FleetSort::name) return order;
  const auto known = [&](std::size_t i, FleetMetric metric, double otherwise) {
    const double v = fleet_now(view.nodes[i], metric);
    return std::isnan(v) ? otherwise : v;
  };
  const auto key = [&](std::size_t i) {
    const FleetNodeView& n = view.nodes[i];
    using Key = std::tuple<int, double, double, int, double, double>;
    switch (sort) {
      case FleetSort::busy: return Key{0, -known(i, busy, -1), 0, 0, -known(i, cpu, -1), 0};
      case FleetSort::power: return Key{0, -known(i, power, -1), 0, 0, 0, 0};
      default: break;
    }
    return Key{n.is_silent() ? 0 : 1,       -known(i, lost, 0),   -known(i, unfit, 0),
               fleet_has_errors(n) ? 0 : 1, -known(i, slowed, 0), known(i, least, 2)};
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

}  // namespace tacho::tools
