#include "tools/top/fleet/view.h"

#include <algorithm>
#include <map>

namespace tacho::tools {
namespace {

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
