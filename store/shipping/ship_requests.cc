#include "store/shipping/ship_requests.h"

#include <algorithm>

#include "proto/base/utf8.h"
#include "proto/remote_write.h"
#include "proto/remote_write_v2.h"

namespace tacho::store {
namespace {

// The samples of one series, from `begin` on.
std::size_t end_of_series(const ShippedWindow& window, RequestCut cut) {
  std::size_t end = cut.begin + 1;
  while (end < cut.end && window.samples[end].continued) ++end;
  return end;
}

}  // namespace

MetricBook::MetricBook(std::vector<MetricMetadata> all) : all_(std::move(all)) {
  for (std::size_t i = 0; i < all_.size(); ++i) by_name_.emplace(all_[i].name, i);
}

const MetricMetadata* MetricBook::find(std::string_view metric) const {
  auto at = by_name_.find(metric);
  if (at == by_name_.end()) at = by_name_.find(metric.substr(0, metric.rfind(':')));
  return at == by_name_.end() ? nullptr : &all_[at->second];
}

std::vector<RequestCut> cut_window(const ShippedWindow& window, std::size_t samples_max) {
  std::vector<RequestCut> out;
  for (std::size_t at = 0; at < window.samples.size(); at += samples_max)
    out.push_back({at, std::min(window.samples.size(), at + samples_max)});
  return out;
}

std::string encode_samples(const ShippedWindow& window, RequestCut cut, WriteVersion version, const MetricBook* book) {
  WriteRequestBuilder v1;
  WriteRequestV2Builder v2;
  std::vector<Sample> samples;
  for (std::size_t at = cut.begin; at < cut.end;) {
    const std::size_t end = end_of_series(window, {at, cut.end});
    // A request may begin within a series.
    std::size_t named = at;
    while (window.samples[named].continued) --named;
    const ShippedSample& first = window.samples[named];
    samples.clear();
    for (; at < end; ++at) samples.push_back({window.samples[at].t, window.samples[at].value});
    if (version == WriteVersion::v1) {
      v1.add(first.labels, samples);
      continue;
    }
    WriteRequestV2Builder::About about{.type = first.type};
    if (const MetricMetadata* known = book ? book->find(first.labels.metric_name()) : nullptr;
        known && is_utf8(known->help) && is_utf8(known->unit)) {
      about.help = known->help;
      about.unit = known->unit;
    }
    v2.add(first.labels, samples, about, first.start);
  }
  return version == WriteVersion::v1 ? v1.finish() : v2.finish();
}

std::vector<std::string> encode_metadata(const std::vector<MetricMetadata>& all, std::size_t per_send_max) {
  std::vector<std::string> out;
  WriteRequestBuilder builder;
  std::size_t count = 0;
  const auto flush = [&] {
    if (count) out.push_back(builder.finish());
    count = 0;
  };
  for (const MetricMetadata& m : all) {
    if (!is_classic_metric_name(m.name) || !is_utf8(m.help) || !is_utf8(m.unit)) continue;
    builder.add_metadata(m.name, m.type, m.help, m.unit);
    if (++count >= per_send_max) flush();
  }
  flush();
  return out;
}

std::vector<std::pair<std::string, std::string>> write_headers(WriteVersion version) {
  return version == WriteVersion::v1 ? remote_write_headers() : remote_write_v2_headers();
}

}  // namespace tacho::store
