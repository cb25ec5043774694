// tacho ship: a stretch of seconds to long-term storage, now and once, under the label resolution="1s".
#include <algorithm>
#include <cstdio>

#include "query/engine/engine.h"
#include "store/shipping/ship_once.h"
#include "tools/answers/catalogue_metadata.h"
#include "tools/answers/data.h"
#include "tools/config/endpoints.h"
#include "tools/terminal/progress.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {
namespace {

constexpr std::int64_t kStretchMs = 60'000;  // what is held in memory at a time

Result<std::size_t> ship_to(const RemoteWriteConfig& endpoint, const store::Queryable& data,
                            std::span<const store::Matcher> matchers, store::TimeRange range, const ShipOptions& options) {
  auto transport = store::HttpTransport::create(endpoint.endpoint);
  if (!transport) return std::unexpected(transport.error());
  const store::MetricBook book(catalogue_metadata());
  store::ShipOnceOptions once{.version = endpoint.shipper.version,
                              .samples_per_send_max = endpoint.shipper.samples_per_send_max,
                              .samples_per_second = options.samples_per_second};
  std::size_t samples = 0;
  std::size_t left_out = 0;
  Progress progress("sending to " + endpoint.name);
  for (TimeMs from = range.min; from <= range.max; from += kStretchMs) {
    const store::TimeRange part{from, std::min(range.max, from + kStretchMs - 1)};
    const auto window = store::make_raw_window(data, matchers, part, endpoint.shipper.rules);
    if (!window) return std::unexpected(window.error());
    left_out += window->invalid + window->duplicates;
    const auto sent = store::ship_once(*window, &book, **transport, system_clock(), once);
    if (!sent) return std::unexpected(sent.error());
    once.version = sent->version;
    samples += sent->samples;
    progress.advance(static_cast<std::uint64_t>(part.max - range.min) + 1, static_cast<std::uint64_t>(range.max - range.min) + 1);
    if (sent->refused > 0)
      return failure("{} samples were sent, then the receiver refused {}: {}", samples, sent->refused, sent->refusal);
  }
  progress.clear();
  if (left_out > 0)
    std::fprintf(stderr,
                 "tacho: %s: %zu samples are left out: no receiver takes their labels, or relabeling made them those of others\n",
                 endpoint.name.c_str(), left_out);
  return samples;
}

Result<int> ship_all(const ShipOptions& options) {
  const auto config = load_endpoints(options.config, options.endpoint);
  if (!config) return std::unexpected(config.error());
  std::vector<store::Matcher> matchers;
  if (!options.matcher.empty()) {
    auto parsed = query::parse_matchers(options.matcher);
    if (!parsed) return failure("{}", parsed.error().message);
    matchers = std::move(*parsed);
  }
  const auto data = open_data(options.data);
  if (!data) return std::unexpected(data.error());
  const TimeMs end = options.at.value_or(newest_time(**data, options.data));
  int exit_code = 0;
  for (const RemoteWriteConfig& endpoint : *config) {
    const auto sent = ship_to(endpoint, **data, matchers, {end - options.last_ms + 1, end}, options);
    if (!sent) {
      std::fprintf(stderr, "tacho: %s: %s\n", endpoint.name.c_str(), sent.error().message.c_str());
      exit_code = 1;
    } else {
      std::printf("%s: %zu samples, under the label resolution=\"1s\"\n", endpoint.name.c_str(), *sent);
      if (*sent == 0) exit_code = 1;
    }
  }
  return exit_code;
}

}  // namespace

int ship(const ShipOptions& options) {
  const auto done = ship_all(options);
  return done ? *done : fail(done.error());
}

}  // namespace tacho::tools
