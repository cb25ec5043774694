#include "sampler/scrape/series_labels.h"

#include <algorithm>

#include "proto/exposition.h"

namespace tacho::sampler {
namespace {

const Label* find(const std::vector<Label>& labels, std::string_view name) {
  const auto at = std::find_if(labels.begin(), labels.end(), [&](const Label& l) { return l.name == name; });
  return at == labels.end() ? nullptr : &*at;
}

// The page's own labels win, also empty ones: that is how a page says that a series has no instance.
Labels honored(const std::vector<Label>& exposed, const Labels& target) {
  Labels out{std::vector<Label>(exposed)};
  for (const Label& l : target) {
    if (find(exposed, l.name) == nullptr) out.set(l.name, l.value);
  }
  return out;
}

// The target's labels win; the shortest of the names that clash are renamed first, as Prometheus orders them.
Labels exported(const std::vector<Label>& exposed, const Labels& target) {
  Labels out{std::vector<Label>(exposed)};
  std::vector<Label> clashing;
  for (const Label& l : target) {
    if (const std::string_view own = out.get(l.name); !own.empty()) clashing.push_back({l.name, std::string(own)});
    out.set(l.name, l.value);
  }
  std::stable_sort(clashing.begin(), clashing.end(),
                   [](const Label& a, const Label& b) { return a.name.size() < b.name.size(); });
  for (const Label& l : clashing) {
    std::string name = "exported_" + l.name;
    while (out.has(name)) name.insert(0, "exported_");
    out.set(name, l.value);
  }
  return out;
}

std::optional<ScrapeFailure> over_limit(const Labels& labels, const ScrapeLimits& limits) {
  const auto failed = [&](std::string_view what, std::size_t has, std::size_t limit) {
    return ScrapeFailure{ScrapeFault::label_limit,
                         fmt::format("{}: {} {}, the limit is {}", labels.to_string(), what, has, limit)};
  };
  if (limits.labels > 0 && labels.size() > limits.labels)
    return failed("has more labels than label_limit:", labels.size(), limits.labels);
  for (const Label& l : labels) {
    if (limits.label_name_bytes > 0 && l.name.size() > limits.label_name_bytes)
      return failed("has a longer label name than label_name_length_limit:", l.name.size(), limits.label_name_bytes);
    if (limits.label_value_bytes > 0 && l.value.size() > limits.label_value_bytes)
      return failed("has a longer label value than label_value_length_limit:", l.value.size(), limits.label_value_bytes);
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::optional<Labels>, ScrapeFailure> labels_of_series(std::string_view series, const ScrapeTarget& target) {
  const auto exposed = parse_series_labels(series);
  if (!exposed) return std::unexpected(ScrapeFailure{ScrapeFault::text, exposed.error().message});
  Labels labels = target.honor_labels ? honored(*exposed, target.labels) : exported(*exposed, target.labels);
  if (!store::relabel(target.metric_relabel, labels) || labels.empty()) return std::nullopt;
  if (labels.metric_name().empty())
    return std::unexpected(ScrapeFailure{
        ScrapeFault::relabel, fmt::format("{}: metric_relabel_configs leave no metric name ({})", series, labels.to_string())});
  if (auto over = over_limit(labels, target.limits)) return std::unexpected(std::move(*over));
  return labels;
}

}  // namespace tacho::sampler
