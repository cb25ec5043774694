#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "proto/base/text_table.h"
#include "query/api/json.h"
#include "query/json/object.h"
#include "sampler/accel_report.h"
#include "tools/answers/ask_now.h"
#include "tools/terminal/terminal.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

using Card = sampler::AccelReport::Card;

// The reasons of tacho_device_attribution_info that a word does not say.
struct Words {
  std::string_view reason;
  std::string_view text;
};
constexpr Words kWords[] = {{"shared", "shared by pods"},
                            {"partitioned", "parts are several pods'"},
                            {"not_started", "a pod that has not begun"},
                            {"unknown_id", "the kubelet's id is unknown"},
                            {"other_chip", "not the kubelet's chip"},
                            {"no_answer_yet", "the kubelet has not answered"},
                            {"no_socket", "no kubelet's socket"},
                            {"permission", "the kubelet refuses"},
                            {"rate_limited", "the kubelet limits the rate"},
                            {"timed_out", "the kubelet takes too long"},
                            {"kubelet_error", "the kubelet's answer is broken"}};

// Whose it is, as the agent's newest row says, or why nobody's.
std::string owner_text(const Labels& said) {
  std::string text(said.get("reason"));
  for (const Words& w : kWords) {
    if (w.reason == text) text = w.text;
  }
  // The series carries the identity of the card it is about.
  if (said.has("pod")) text = fmt::format("{}/{}", said.get("namespace"), said.get("pod"));
  if (said.has("pod") && said.has("container")) text += fmt::format("/{}", said.get("container"));
  if (said.has("hpc_job")) text += fmt::format(" job {}", said.get("hpc_job"));
  return text;
}

// By vendor, number and partition ("": the card); empty where no agent tells.
using Owners = std::map<std::tuple<std::string, std::string, std::string>, std::string>;
Owners find_owners(const DataChoice& data) {
  Owners out;
  for (const query::ResultSeries& s : ask_now(data, "tacho_device_attribution_info")) {
    const auto text = [&](const char* label) { return std::string(s.labels.get(label)); };
    out[{text("vendor"), text("accel"), text("partition")}] = owner_text(s.labels);
  }
  return out;
}

// By the partition's name; "" is the card itself.
std::map<std::string, std::string> owners_of(const Owners& owners, const Card& card) {
  std::map<std::string, std::string> out;
  for (auto it = owners.lower_bound({card.vendor, card.number, ""}); it != owners.end(); ++it) {
    const auto& [vendor, number, partition] = it->first;
    if (vendor != card.vendor || number != card.number) break;
    out[partition] = it->second;
  }
  return out;
}

void add_card(TextTable& table, const Card& card, const std::map<std::string, std::string>& whose) {
  const std::string state =
      card.problem.empty() ? fmt::format("{} series each tick, {} slowly", card.series, card.slow_series) : card.problem;
  const auto whole = whose.find("");
  table.rows.push_back(
      {card.vendor, card.number, card.pci_bus_id, card.model, whole == whose.end() ? "-" : whole->second, state});
  for (const auto& [partition, owner] : whose) {
    if (!partition.empty()) table.rows.push_back({"", "", "", "part " + partition, owner});
  }
}

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
    std::printf("\n%s", fitted_line(fmt::format("no series on {} {}, and why:", card.vendor, numbers), stdout_width()).c_str());
    TextTable table{.columns = {{.at_least = 58}, {}}, .indent = "  ", .gap = 1};
    for (const auto& [what, why] : card.unsupported) table.rows.push_back({what, why});
    std::fputs(table.text(stdout_width()).c_str(), stdout);
  }
}

void write_card(query::JsonText& out, const Card& card, const Owners& owners) {
  query::JsonObject o(out);
  o.text("vendor", card.vendor);
  o.text("accel", card.number);
  o.text("pci_bus_id", card.pci_bus_id);
  o.text("uuid", card.uuid);
  o.text("model", card.model);
  o.flag("answers", card.problem.empty());
  o.text("problem", card.problem);
  if (card.problem.empty()) {
    o.number("series", static_cast<double>(card.series));
    o.number("slow_series", static_cast<double>(card.slow_series));
  }
  auto whose = owners_of(owners, card);
  if (const auto whole = whose.extract(""); whole) o.text("whose", whole.mapped());
  if (!whose.empty()) {
    query::JsonObject parts(o.key("partitions"));
    for (const auto& [partition, owner] : whose) parts.text(partition, owner);
  }
  if (card.unsupported.empty()) return;
  // A list: of two sensors, both can lack the same.
  query::write_list(o.key("unsupported"), card.unsupported, [&](const auto& lack) {
    query::JsonObject item(out);
    item.text("what", lack.first);
    item.text("why", lack.second);
  });
}

std::string report_json(const sampler::AccelReport& report, const Owners& owners) {
  return query::api_success_json([&](query::JsonText& out) {
    query::JsonObject o(out);
    query::write_list(o.key("devices"), report.cards, [&](const Card& card) { write_card(out, card, owners); });
    o.key("libraries").strings(report.libraries);
  });
}

}  // namespace

int devices(const DevicesOptions& options) {
  const sampler::AccelReport report = sampler::report_accelerators(options.roots, sampler::AccelOptions::from_environment());
  const Owners owners = report.cards.empty() ? Owners() : find_owners(options.data);
  const bool all_answer =
      std::all_of(report.cards.begin(), report.cards.end(), [](const Card& card) { return card.problem.empty(); });
  if (options.format == "json") {
    std::printf("%s\n", report_json(report, owners).c_str());
    return all_answer ? 0 : 1;
  }
  if (report.cards.empty()) {
    std::printf(
        "no accelerator that tacho knows is on this node: %s/bus/pci/devices shows no card of NVIDIA's, AMD's, Hygon's "
        "or Huawei's, and %s/dev no nvidiaN, davinciN, iluvatarN or gcuN\n",
        options.roots.sysfs.c_str(), options.roots.rootfs.c_str());
    return 0;
  }
  TextTable table{.columns = {{.at_least = 8}, {.at_least = 6}, {.at_least = 13}, {.at_least = 29}, {.at_least = 28}, {}},
                  .rows = {{"vendor", "accel", "pci_bus_id", "model", "whose", "state"}},
                  .gap = 1};
  for (const Card& card : report.cards) add_card(table, card, owners_of(owners, card));
  std::printf("%s", table.text(stdout_width()).c_str());
  if (!report.libraries.empty()) std::printf("\n");
  for (const std::string& library : report.libraries) std::fputs(fitted_line(library, stdout_width()).c_str(), stdout);
  print_unsupported(report.cards);
  return all_answer ? 0 : 1;
}

}  // namespace tacho::tools
