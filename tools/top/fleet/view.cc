#include "tools/top/fleet/view.h"

#include <algorithm>
#include <map>

namespace tacho::tools {
namespace {

constexpr std::int64_t kSilentMs = 3000;

bool is_address(const std::string& name) { return name.find_first_not_of("0123456789abcdefABCDEF.:[]%") == std::string::npos; }

}  // namespace

bool FleetNodeView::is_silent() const {
  if (!asked) return false;
  return !age_ms || *age_ms > std::max(kSilentMs, 3 * interval_ms);
}

std::string FleetNodeView::title() const { return !own_name.empty() && is_address(name) ? own_name : name; }

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

}  // namespace tacho::tools
