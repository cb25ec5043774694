#include "sampler/host/network/udp_queues.h"

#include <optional>

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

struct Queues {
  std::uint64_t tx_bytes = 0;
  std::uint64_t rx_bytes = 0;
};

//   sl  local_address rem_address   st tx_queue rx_queue ...
//   29: 0100007F:0035 00000000:0000 07 00000000:00000300 ...
std::optional<Queues> sum(std::string_view text) {
  constexpr int kWordsBefore = 4;
  Queues sum;
  Lines lines(text);
  if (!lines.next() || lines.line().find("tx_queue") == std::string_view::npos) return std::nullopt;
  while (lines.next()) {
    if (!lines.whole()) return std::nullopt;
    std::string_view rest = lines.line();
    for (int i = 0; i < kWordsBefore; ++i) take_word(rest);
    std::string_view queues = take_word(rest);
    const std::optional<std::uint64_t> tx = hex_u64(take_until(queues, ':'));
    const std::optional<std::uint64_t> rx = hex_u64(queues);
    if (!tx || !rx) return std::nullopt;
    sum.tx_bytes += *tx;
    sum.rx_bytes += *rx;
  }
  return lines.whole() ? std::optional(sum) : std::nullopt;
}

}  // namespace

Result<void> UdpQueuesSource::describe(store::Schema& schema) {
  SchemaBuilder builder(schema);
  Result<void> first_error;
  bool any = false;
  for (File& file : files_) {
    Result<std::string_view> text = file.file.choose();
    file.there = text.has_value();
    any = any || file.there;
    if (!text && first_error) first_error = std::unexpected(text.error());
    if (!text) continue;
    auto column = [&](const char* queue) {
      return builder.add("node_udp_queues", {{"queue", queue}, {"ip", std::string(file.ip)}});
    };
    file.tx_column = column("tx");
    file.rx_column = column("rx");
  }
  return any ? Result<void>{} : first_error;
}

Result<Sampled> UdpQueuesSource::sample(Row& row) {
  for (File& file : files_) {
    if (!file.there) continue;
    Result<std::string_view> text = file.file.read();
    if (!text) return std::unexpected(text.error());
    if (std::optional<Queues> queues = sum(*text)) {
      put(row, file.tx_column, static_cast<double>(queues->tx_bytes));
      put(row, file.rx_column, static_cast<double>(queues->rx_bytes));
    }
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
