#include "sampler/host/network/ethtool_names.h"

#include <re2/re2.h>

#include <algorithm>

namespace tacho::sampler {
namespace {

bool may_be_in_a_name(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Those that node_exporter names by hand.
constexpr std::string_view kTotals[] = {"rx_bytes", "rx_dropped", "rx_errors", "rx_packets",
                                        "tx_bytes", "tx_errors",  "tx_packets"};

}  // namespace

std::string ethtool_clean_name(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size();) {
    std::size_t bad = i;
    while (bad < raw.size() && raw[bad] == '_') ++bad;
    std::size_t end = bad;
    while (end < raw.size() && !may_be_in_a_name(raw[end])) ++end;
    if (end == bad) {
      out += raw[i++];
      continue;
    }
    while (end < raw.size() && raw[end] == '_') ++end;
    out += '_';
    i = end;
  }
  return out;
}

std::string ethtool_metric_name(std::string_view clean) {
  std::string name(clean.substr(std::min(clean.find_first_not_of('_'), clean.size())));
  if (name.empty()) return {};
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  static const re2::RE2 kReceived("(^|_)rx(_|$)");
  static const re2::RE2 kTransmitted("(^|_)tx(_|$)");
  re2::RE2::GlobalReplace(&name, kReceived, "\\1received\\2");
  re2::RE2::GlobalReplace(&name, kTransmitted, "\\1transmitted\\2");
  const bool is_total = std::find(std::begin(kTotals), std::end(kTotals), clean) != std::end(kTotals);
  return "node_ethtool_" + name + (is_total ? "_total" : "");
}

}  // namespace tacho::sampler
