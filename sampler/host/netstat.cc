#include "sampler/host/netstat.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace tacho::sampler {
namespace {

// Of these protocols these, and what is_kept() names by a beginning or an end.
constexpr std::string_view kKept[] = {
    "Ip_Forwarding",      "Ip6_InOctets",       "Ip6_OutOctets",      "IpExt_InOctets",    "IpExt_OutOctets",
    "Icmp_InMsgs",        "Icmp_OutMsgs",       "Icmp6_InMsgs",       "Icmp6_OutMsgs",     "TcpExt_TCPSynRetrans",
    "TcpExt_TCPTimeouts", "TcpExt_TCPOFOQueue", "TcpExt_TCPRcvQDrop", "Tcp_ActiveOpens",   "Tcp_InSegs",
    "Tcp_OutSegs",        "Tcp_OutRsts",        "Tcp_PassiveOpens",   "Tcp_RetransSegs",   "Tcp_CurrEstab",
    "Udp_InDatagrams",    "Udp_OutDatagrams",   "Udp_NoPorts",        "Udp_RcvbufErrors",  "Udp_SndbufErrors",
    "Udp6_InDatagrams",   "Udp6_OutDatagrams",  "Udp6_NoPorts",       "Udp6_RcvbufErrors", "Udp6_SndbufErrors",
};

bool is_name(std::string_view field) {
  return std::all_of(field.begin(), field.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

bool is_kept(std::string_view field) {
  if (!is_name(field)) return false;
  return field.ends_with("_InErrors") || field.ends_with("_InErrs") || field.starts_with("TcpExt_Listen") ||
         field.starts_with("TcpExt_Syncookies") || std::find(std::begin(kKept), std::end(kKept), field) != std::end(kKept);
}

std::size_t column_of(SchemaBuilder& builder, std::string_view protocol, std::string_view name) {
  const std::string field = std::string(protocol) + "_" + std::string(name);
  return is_kept(field) ? builder.add("node_netstat_" + field) : kNoColumn;
}

}  // namespace

Result<void> NetstatSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  Result<void> first_error;
  auto is_there = [&](const Result<std::string_view>& text) {
    if (!text && first_error) first_error = std::unexpected(text.error());
    return text.has_value();
  };
  for (PairedFile& pair : pairs_) {
    Result<std::string_view> text = pair.file.choose();
    pair.there = is_there(text);
    if (!pair.there) continue;
    pair.lines.learn(*text, [&](std::string_view key, std::string_view name) { return column_of(builder, key, name); });
  }
  Result<std::string_view> text = snmp6_.choose();
  snmp6_there_ = is_there(text);
  if (snmp6_there_) {
    snmp6_lines_.learn(*text, [&](std::string_view key) -> KeyedLines::Column {
      const std::size_t six = key.find('6');
      if (six == std::string_view::npos) return {};
      return {.index = column_of(builder, key.substr(0, six + 1), key.substr(six + 1))};
    });
  }
  if (schema.size() > before) return {};
  if (!first_error) return first_error;
  return failure("{} has no counter that is kept (Tcp_InSegs, Udp_InErrors, ...)", pairs_[1].file.path());
}

Result<Sampled> NetstatSource::sample(Row& row) {
  for (PairedFile& pair : pairs_) {
    if (!pair.there) continue;
    Result<std::string_view> text = pair.file.read();
    if (!text) return std::unexpected(text.error());
    if (pair.lines.read(*text, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  if (!snmp6_there_) return Sampled::ok;
  Result<std::string_view> text = snmp6_.read();
  if (!text) return std::unexpected(text.error());
  return snmp6_lines_.read(*text, row);
}

}  // namespace tacho::sampler
