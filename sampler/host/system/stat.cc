#include "sampler/host/system/stat.h"

namespace tacho::sampler {
namespace {

struct Total {
  std::string_view key;
  std::string_view metric;
};

constexpr Total kTotals[] = {
    {"intr", "node_intr_total"},       {"ctxt", "node_context_switches_total"}, {"btime", "node_boot_time_seconds"},
    {"processes", "node_forks_total"}, {"procs_running", "node_procs_running"}, {"procs_blocked", "node_procs_blocked"},
};

// CPUs come and go; that is no change of layout here.
std::string_view after_cpus(std::string_view text) {
  while (text.starts_with("cpu")) {
    std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  return text;
}

}  // namespace

Result<void> StatSource::describe(store::Schema& schema) {
  Result<std::string_view> text = stat_->text(seen_);
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  const std::size_t before = schema.size();
  lines_.learn(after_cpus(*text), [&](std::string_view key) -> KeyedLines::Column {
    for (const Total& total : kTotals) {
      if (total.key == key) return {.index = builder.add(total.metric)};
    }
    return {};
  });
  if (schema.size() == before) return failure("{} has none of the lines intr, ctxt, btime, processes", stat_->path());
  return {};
}

Result<Sampled> StatSource::sample(Row& row) {
  Result<std::string_view> text = stat_->text(seen_);
  if (!text) return std::unexpected(text.error());
  std::string_view totals = after_cpus(*text);
  // Cut before the totals: nothing was read, which is no reason to end their series.
  if (totals.empty()) return failure("{} ends before the line intr", stat_->path());
  return lines_.read(totals, row);
}

}  // namespace tacho::sampler
