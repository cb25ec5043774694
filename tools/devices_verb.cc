#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "sampler/accel_report.h"
#include "tools/verbs.h"

namespace tacho::tools {
namespace {

using Card = sampler::AccelReport::Card;

// What cards lack together is said once.
void print_unsupported(const std::vector<Card>& cards) {
  std::vector<const Card*> said;
  for (const Card& card : cards) {
    if (card.unsupported.empty()) continue;
    const auto alike = [&](const Card& other) { return other.vendor == card.vendor && other.unsupported == card.unsupported; };
    if (std::any_of(said.begin(), said.end(), [&](const Card* s) { return alike(*s); })) continue;
    said.push_back(&card);
    std::string numbers;
    for (const Card& other : cards) {
      if (alike(other)) numbers += (numbers.empty() ? "" : ", ") + other.number;
    }
    std::printf("\nno series on %s %s, and why:\n", card.vendor.c_str(), numbers.c_str());
    for (const auto& [what, why] : card.unsupported) std::printf("  %-58s %s\n", what.c_str(), why.c_str());
  }
}

}  // namespace

int devices(const DevicesOptions& options) {
  const sampler::AccelReport report = sampler::report_accelerators(options.roots, sampler::AccelOptions::from_environment());
  if (report.cards.empty()) {
    std::printf(
        "no accelerator that tacho knows is on this node: %s/bus/pci/devices shows no card of NVIDIA's, AMD's, Hygon's "
        "or Huawei's, and %s/dev no nvidiaN, davinciN, iluvatarN or gcuN\n",
        options.roots.sysfs.c_str(), options.roots.rootfs.c_str());
    return 0;
  }
  std::printf("%-8s %-6s %-13s %-30s %s\n", "vendor", "accel", "pci_bus_id", "model", "state");
  bool all_answer = true;
  for (const Card& card : report.cards) {
    all_answer = all_answer && card.problem.empty();
    const std::string state =
        card.problem.empty() ? fmt::format("{} series each tick, {} slowly", card.series, card.slow_series) : card.problem;
    std::printf("%-8s %-6s %-13s %-30s %s\n", card.vendor.c_str(), card.number.c_str(), card.pci_bus_id.c_str(),
                card.model.c_str(), state.c_str());
  }
  if (!report.libraries.empty()) std::printf("\n");
  for (const std::string& library : report.libraries) std::printf("%s\n", library.c_str());
  print_unsupported(report.cards);
  return all_answer ? 0 : 1;
}

}  // namespace tacho::tools
