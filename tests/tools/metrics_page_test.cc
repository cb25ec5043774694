#include "tools/terminal/metrics_page.h"

#include <catch2/catch.hpp>

#include "proto/base/file.h"
#include "sampler/aliases.h"
#include "sampler/host_options.h"

namespace tacho::tools {

TEST_CASE("docs/metrics.md is what the program says of its metrics") {
  const Result<std::string> page = read_file(TACHO_SOURCE_DIR "/docs/metrics.md");
  REQUIRE(page);
  INFO("tools/dev docs writes it anew");
  CHECK((*page == metrics_page()));
}

TEST_CASE("every alias is on the page") {
  const std::string page = metrics_page();
  const auto table = sampler::make_alias_table("");
  for (const std::string& set : table->sets()) CHECK(page.find("\n### " + set + "\n") != std::string::npos);
  for (const store::AliasRule& rule : table->rules()) {
    INFO(rule.name);
    CHECK(page.find("| `" + rule.name) != std::string::npos);
  }
}

TEST_CASE("every metric and every option is on the page") {
  const std::string page = metrics_page();
  for (const sampler::MetricInfo& metric : sampler::catalogue()) {
    INFO(metric.name);
    CHECK(page.find("`" + std::string(metric.name) + "`") != std::string::npos);
  }
  for (const sampler::HostOption& option : sampler::host_options()) {
    INFO(option.source << "." << option.key);
    CHECK(page.find("| `" + std::string(option.key) + "` |") != std::string::npos);
  }
}

}  // namespace tacho::tools
