#include "sampler/host/network/ipvs.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <optional>

#include "sampler/catalogue.h"
#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kTotals[] = {"node_ipvs_connections_total", "node_ipvs_incoming_packets_total",
                                        "node_ipvs_outgoing_packets_total", "node_ipvs_incoming_bytes_total",
                                        "node_ipvs_outgoing_bytes_total"};

constexpr std::string_view kBackend = "->";
constexpr std::string_view kMark = "FWM";

struct Endpoint {
  std::string address;
  std::string port;
};

// "C0A80016:0CEA" is 192.168.0.22 and 3306; "[2620:0000:...:0001]:0050" an address of IPv6.
std::optional<Endpoint> endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> port = hex_u64(text.substr(colon + 1));
  std::string_view address = text.substr(0, colon);
  if (!port) return std::nullopt;
  if (address.starts_with('[') && address.ends_with(']')) {
    const std::string inside(address.substr(1, address.size() - 2));
    in6_addr bytes{};
    char shown[INET6_ADDRSTRLEN];
    if (::inet_pton(AF_INET6, inside.c_str(), &bytes) != 1) return std::nullopt;
    if (!::inet_ntop(AF_INET6, &bytes, shown, sizeof(shown))) return std::nullopt;
    return Endpoint{shown, fmt::format("{}", *port)};
  }
  const std::optional<std::uint64_t> bits = address.size() == 8 ? hex_u64(address) : std::nullopt;
  if (!bits) return std::nullopt;
  return Endpoint{fmt::format("{}.{}.{}.{}", *bits >> 24, *bits >> 16 & 255, *bits >> 8 & 255, *bits & 255),
                  fmt::format("{}", *port)};
}

// "Prot LocalAddress:Port ..." and the two lines around it.
bool is_heading(std::string_view kind, std::string_view address) {
  return kind == "IP" || kind == "Prot" || address == "RemoteAddress:Port";
}

}  // namespace

void IpvsSource::describe_list(std::string_view text, SchemaBuilder& builder) {
  entries_.clear();
  std::vector<Label> service;
  for (Lines lines(text); lines.next() && lines.whole();) {
    std::string_view rest = lines.line();
    const std::string_view kind = take_word(rest);
    const std::string_view address = take_word(rest);
    if (address.empty() || is_heading(kind, address)) continue;
    Entry entry{std::string(kind), std::string(address), kNoColumn, kNoColumn, kNoColumn};
    if (kind == kBackend) {
      if (const std::optional<Endpoint> remote = endpoint(address); remote && !service.empty()) {
        std::vector<Label> labels = service;
        labels.push_back({"remote_address", remote->address});
        labels.push_back({"remote_port", remote->port});
        entry.weight = builder.add("node_ipvs_backend_weight", labels);
        entry.active = builder.add("node_ipvs_backend_connections_active", labels);
        entry.inactive = builder.add("node_ipvs_backend_connections_inactive", labels);
      }
    } else if (kind == kMark) {
      service = {{"proto", std::string(kind)}, {"local_mark", std::string(address)}, {"local_port", "0"}};
    } else if (const std::optional<Endpoint> local = endpoint(address)) {
      service = {{"proto", std::string(kind)}, {"local_address", local->address}, {"local_port", local->port}};
    } else {
      service.clear();  // nobody knows whose the backends below are
    }
    entries_.push_back(std::move(entry));
  }
}

Result<void> IpvsSource::describe(store::Schema& schema) {
  static_assert(std::size(kTotals) == kTotalCount);
  if (Result<std::string_view> text = stats_.choose(); !text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  for (std::size_t i = 0; i < kTotalCount; ++i) totals_[i] = builder.add(kTotals[i]);
  const Result<std::string_view> text = list_.choose();
  list_there_ = text.has_value();
  if (text) describe_list(*text, builder);
  return {};
}

Sampled IpvsSource::sample_list(std::string_view text, Row& row) const {
  std::size_t i = 0;
  for (Lines lines(text); lines.next();) {
    if (!lines.whole()) return Sampled::ok;  // what is behind a cut is only missing for now
    std::string_view rest = lines.line();
    const std::string_view kind = take_word(rest);
    const std::string_view address = take_word(rest);
    if (address.empty() || is_heading(kind, address)) continue;
    if (i == entries_.size()) return Sampled::layout_changed;
    const Entry& entry = entries_[i++];
    if (kind != entry.kind || address != entry.address) return Sampled::layout_changed;
    if (entry.weight == kNoColumn) continue;
    take_word(rest);  // how packets are forwarded
    put(row, entry.weight, take_u64(rest));
    put(row, entry.active, take_u64(rest));
    put(row, entry.inactive, take_u64(rest));
  }
  return i == entries_.size() ? Sampled::ok : Sampled::layout_changed;
}

Result<Sampled> IpvsSource::sample(Row& row) {
  Result<std::string_view> text = stats_.read();
  if (!text) return std::unexpected(text.error());
  Lines lines(*text);
  if (lines.next() && lines.next() && lines.next()) {
    std::string_view rest = lines.line();
    for (const std::size_t column : totals_) put(row, column, take_hex_u64(rest));
  }
  if (!list_there_) return Sampled::ok;
  text = list_.read();
  if (!text) return std::unexpected(text.error());
  return sample_list(*text, row);
}

}  // namespace tacho::sampler
