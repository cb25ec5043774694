#include "sampler/catalogue.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>

#include "sampler/host_sources.h"

namespace tacho::sampler {
namespace {

TEST_CASE("every row of the catalogue says all there is to say, in one line") {
  for (const MetricInfo& metric : catalogue()) {
    INFO(metric.name);
    CHECK(is_classic_metric_name(metric.name.ends_with('*') ? metric.name.substr(0, metric.name.size() - 1) : metric.name));
    CHECK(metric.help.ends_with('.'));
    CHECK(metric.help.find('\n') == std::string_view::npos);
    CHECK_FALSE(metric.source.empty());
    CHECK_FALSE(metric.collector.empty());
    CHECK(metric.default_interval_ms >= 0);
    CHECK((metric.rollup == store::Rollup::none) == metric.rollup_reason.empty());
    // A counter's last value says all; its peaks are rate()'s business.
    if (metric.type == MetricType::counter) {
      CHECK((metric.name.ends_with("_total") || metric.name.ends_with('*')));
      CHECK(metric.rollup == store::Rollup::none);
    }
    if (!metric.unit.empty()) CHECK(metric.name.find(metric.unit) != std::string_view::npos);
  }
}

TEST_CASE("a metric is found by its name, a kernel's own counter by the name's beginning") {
  REQUIRE(find_metric("node_load1"));
  CHECK(find_metric("node_load1")->rollup == store::Rollup::max);
  CHECK(find_metric("node_vmstat_pgfault")->help != find_metric("node_vmstat_pgfault_x")->help);
  CHECK(find_metric("node_vmstat_pgfault_x")->name == "node_vmstat_*");
  CHECK(find_metric("node_no_such_thing") == nullptr);
  CHECK(find_metric("tacho_source_up"));
}

TEST_CASE("a schema takes type and rollup from the catalogue, and a series only once") {
  store::Schema schema{{.labels = Labels::of("another_source")}};
  SchemaBuilder builder(schema);
  CHECK(builder.add("node_disk_io_now", {{"device", "vda"}}) == 0);
  CHECK(builder.add("node_disk_io_now", {{"device", "vda"}}) == kNoColumn);
  CHECK(builder.add("node_disk_info", {{"device", "vda"}, {"serial", ""}}) == 1);
  REQUIRE(schema.size() == 3);
  CHECK(schema[1].type == MetricType::gauge);
  CHECK(schema[1].rollup == store::Rollup::max);
  CHECK(schema[2].labels.to_string() == R"(node_disk_info{device="vda"})");
}

TEST_CASE("a metric that is not in the catalogue stops the process") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    ::close(STDERR_FILENO);
    store::Schema schema;
    SchemaBuilder(schema).add("node_made_up_total");
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("the host's sources have names that can be group names and label values, each its own") {
  std::set<std::string_view> names;
  const auto sources = make_host_sources({});
  for (const auto& source : sources) {
    CHECK(names.insert(source->name()).second);
    for (char c : source->name()) CHECK((std::islower(static_cast<unsigned char>(c)) || std::isdigit(c) || c == '_'));
  }
}

}  // namespace
}  // namespace tacho::sampler
