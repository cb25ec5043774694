#include "sampler/host/hardware/watchdog.h"

#include "sampler/folders.h"
#include "sampler/short_text.h"

namespace tacho::sampler {
namespace {

struct WatchdogFile {
  std::string_view file;
  std::string_view metric;
};

constexpr WatchdogFile kNumbers[] = {
    {"bootstatus", "node_watchdog_bootstatus"},   {"fw_version", "node_watchdog_fw_version"},
    {"nowayout", "node_watchdog_nowayout"},       {"timeleft", "node_watchdog_timeleft_seconds"},
    {"timeout", "node_watchdog_timeout_seconds"}, {"pretimeout", "node_watchdog_pretimeout_seconds"},
    {"access_cs0", "node_watchdog_access_cs0"},
};
// Files and labels have the same names.
constexpr std::string_view kWords[] = {"options", "identity", "state", "status", "pretimeout_governor"};

}  // namespace

Result<void> WatchdogSource::describe(store::Schema& schema) {
  files_.start();
  files_.watch(folder_);
  const Result<std::vector<std::string>> names = list_folder(folder_);
  if (!names) return std::unexpected(names.error());
  SchemaBuilder builder(schema);
  for (const std::string& name : *names) {
    const std::string folder = folder_ + "/" + name + "/";
    for (const WatchdogFile& number : kNumbers) {
      files_.add(builder, folder + std::string(number.file), number.metric, {{"name", name}});
    }
    std::vector<Label> labels{{"name", name}};
    for (const std::string_view word : kWords) {
      const std::string path = folder + std::string(word);
      files_.watch_text(path);
      labels.push_back({std::string(word), label_text(path)});
    }
    files_.constant(builder, "node_watchdog_info", std::move(labels));
  }
  if (files_.empty()) return failure("{} has no watchdog", folder_);
  return {};
}

}  // namespace tacho::sampler
