#include "sampler/host/storage/fibrechannel.h"

#include <limits>

#include "sampler/folders.h"
#include "sampler/short_text.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

// "0x1f"; nothing for a counter that the card does not have.
std::optional<double> parse_counter(std::string_view text) {
  std::string_view word = take_until(text, '\n');
  if (!word.starts_with("0x")) return parse_short_number(word);
  const std::optional<std::uint64_t> value = hex_u64(word.substr(2));
  if (!value || *value == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return static_cast<double>(*value);
}

constexpr NumberForm kCounter{.parse = parse_counter};

struct PortFile {
  std::string_view file;
  std::string_view metric;
};

constexpr PortFile kCounters[] = {
    {"dumped_frames", "node_fibrechannel_dumped_frames_total"},
    {"error_frames", "node_fibrechannel_error_frames_total"},
    {"invalid_crc_count", "node_fibrechannel_invalid_crc_total"},
    {"rx_frames", "node_fibrechannel_rx_frames_total"},
    {"rx_words", "node_fibrechannel_rx_words_total"},
    {"tx_frames", "node_fibrechannel_tx_frames_total"},
    {"tx_words", "node_fibrechannel_tx_words_total"},
    {"seconds_since_last_reset", "node_fibrechannel_seconds_since_last_reset_total"},
    {"invalid_tx_word_count", "node_fibrechannel_invalid_tx_words_total"},
    {"link_failure_count", "node_fibrechannel_link_failure_total"},
    {"loss_of_sync_count", "node_fibrechannel_loss_of_sync_total"},
    {"loss_of_signal_count", "node_fibrechannel_loss_of_signal_total"},
    {"nos_count", "node_fibrechannel_nos_total"},
    {"fcp_packet_aborts", "node_fibrechannel_fcp_packet_aborts_total"},
};

struct PortText {
  std::string_view name;  // of the file and the label
  bool is_identifier = false;
};

constexpr PortText kTexts[] = {
    {"speed"},         {"port_state"},        {"port_type"},        {"port_id", true}, {"port_name", true}, {"fabric_name", true},
    {"symbolic_name"}, {"supported_classes"}, {"supported_speeds"}, {"dev_loss_tmo"},
};

}  // namespace

Result<void> FibreChannelSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  const Result<std::vector<std::string>> hosts = list_folder(folder_);
  if (!hosts) return std::unexpected(hosts.error());
  SchemaBuilder builder(schema);
  for (const std::string& host : *hosts) {
    const std::string folder = folder_ + "/" + host + "/";
    for (const PortFile& counter : kCounters) {
      files_.add(builder, folder + "statistics/" + std::string(counter.file), counter.metric, {{"fc_host", host}}, kCounter);
    }
    std::vector<Label> labels{{"fc_host", host}};
    for (const PortText& text : kTexts) {
      const std::string path = folder + std::string(text.name);
      files_.watch_text(path);
      std::string value = label_text(path);
      if (text.is_identifier && value.starts_with("0x")) value.erase(0, 2);
      labels.push_back({std::string(text.name), std::move(value)});
    }
    files_.constant(builder, "node_fibrechannel_info", std::move(labels));
  }
  if (files_.empty()) return failure("{} has no port", folder_);
  return {};
}

}  // namespace tacho::sampler
