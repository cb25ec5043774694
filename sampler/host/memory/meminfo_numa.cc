#include "sampler/host/memory/meminfo_numa.h"

#include "sampler/catalogue.h"
#include "sampler/folders.h"
#include "sampler/host/memory/meminfo.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kNode = "node";
constexpr std::string_view kPrefix = "node_memory_numa_";

}  // namespace

// Empty where it cannot be read: then a node that goes is noticed by its files, and one that comes is not.
std::string_view MeminfoNumaSource::online() { return online_.read().value_or(std::string_view{}); }

Result<void> MeminfoNumaSource::describe(store::Schema& schema) {
  described_online_ = online();
  const Result<std::vector<std::string>> names = list_numbered(folder_, kNode);
  if (!names) return std::unexpected(names.error());
  nodes_.clear();
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  for (const std::string& name : *names) {
    const std::string path = folder_ + "/" + name;
    const Label label{"node", name.substr(kNode.size())};
    Node node{.meminfo = KernelFile(path + "/meminfo"), .numastat = KernelFile(path + "/numastat")};
    const Result<std::string_view> memory = node.meminfo.read();
    if (!memory) return std::unexpected(memory.error());
    node.memory.learn(*memory, [&](std::string_view key) -> KeyedLines::Column {
      if (!key.ends_with(':')) return {};
      const std::string field = meminfo_field(key.substr(0, key.size() - 1));
      // Not a name for a metric: no line of the kernel's.
      if (field.empty() || !is_classic_metric_name(field)) return {};
      return {.index = builder.add(std::string(kPrefix) + field, {label}), .scale = field.starts_with("HugePages_") ? 1 : 1024.0};
    });
    const Result<std::string_view> pages = node.numastat.read();
    if (!pages) return std::unexpected(pages.error());
    node.pages.learn(*pages, [&](std::string_view key) -> KeyedLines::Column {
      // The catalogue is the list: a counter must not be taken for one of the gauges above.
      const std::string metric = std::string(kPrefix) + std::string(key) + "_total";
      const MetricInfo* info = find_metric(metric);
      return info && info->name == metric ? KeyedLines::Column{.index = builder.add(metric, {label})} : KeyedLines::Column{};
    });
    nodes_.push_back(std::move(node));
  }
  if (schema.size() == before) return failure("{} has no node with memory (node0 ...)", folder_);
  return {};
}

Result<Sampled> MeminfoNumaSource::sample(Row& row) {
  if (online() != described_online_) return Sampled::layout_changed;
  for (Node& node : nodes_) {
    // A node that cannot be read has gone, or describe() says what is wrong with it.
    const Result<std::string_view> memory = node.meminfo.read();
    if (!memory || node.memory.read(*memory, row) == Sampled::layout_changed) return Sampled::layout_changed;
    const Result<std::string_view> pages = node.numastat.read();
    if (!pages || node.pages.read(*pages, row) == Sampled::layout_changed) return Sampled::layout_changed;
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler
