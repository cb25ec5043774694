// buildinfo, tsdb, flags, config.
#include <algorithm>
#include <map>

#include "query/api_handlers.h"

namespace tacho::query {
namespace {

// Clients do not ask who we are but what we can do: Grafana and Thanos compare this version to decide, for one,
// whether the label end points take match[] (since 2.24), and take anything lower for a server without. So it names
// the Prometheus whose API and PromQL these are; tacho's own version is the revision. There is no "features" key:
// Grafana takes that for Mimir.
constexpr std::string_view kApiVersion = "3.0.0";

using Counts = std::vector<std::pair<std::string, std::size_t>>;

// The largest first, at most `limit`.
Counts largest(const std::map<std::string, std::size_t>& counts, std::size_t limit) {
  Counts out(counts.begin(), counts.end());
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (out.size() > limit) out.resize(limit);
  return out;
}

void write_counts(JsonText& out, std::string_view key, const std::map<std::string, std::size_t>& counts, std::size_t limit) {
  out.raw(key);
  out.raw('[');
  bool first = true;
  for (const auto& [name, value] : largest(counts, limit)) {
    if (!std::exchange(first, false)) out.raw(',');
    out.raw(R"({"name":)");
    out.string(name);
    out.raw(R"(,"value":)");
    out.integer(static_cast<std::int64_t>(value));
    out.raw('}');
  }
  out.raw(']');
}

// What the label sets of all series add up to.
struct Cardinality {
  std::map<std::string, std::size_t> series_by_metric, values_by_label, bytes_by_label, series_by_pair;

  explicit Cardinality(const std::vector<Labels>& series) {
    for (const Labels& labels : series) {
      ++series_by_metric[std::string(labels.metric_name())];
      for (const Label& l : labels) {
        if (++series_by_pair[l.name + "=" + l.value] > 1) continue;
        ++values_by_label[l.name];
        bytes_by_label[l.name] += l.value.size();
      }
    }
  }
};

}  // namespace

ApiResult<std::string> answer_buildinfo(const ApiContext&, const HttpRequest&) {
  return api_success_json([](JsonText& out) {
    out.raw(R"({"version":)");
    out.string(kApiVersion);
    out.raw(R"(,"revision":)");
    out.string("tacho " TACHO_VERSION);
    out.raw(R"(,"branch":"","buildUser":"","buildDate":"","goVersion":""})");
  });
}

ApiResult<std::string> answer_tsdb(const ApiContext& c, const HttpRequest& r) {
  const auto asked = limit_param(r);
  if (!asked) return std::unexpected(asked.error());
  const std::size_t limit = *asked == 0 ? 10 : *asked;
  const store::TimeRange bounds = c.store.bounds();
  const auto series = c.store.series({}, bounds);
  if (!series) return std::unexpected(ApiError{series.error().message, "execution", 422});
  const Cardinality counted(*series);
  const bool has_status = static_cast<bool>(c.options.tsdb_status);
  TsdbStatus status;
  if (has_status) {
    status = c.options.tsdb_status();
  } else {
    status.series_count = series->size();
    status.window_seconds = bounds.empty() ? 0 : static_cast<double>(bounds.max - bounds.min) / 1000;
  }
  return api_success_json([&](JsonText& out) {
    out.raw(R"({"headStats":{"numSeries":)");
    out.integer(static_cast<std::int64_t>(status.series_count));
    out.raw(R"(,"numLabelPairs":)");
    out.integer(static_cast<std::int64_t>(counted.series_by_pair.size()));
    out.raw(R"(,"chunkCount":0,"minTime":)");
    out.integer(bounds.empty() ? 0 : bounds.min);
    out.raw(R"(,"maxTime":)");
    out.integer(bounds.empty() ? 0 : bounds.max);
    write_counts(out, R"(},"seriesCountByMetricName":)", counted.series_by_metric, limit);
    write_counts(out, R"(,"labelValueCountByLabelName":)", counted.values_by_label, limit);
    write_counts(out, R"(,"memoryInBytesByLabelName":)", counted.bytes_by_label, limit);
    write_counts(out, R"(,"seriesCountByLabelValuePair":)", counted.series_by_pair, limit);
    // Ours: how dense and how long the window is.
    if (has_status) {
      out.raw(R"(,"bytesPerSample":)");
      out.number(status.bytes_per_sample);
    }
    out.raw(R"(,"windowSeconds":)");
    out.number(status.window_seconds);
    out.raw(R"(,"seriesCount":)");
    out.integer(static_cast<std::int64_t>(status.series_count));
    if (status.budget_bytes > 0) {
      out.raw(R"(,"budgetBytes":)");
      out.integer(static_cast<std::int64_t>(status.budget_bytes));
    }
    out.raw('}');
  });
}

ApiResult<std::string> answer_flags(const ApiContext& c, const HttpRequest&) {
  return api_success_json([&c](JsonText& out) {
    // Of Prometheus's flags, those that clients read to learn the limits.
    const EngineOptions& e = c.options.engine;
    out.raw(R"({"query.lookback-delta":)");
    out.string(fmt::format("{}s", e.lookback_ms / 1000));
    out.raw(R"(,"query.max-samples":)");
    out.string(std::to_string(e.samples_max));
    out.raw(R"(,"query.timeout":)");
    out.string(fmt::format("{}s", e.timeout_ms / 1000));
    out.raw('}');
  });
}

ApiResult<std::string> answer_config(const ApiContext& c, const HttpRequest&) {
  return api_success_json([&c](JsonText& out) {
    out.raw(R"({"yaml":)");
    out.string(c.options.config_yaml);
    out.raw('}');
  });
}

}  // namespace tacho::query
