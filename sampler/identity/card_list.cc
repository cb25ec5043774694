#include "sampler/identity/card_list.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "proto/base/number.h"

namespace tacho::sampler {
namespace {

using Key = std::pair<std::string, std::string>;  // vendor, accel

constexpr std::string_view kMetrics[] = {"accel_up", "accel_info", "accel_partition_info", "accel_process_memory_used_bytes"};

// Numbers in the order of numbers: "10" behind "9".
bool before(const Card& a, const Card& b) {
  return std::tuple(std::string_view(a.vendor), a.accel.size(), std::string_view(a.accel)) <
         std::tuple(std::string_view(b.vendor), b.accel.size(), std::string_view(b.accel));
}

struct Facts {
  Card card;
  TimeMs card_seen = 0;  // the newest row that tells who it is
  TimeMs info_seen = 0;
  std::vector<std::pair<TimeMs, CardPart>> parts;
};

void note_card(Facts& facts, const Labels& labels, TimeMs seen) {
  if (seen < facts.card_seen) return;
  facts.card_seen = seen;
  facts.card.uuid = labels.get("uuid");
  facts.card.pci_bus_id = labels.get("pci_bus_id");
}

void note_info(Facts& facts, const Labels& labels, TimeMs seen) {
  if (seen < facts.info_seen) return;
  facts.info_seen = seen;
  facts.card.minor = labels.get("minor");
  facts.card.physical = labels.has("physical_id") ? labels.get("physical_id") : labels.get("logical_id");
}

// Those of the rows that tell of the card as it is now: before, it may have been partitioned otherwise.
Card finish(Facts& facts) {
  for (auto& [seen, part] : facts.parts) {
    if (seen >= facts.info_seen) facts.card.parts.push_back(std::move(part));
  }
  auto& parts = facts.card.parts;
  std::sort(parts.begin(), parts.end());
  auto& pids = facts.card.pids;
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return std::move(facts.card);
}

bool is_part(const DeviceName& name, const CardPart& part) {
  if (name.by == DeviceName::By::partition_uuid) return !part.uuid.empty() && part.uuid == name.value;
  return part.partition == name.partition;
}

bool is_card(const Card& card, const DeviceName& name) {
  using By = DeviceName::By;
  if (card.vendor != name.vendor || name.value.empty()) return false;
  switch (name.by) {
    case By::uuid: return card.uuid == name.value;
    case By::address: return card.pci_bus_id == name.value;
    case By::minor: return card.minor == name.value;
    case By::physical: return card.physical == name.value;
    case By::index: return card.accel == name.value;
    default: return false;
  }
}

}  // namespace

bool Card::same_as(const Card& o) const {
  return std::tie(vendor, accel, uuid, pci_bus_id, minor, physical, parts) ==
         std::tie(o.vendor, o.accel, o.uuid, o.pci_bus_id, o.minor, o.physical, o.parts);
}

Result<std::vector<Card>> read_cards(const store::Queryable& store, TimeMs now) {
  std::vector<std::array<store::Matcher, 1>> matchers;
  std::vector<store::MatcherSet> sets;
  for (const std::string_view metric : kMetrics)
    matchers.push_back({store::Matcher::equal(std::string(kMetricName), std::string(metric))});
  for (const auto& m : matchers) sets.emplace_back(m);
  auto selection = store.select_any(sets, {now - kCardMs, now}, {.newest = true});
  if (!selection) return std::unexpected(selection.error());
  std::map<Key, Facts> found;
  for (const store::SeriesView& series : selection->series) {
    if (series.values.empty() || is_stale(series.values.back())) continue;
    const Labels& labels = series.labels();
    const TimeMs seen = series.times.back();
    Facts& facts = found[{std::string(labels.get("vendor")), std::string(labels.get("accel"))}];
    facts.card.vendor = labels.get("vendor");
    facts.card.accel = labels.get("accel");
    const std::string_view metric = labels.metric_name();
    if (metric == "accel_process_memory_used_bytes") {
      const auto pid = parse_int(labels.get("pid"));
      if (pid && *pid > 0 && *pid <= 0x7fffffff && seen > now - kProcessMs)
        facts.card.pids.push_back(static_cast<std::uint32_t>(*pid));
    } else if (metric == "accel_partition_info") {
      facts.parts.emplace_back(seen, CardPart{std::string(labels.get("partition")), std::string(labels.get("partition_uuid"))});
    } else {
      note_card(facts, labels, seen);
      if (metric == "accel_info") note_info(facts, labels, seen);
    }
  }
  std::vector<Card> out;
  for (auto& [key, facts] : found) {
    if (facts.card_seen > 0) out.push_back(finish(facts));
  }
  std::sort(out.begin(), out.end(), before);
  return out;
}

CardAt find_card(const std::vector<Card>& cards, const DeviceName& name) {
  const bool of_part = name.by == DeviceName::By::partition_uuid || !name.partition.empty();
  for (const Card& card : cards) {
    if (name.by != DeviceName::By::partition_uuid && !is_card(card, name)) continue;
    if (!of_part) return {&card, nullptr};
    for (const CardPart& part : card.parts) {
      if (card.vendor == name.vendor && is_part(name, part)) return {&card, &part};
    }
  }
  return {};
}

}  // namespace tacho::sampler
