#include "sampler/accel_report.h"

#include <algorithm>

#include "sampler/accel/amd/source.h"
#include "sampler/accel/ascend/dcmi_paths.h"
#include "sampler/accel/ascend/source.h"
#include "sampler/accel/nvidia/source.h"
#include "sampler/accel/pci_cards.h"

namespace tacho::sampler {
namespace {

// What one of a card's sources has; "" when it answers.
template <class Card>
std::string look(LibrarySource<Card>& source, std::size_t& series, AccelReport::Card& card) {
  store::Schema schema;
  const Result<void> described = source.describe(schema);
  series += schema.size();
  for (const auto& u : source.unsupported()) card.unsupported.emplace_back(u.what, fmt::format("{}", u.code));
  return described ? "" : described.error().message;
}

// What the fast source says of the card, and the number of series of the slow one, if the fast one answers.
template <class Card>
AccelReport::Card look(std::string_view vendor, const CardSlot& slot, LibrarySource<Card>& fast,
                       std::initializer_list<LibrarySource<Card>*> slow) {
  AccelReport::Card card{.vendor = std::string(vendor), .number = fmt::format("{}", slot.index), .pci_bus_id = slot.pci_bus_id};
  card.problem = look(fast, card.series, card);
  if (!card.problem.empty()) {
    card.unsupported.clear();  // of a card that did not answer to the end
    return card;
  }
  for (LibrarySource<Card>* source : slow) {
    const std::string problem = look(*source, card.slow_series, card);
    // A part that has no series at all has said why, one by one.
    if (!problem.empty() && source->unsupported().empty()) card.problem = problem;
  }
  const Labels labels(fast.card().labels());
  card.pci_bus_id = labels.get("pci_bus_id");
  card.model = labels.get("model");
  card.uuid = labels.get("uuid");
  return card;
}

void add_nvml(const NvmlVendor& vendor, AccelReport& report) {
  const nvml::Flavour& flavour = vendor.session->flavour();
  for (const CardSlot& slot : vendor.slots) {
    NvidiaSource fast(nvidia_fast(flavour), NvidiaCard(vendor.session, slot), nullptr);
    NvidiaSource slow(nvidia_slow(flavour), NvidiaCard(vendor.session, slot), nullptr);
    report.cards.push_back(look(flavour.vendor, slot, fast, {&slow}));
  }
  const std::string path = vendor.session->library_path();
  if (path.empty()) return;
  const nvml::Versions v = nvml::versions(**vendor.session->ready());
  // Only NVIDIA's says of itself what it is.
  report.libraries.push_back(v.driver.empty() ? fmt::format("{}: {}", path, flavour.title)
                                              : fmt::format("{}: NVML {}, driver {}, CUDA {}", path, v.nvml, v.driver, v.cuda));
}

void add_ascend(const Roots& roots, const AccelOptions& options, AccelReport& report) {
  const auto session = std::make_shared<dcmi::Session>(dcmi::library_paths(roots.rootfs, options.dcmi_library));
  for (const CardSlot& slot : ascend_slots(roots)) {
    AscendSource fast(ascend_fast(), AscendCard(session, slot), nullptr);
    AscendSource slow(ascend_slow(roots.sysfs), AscendCard(session, slot), nullptr);
    AscendSource network(ascend_network(), AscendCard(session, slot, system_clock(), kNetworkPatience), nullptr);
    AscendSource bandwidth(ascend_bandwidth(), AscendCard(session, slot), nullptr);
    report.cards.push_back(look("huawei", slot, fast, {&slow, &network, &bandwidth}));
  }
  if (const std::string path = session->library_path(); !path.empty()) {
    const dcmi::Versions v = dcmi::versions(**session->ready());
    report.libraries.push_back(fmt::format("{}: DCMI {}, driver {}", path, v.dcmi, v.driver));
  }
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
  for (const NvmlVendor& vendor : nvml_vendors(roots, options)) add_nvml(vendor, report);
  add_ascend(roots, options, report);
  for (const AmdSlot& slot : amd_slots(roots)) report.cards.push_back(look(roots, slot));
  return report;
}

}  // namespace tacho::sampler
