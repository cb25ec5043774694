#include "tools/answers/snapshot_source.h"

#include <algorithm>

#include "query/engine/engine.h"
#include "store/metric_types.h"
#include "tools/answers/data.h"
#include "tools/answers/remote.h"
#include "tools/config/config.h"

namespace tacho::tools {
namespace {

// Left-open, like a range in PromQL: --last 1m is sixty seconds.
store::TimeRange range_before(TimeMs end, const SnapshotOptions& o) { return {end - o.last_ms + 1, end}; }

Result<std::vector<store::Matcher>> matchers_of(const SnapshotOptions& o) {
  if (o.matcher.empty()) return std::vector<store::Matcher>{};
  auto parsed = query::parse_matchers(o.matcher);
  if (!parsed) return failure("{}", parsed.error().message);
  return std::move(*parsed);
}

Result<SnapshotSource> from_files(const SnapshotOptions& o, std::span<const store::Matcher> matchers) {
  auto data = open_data_of(o.data);
  if (!data) return std::unexpected(data.error());
  SnapshotSource out;
  out.frame.origin = data->origin;
  const TimeMs end = o.at.value_or(newest_time(*data->store, o.data));
  out.frame.origin.range = range_before(end, o);
  auto selection = data->store->select(matchers, out.frame.origin.range, {});
  if (!selection) return std::unexpected(selection.error());
  out.selection = std::move(*selection);
  out.frame.metadata = data->store->metadata();
  out.frame.groups = data->store->group_times(out.frame.origin.range);
  return out;
}

// Answered series, and the labels in the form that the store has them.
struct Answered {
  std::vector<ReadSeries> read;
  std::vector<store::SeriesInfo> infos;
};

Result<void> check_times(const ReadSeries& s, store::TimeRange range) {
  const bool ordered = std::ranges::adjacent_find(s.times, std::ranges::greater_equal()) == s.times.end();
  if (s.times.empty() || !ordered || s.times.front() < range.min || s.times.back() > range.max)
    return failure("samples of {} are not in order, or outside the range asked for", s.labels.to_string());
  return {};
}

// A server adds its external labels to what is read; the snapshot tells them by themselves, as the node itself keeps them. Where two
// series differ in nothing else, they stay.
void strip_external(std::vector<ReadSeries>& read, const Labels& external) {
  if (external.empty()) return;
  std::vector<Labels> without;
  for (const ReadSeries& s : read) {
    Labels& l = without.emplace_back(s.labels);
    for (const Label& e : external) {
      if (l.get(e.name) == e.value) l.erase(e.name);
    }
  }
  std::vector<Labels> sorted = without;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) return;
  for (std::size_t i = 0; i < read.size(); ++i) read[i].labels = std::move(without[i]);
}

Result<store::Selection> selection_of(std::vector<ReadSeries> read, store::TimeRange range,
                                      const std::vector<store::MetricMetadata>& metadata) {
  const auto owner = std::make_shared<Answered>();
  std::ranges::sort(read, {}, &ReadSeries::labels);
  owner->read = std::move(read);
  const store::MetricTypes types(metadata);
  for (const ReadSeries& s : owner->read) {
    if (auto ok = check_times(s, range); !ok) return std::unexpected(ok.error());
    owner->infos.push_back({s.labels, types.of(s.labels.metric_name())});
  }
  store::Selection out;
  for (std::size_t i = 0; i < owner->read.size(); ++i) {
    if (i > 0 && owner->read[i].labels == owner->read[i - 1].labels)
      return failure("{} is answered twice", owner->read[i].labels.to_string());
    out.series.push_back({&owner->infos[i], owner->read[i].times, owner->read[i].values});
    out.samples += owner->read[i].times.size();
  }
  out.owner = owner;
  return out;
}

// The one that the node's samples name; a server of several nodes' samples has no one name.
std::string host_of(const store::Selection& node) {
  std::string host;
  for (const store::SeriesView& s : node.series) {
    const std::string_view name = s.labels().get("nodename");
    if (!host.empty() && host != name) return "";
    host = name;
  }
  return host;
}

// An instant's only value.
Result<double> ask_number(const std::string& url, const std::string& expr) {
  const auto body = ask(url, "/api/v1/query", {{"query", expr}});
  if (!body) return std::unexpected(body.error());
  const auto answer = parse_answer(*body);
  if (!answer) return std::unexpected(answer.error());
  if (answer->series.size() != 1 || answer->series[0].points.empty()) return failure("{} does not answer {}", url, expr);
  return answer->series[0].points.back().v;
}

Result<store::Selection> read_selection(const std::string& url, const ReadQuery& query, const Labels& external,
                                        const std::vector<store::MetricMetadata>& metadata) {
  auto read = ask_samples(url, query);
  if (!read) return std::unexpected(read.error());
  strip_external(*read, external);
  auto selection = selection_of(std::move(*read), {query.start, query.end}, metadata);
  if (!selection) return failure("{} says: {}", url, selection.error());
  return selection;
}

Result<SnapshotSource> from_server(const SnapshotOptions& o, std::span<const store::Matcher> matchers) {
  const std::string& url = *o.data.url;
  SnapshotSource out;
  TimeMs end = 0;
  if (o.at) {
    end = *o.at;
  } else {
    const auto now = ask_number(url, "time()");  // by its clock
    if (!now) return std::unexpected(now.error());
    end = static_cast<TimeMs>(*now * 1000);
  }
  out.frame.origin.range = range_before(end, o);
  const auto config = ask(url, "/api/v1/status/config", {});
  auto external = config ? parse_config_answer(*config) : std::unexpected(config.error());
  if (!external) return std::unexpected(external.error());
  const auto told = ask(url, "/api/v1/metadata", {});
  auto metadata = told ? parse_metadata_answer(*told) : std::unexpected(told.error());
  if (!metadata) return std::unexpected(metadata.error());

  ReadQuery query{out.frame.origin.range.min, out.frame.origin.range.max, {}};
  for (const store::Matcher& m : matchers) query.matchers.push_back({static_cast<ReadMatcher::Op>(m.op()), m.label(), m.value()});
  if (query.matchers.empty()) query.matchers.push_back({ReadMatcher::Op::not_equal, std::string(kMetricName), ""});
  auto selection = read_selection(url, query, *external, *metadata);
  if (!selection) return std::unexpected(selection.error());
  const ReadQuery who{end - 300'000, end, {{ReadMatcher::Op::equal, std::string(kMetricName), "node_uname_info"}}};
  if (const auto node = read_selection(url, who, *external, *metadata)) out.frame.origin.host = host_of(*node);
  out.selection = std::move(*selection);
  out.frame.metadata = std::move(*metadata);
  out.frame.origin.external_labels = std::move(*external);
  return out;
}

}  // namespace

Result<SnapshotSource> read_snapshot_source(const SnapshotOptions& o) {
  const auto matchers = matchers_of(o);
  if (!matchers) return std::unexpected(matchers.error());
  auto out = o.data.url ? from_server(o, *matchers) : from_files(o, *matchers);
  if (!out) return out;
  if (o.config) {
    auto config = load_config(*o.config);
    if (!config) return std::unexpected(config.error());
    out->frame.origin.external_labels = std::move(config->external_labels);
  }
  out->frame.origin.tacho = TACHO_VERSION;
  return out;
}

}  // namespace tacho::tools
