#include "tools/config/prometheus_config.h"

#include <catch2/catch.hpp>

using namespace tacho;
using namespace tacho::tools;

TEST_CASE("status/config: external labels as a Thanos sidecar reads them, texts all of them") {
  Config config;
  CHECK(prometheus_config(config, 1000) == "global:\n  scrape_interval: 1s\n");
  config.external_labels = Labels{{"cluster", "eu1"}, {"replica", "7"}, {"odd", "a\"b: c"}};
  CHECK(prometheus_config(config, 500) ==
        "global:\n  scrape_interval: 500ms\n  external_labels:\n    cluster: \"eu1\"\n    odd: \"a\\\"b: c\"\n    replica: "
        "\"7\"\n");
  // And a reader finds them again.
  CHECK(prometheus_external_labels(prometheus_config(config, 500)) == config.external_labels);
  CHECK(prometheus_external_labels("global: {scrape_interval: 1s}\n")->empty());
  CHECK_FALSE(prometheus_external_labels("global: {external_labels: {a: [b]}}\n"));
  CHECK_FALSE(prometheus_external_labels("global: {external_labels"));
}
