#include "sampler/accel_report.h"

#include <algorithm>

#include "sampler/accel/amd_source.h"
#include "sampler/accel/nvidia_source.h"
#include "sampler/accel/nvml_paths.h"
#include "sampler/accel/pci_cards.h"

namespace tacho::sampler {
namespace {

// What one of a card's sources has; "" when it answers.
std::string look(NvidiaSource& source, std::size_t& series, AccelReport::Card& card) {
  store::Schema schema;
  if (Result<void> described = source.describe(schema); !described) return described.error().message;
  series = schema.size();
  for (const Unsupported& u : source.unsupported()) card.unsupported.emplace_back(u.what, fmt::format("{}", u.code));
  return "";
}

AccelReport::Card look(const std::shared_ptr<nvml::Session>& session, const CardSlot& slot) {
  AccelReport::Card card{.vendor = "nvidia", .number = fmt::format("{}", slot.index), .pci_bus_id = slot.pci_bus_id};
  NvidiaSource fast(nvidia_fast(), NvidiaCard(session, slot), nullptr);
  NvidiaSource slow(nvidia_slow(), NvidiaCard(session, slot), nullptr);
  card.problem = look(fast, card.series, card);
  if (!card.problem.empty()) return card;
  card.problem = look(slow, card.slow_series, card);
  const Labels labels(fast.card().labels());
  card.pci_bus_id = labels.get("pci_bus_id");
  card.model = labels.get("model");
  card.uuid = labels.get("uuid");
  return card;
}

std::string look(AmdSource& source, std::size_t& series, AccelReport::Card& card) {
  store::Schema schema;
  if (Result<void> described = source.describe(schema); !described) return described.error().message;
  series = schema.size();
  for (const Missing& m : source.missing()) {
    std::pair<std::string, std::string> said(m.name.text(), m.why);
    // Both sources read gpu_metrics.
    if (std::ranges::find(card.unsupported, said) == card.unsupported.end()) card.unsupported.push_back(std::move(said));
  }
  return "";
}

AccelReport::Card look(const Roots& roots, const AmdSlot& slot) {
  AccelReport::Card card{.vendor = slot.vendor, .number = fmt::format("{}", slot.slot.index), .pci_bus_id = slot.slot.pci_bus_id};
  AmdSource fast(amd_fast(), AmdCard(roots, slot), nullptr);
  AmdSource slow(amd_slow(), AmdCard(roots, slot), nullptr);
  card.problem = look(fast, card.series, card);
  if (!card.problem.empty()) return card;
  card.problem = look(slow, card.slow_series, card);
  const Labels labels(fast.card().labels());
  card.model = labels.get("model");
  card.uuid = labels.get("uuid");
  return card;
}

}  // namespace

AccelReport report_accelerators(const Roots& roots, const AccelOptions& options) {
  AccelReport report;
  const auto session = std::make_shared<nvml::Session>(nvml::library_paths(roots.rootfs, options.nvml_library));
  for (const CardSlot& slot : nvidia_slots(roots)) report.cards.push_back(look(session, slot));
  if (const std::string path = session->library_path(); !path.empty()) {
    const nvml::Versions v = nvml::versions(**session->ready());
    report.library = fmt::format("{}: NVML {}, driver {}, CUDA {}", path, v.nvml, v.driver, v.cuda);
  }
  for (const AmdSlot& slot : amd_slots(roots)) report.cards.push_back(look(roots, slot));
  return report;
}

}  // namespace tacho::sampler
