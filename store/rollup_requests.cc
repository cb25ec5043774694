#include "store/rollup_requests.h"

#include <algorithm>
#include <unordered_set>

#include "proto/remote_write.h"

namespace tacho::store {
namespace {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view s) {
  std::size_t i = 0;
  while (i < s.size()) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = c >= 0xc2 && c <= 0xdf ? 1 : (c & 0xf0) == 0xe0 ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : 0;
    if (more == 0 || i + more >= s.size()) return false;
    const auto next = static_cast<unsigned char>(s[i + 1]);
    const unsigned least = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    const unsigned most = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (next < least || next > most) return false;
    for (std::size_t k = 2; k <= more; ++k) {
      if ((static_cast<unsigned char>(s[i + k]) & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

// Gathers one window's samples into requests.
class Packer {
 public:
  Packer(const RollupWindow& window, const RollupEncoding& encoding) : window_(window), encoding_(encoding) {}

  void add(Labels labels, double value) {
    for (const Label& l : encoding_.external_labels) {
      if (!labels.has(l.name)) labels.set(l.name, l.value);
    }
    if (!relabel(encoding_.relabel, labels)) return;
    if (!is_shippable(labels)) {
      ++out_.invalid;
      return;
    }
    // By hash alone: with 64 bits, two of a node's series collide once in some 10^12 windows, and the one is then
    // left out.
    if (!seen_.insert(labels.hash()).second) {
      ++out_.duplicates;
      return;
    }
    const Sample sample{window_.end, value};
    builder_.add(labels, {&sample, 1});
    if (builder_.sample_count() >= encoding_.samples_per_send_max) flush();
  }

  RollupRequests finish() {
    flush();
    return std::move(out_);
  }

 private:
  void flush() {
    const std::size_t samples = builder_.sample_count();
    if (samples == 0) return;
    out_.requests.push_back({builder_.finish(), samples});
    out_.samples += samples;
  }

  const RollupWindow& window_;
  const RollupEncoding& encoding_;
  WriteRequestBuilder builder_;
  std::unordered_set<std::uint64_t> seen_;
  RollupRequests out_;
};

void add_series(const SeriesView& series, const RollupWindow& window, Packer& packer) {
  for (const RollupSample& sample : rollup(series, window)) {
    Labels labels = series.labels();
    if (sample.which != Rollup::none) {
      labels.set(kMetricName, rollup_name(labels.metric_name(), sample.which, window.length_ms));
    }
    packer.add(std::move(labels), sample.value);
  }
}

void add_ratios(const Queryable& store, const RollupWindow& window, Packer& packer) {
  std::vector<GroupRows> groups = store.group_rows(window.range());
  for (GroupRows& before : store.group_rows(window.previous().range())) {
    const bool is_here = std::any_of(groups.begin(), groups.end(), [&](const GroupRows& g) { return g.group == before.group; });
    if (is_here) continue;
    before.rows = 0;
    groups.push_back(std::move(before));
  }
  for (const GroupRows& group : groups) {
    const double ratio = rows_ratio(group, window);
    if (ratio >= 0) packer.add(Labels::of(kRatioMetric, {{"source", group.group}}), ratio);
  }
}

}  // namespace

bool is_shippable(const Labels& labels) {
  if (!is_classic_metric_name(labels.metric_name())) return false;
  return std::all_of(labels.begin(), labels.end(),
                     [](const Label& l) { return is_classic_label_name(l.name) && is_utf8(l.value); });
}

Result<RollupRequests> encode_window(const Queryable& store, const RollupWindow& window, const RollupEncoding& encoding) {
  Packer packer(window, encoding);
  const TimeRange both{window.previous().begin() + 1, window.end};
  const auto selection = store.select({}, both, {});
  if (!selection) return std::unexpected(selection.error());
  for (const SeriesView& series : selection->series) add_series(series, window, packer);
  if (encoding.aliases != nullptr && !encoding.alias_sets.empty()) {
    const auto aliases = encoding.aliases->select_sets(encoding.alias_sets, both, {});
    if (!aliases) return std::unexpected(aliases.error());
    for (const SeriesView& series : aliases->series) add_series(series, window, packer);
  }
  add_ratios(store, window, packer);
  return packer.finish();
}

std::vector<RollupRequest> encode_metadata(const Queryable& store, const RollupEncoding& encoding, std::size_t per_send_max) {
  std::vector<RollupRequest> out;
  WriteRequestBuilder builder;
  std::size_t count = 0;
  const auto flush = [&] {
    if (count) out.push_back({builder.finish(), 0});
    count = 0;
  };
  std::vector<MetricMetadata> all = store.metadata();
  if (encoding.aliases != nullptr) {
    for (MetricMetadata& m : encoding.aliases->metadata_of_sets(encoding.alias_sets)) all.push_back(std::move(m));
  }
  for (const MetricMetadata& m : all) {
    if (!is_classic_metric_name(m.name) || !is_utf8(m.help) || !is_utf8(m.unit)) continue;
    builder.add_metadata(m.name, m.type, m.help, m.unit);
    if (++count >= per_send_max) flush();
  }
  flush();
  return out;
}

}  // namespace tacho::store
