// buildinfo, runtimeinfo, tsdb, flags, config.
#include <unistd.h>

#include <algorithm>
#include <map>
#include <thread>

#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "query/api/handlers.h"

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

void write_count(JsonText& out, std::string_view key, std::uint64_t value) {
  out.raw(key);
  out.integer(static_cast<std::int64_t>(value));
}

void write_group(JsonText& out, const store::GroupStatus& g) {
  out.raw(R"({"group":)");
  out.string(g.group);
  write_count(out, R"(,"intervalMs":)", static_cast<std::uint64_t>(g.interval_ms));
  write_count(out, R"(,"series":)", g.series);
  write_count(out, R"(,"generations":)", g.generations);
  write_count(out, R"(,"rows":)", g.rows);
  write_count(out, R"(,"samples":)", g.samples);
  write_count(out, R"(,"minTime":)", static_cast<std::uint64_t>(g.oldest));
  write_count(out, R"(,"maxTime":)", static_cast<std::uint64_t>(g.newest));
  write_count(out, R"(,"blockBytes":)", g.ring_bytes);
  write_count(out, R"(,"blockSamples":)", g.ring_samples);
  out.raw('}');
}

// Ours, beyond what Prometheus says: how dense and how long the window is. What is kept in a ring tells more.
void write_window(JsonText& out, const store::WindowStatus& w) {
  if (w.budget_bytes > 0 || w.bytes_per_sample > 0) {
    out.raw(R"(,"bytesPerSample":)");
    out.number(w.bytes_per_sample);
  }
  out.raw(R"(,"windowSeconds":)");
  out.number(w.window_seconds);
  write_count(out, R"(,"seriesCount":)", w.series);
  if (w.live) {
    write_count(out, R"(,"liveSeriesCount":)", w.live->live);
    write_count(out, R"(,"liveSeriesLimit":)", w.live->max);
    write_count(out, R"(,"refusedSeriesCount":)", w.live->refused);
    write_count(out, R"(,"createdSeriesCount":)", w.live->created_total);
    write_count(out, R"(,"removedSeriesCount":)", w.live->removed_total);
  }
  if (w.budget_bytes == 0) return;
  write_count(out, R"(,"sampleCount":)", w.samples);
  write_count(out, R"(,"budgetBytes":)", w.budget_bytes);
  write_count(out, R"(,"blockBytes":)", w.block_bytes);
  write_count(out, R"(,"schemaBytes":)", w.schema_bytes);
  out.raw(R"(,"fullWindowSeconds":)");
  out.number(w.full_window_seconds);
  if (w.recovery) {
    write_count(out, R"(,"recoveredRows":)", w.recovery->recovered_rows);
    write_count(out, R"(,"damagedBlocks":)", w.recovery->damaged_blocks);
    write_count(out, R"(,"lostRows":)", w.recovery->lost_rows);
  }
  out.raw(R"(,"groups":[)");
  bool first = true;
  for (const store::GroupStatus& g : w.groups) {
    if (!std::exchange(first, false)) out.raw(',');
    write_group(out, g);
  }
  out.raw(']');
}

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
  const store::WindowStatus status = c.store.status();
  return api_success_json([&](JsonText& out) {
    out.raw(R"({"headStats":{"numSeries":)");
    out.integer(static_cast<std::int64_t>(status.series));
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
    write_window(out, status);
    out.raw('}');
  });
}

// Of Prometheus's, what a node has: nothing of Go's runtime.
ApiResult<std::string> answer_runtimeinfo(const ApiContext& c, const HttpRequest&) {
  const store::WindowStatus status = c.store.status();
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return api_success_json([&](JsonText& out) {
    const auto time = [&out](std::string_view key, TimeMs t) {
      std::string text;
      append_rfc3339(text, t);
      out.raw(key);
      out.string(text);
    };
    time(R"({"startTime":)", c.started);
    out.raw(R"(,"hostname":)");
    out.string(host);
    time(R"(,"serverTime":)", c.now);
    out.raw(R"(,"reloadConfigSuccess":true)");
    time(R"(,"lastConfigTime":)", c.started);
    write_count(out, R"(,"corruptionCount":)", status.recovery ? status.recovery->damaged_blocks : 0);
    write_count(out, R"(,"GOMAXPROCS":)", std::thread::hardware_concurrency());
    out.raw(R"(,"storageRetention":)");
    out.string(format_duration(static_cast<std::int64_t>(status.window_seconds) * 1000));
    out.raw('}');
  });
}

ApiResult<std::string> answer_flags(const ApiContext& c, const HttpRequest&) {
  return api_success_json([&c](JsonText& out) {
    // Of Prometheus's flags, those that clients read to learn the limits.
    const EngineOptions& e = c.options.engine;
    out.raw(R"({"query.lookback-delta":)");
    out.string(format_duration(e.lookback_ms));
    out.raw(R"(,"query.max-concurrency":)");
    out.string(std::to_string(c.options.concurrency));
    out.raw(R"(,"query.max-samples":)");
    out.string(std::to_string(e.samples_max));
    out.raw(R"(,"query.timeout":)");
    out.string(format_duration(e.timeout_ms));
    out.raw(R"(,"storage.remote.read-sample-limit":)");
    out.string(std::to_string(e.samples_max));
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
