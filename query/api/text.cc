// /metrics and /federate: the newest samples as exposition text.
#include <algorithm>
#include <map>

#include "proto/exposition.h"
#include "query/api/handlers.h"

namespace tacho::query {
namespace {

struct Newest {
  const store::SeriesInfo* info;
  std::string_view family;
  Sample sample;
};

// The newest sample of every series that matches, unless the series has ended; and what keeps them alive. Families
// stand together; a series that several selectors match is there once.
struct NewestSamples {
  std::vector<store::Selection> owners;
  std::vector<Newest> list;
};

tacho::Result<NewestSamples> newest_samples(const ApiContext& c, const MatcherSets& sets, std::span<const std::string> alias_sets,
                                            TextFormat format) {
  NewestSamples out;
  const store::TimeRange range{c.now - c.options.engine.lookback_ms + 1, c.now};
  const store::SelectLimits limits{.samples_max = c.options.engine.samples_max, .newest = true};
  const auto add = [&](tacho::Result<store::Selection> selected) -> tacho::Result<void> {
    if (!selected) return std::unexpected(selected.error());
    for (const store::SeriesView& s : selected->series) {
      if (is_stale(s.values.back())) continue;
      out.list.push_back(
          {s.info, family_name(s.labels().metric_name(), s.info->type, format), {s.times.back(), s.values.back()}});
    }
    out.owners.push_back(std::move(*selected));
    return {};
  };
  for (const auto& matchers : sets) {
    if (auto ok = add(c.store.select(matchers, range, limits)); !ok) return std::unexpected(ok.error());
  }
  if (!alias_sets.empty()) {
    if (auto ok = add(c.options.aliases->select_sets(alias_sets, range, limits)); !ok) return std::unexpected(ok.error());
  }
  std::sort(out.list.begin(), out.list.end(), [](const Newest& a, const Newest& b) {
    return a.family != b.family ? a.family < b.family : a.info->labels < b.info->labels;
  });
  const auto same = [](const Newest& a, const Newest& b) { return a.info->labels == b.info->labels; };
  out.list.erase(std::unique(out.list.begin(), out.list.end(), same), out.list.end());
  return out;
}

HttpResponse text_response(TextFormat format, std::string body) {
  const auto type = format == TextFormat::openmetrics ? kOpenMetricsContentType : kPrometheusContentType;
  return {.content_type = std::string(type), .body = std::move(body)};
}

HttpResponse plain_error(int status, std::string sentence) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(sentence) + "\n"};
}

// Help and unit of a family, whether the store knows it by its metric's name or by its OpenMetrics family's.
class MetadataIndex {
 public:
  explicit MetadataIndex(std::vector<store::MetricMetadata> all) {
    for (store::MetricMetadata& m : all) by_name_.emplace(m.name, std::move(m));
  }
  const store::MetricMetadata& find(const Newest& n) const {
    static const store::MetricMetadata kNone;
    const std::string_view metric = n.info->labels.metric_name();
    for (const std::string_view name : {metric, n.family, family_name(metric, n.info->type, TextFormat::openmetrics)}) {
      if (const auto at = by_name_.find(name); at != by_name_.end()) return at->second;
    }
    return kNone;
  }

 private:
  std::map<std::string, store::MetricMetadata, std::less<>> by_name_;
};

std::string write_text(const NewestSamples& newest, TextFormat format, const MetadataIndex& metadata, bool with_times,
                       const Labels& external) {
  std::string out;
  ExpositionWriter writer(format, out);
  std::string_view family;
  for (const Newest& n : newest.list) {
    if (n.family != family) {
      family = n.family;
      const store::MetricMetadata& m = metadata.find(n);
      writer.begin(n.info->labels.metric_name(), n.info->type, m.help, m.unit);
    }
    writer.sample(external.empty() ? n.info->labels : with_external_labels(n.info->labels, external), n.sample.v,
                  with_times ? std::optional(n.sample.t) : std::nullopt);
  }
  writer.finish();
  return out;
}

HttpResponse answer_text(const ApiContext& c, const HttpRequest& r, const MatcherSets& sets, bool with_times,
                         std::span<const std::string> alias_sets, const Labels& external) {
  const TextFormat format = negotiate_format(r.header("Accept"));
  const auto newest = newest_samples(c, sets, alias_sets, format);
  if (!newest) return plain_error(500, newest.error().message);
  return text_response(format, write_text(*newest, format, MetadataIndex(c.store.metadata()), with_times, external));
}

}  // namespace

// Without timestamps, as exporters answer: the scraping Prometheus stamps them and marks what disappears as stale.
HttpResponse answer_metrics(const ApiContext& c, const HttpRequest& r) {
  const auto alias_sets = alias_sets_param(r, c.options.aliases);
  if (!alias_sets) return plain_error(400, alias_sets.error().message);
  return answer_text(c, r, {{}}, false, *alias_sets, {});
}

HttpResponse answer_federate(const ApiContext& c, const HttpRequest& r) {
  const auto sets = match_params(r);
  if (!sets) return plain_error(400, sets.error().message);
  return answer_text(c, r, *sets, true, {}, c.options.external_labels);
}

}  // namespace tacho::query
