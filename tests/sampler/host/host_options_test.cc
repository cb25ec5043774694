#include "sampler/host_options.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "sampler/host_sources.h"
#include "sampler/once.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

// Of all samples of a metric the values of one label.
std::set<std::string> values_of(const Machine& machine, const HostOptions& options, std::string_view metric,
                                std::string_view label) {
  const auto sources = make_host_sources(machine.roots(), options);
  std::set<std::string> values;
  for (const Family& family : sample_once(sources).families) {
    if (family.name != metric) continue;
    for (const auto& [labels, value] : family.samples) values.emplace(labels.get(label));
  }
  return values;
}

HostOptions with(std::string_view source, std::string_view key, const std::string& value) {
  HostOptions options;
  REQUIRE(options.set(source, key, value));
  return options;
}

}  // namespace

TEST_CASE("every option belongs to a source there is and its default can be set") {
  const auto sources = make_host_sources({});
  for (const HostOption& option : host_options()) {
    INFO(option.source << "." << option.key);
    CHECK(std::any_of(sources.begin(), sources.end(), [&](const auto& s) { return s->name() == option.source; }));
    CHECK(HostOptions{}.set(option.source, option.key, std::string(option.fallback)));
    CHECK_FALSE(option.help.empty());
  }
}

TEST_CASE("an option that is not there names those that are") {
  HostOptions options;
  CHECK(options.set("netstat", "field", "x").error().message == "source netstat has no option field; it has fields");
  CHECK(options.set("cpu", "field", "x").error().message == "source cpu has no option field");
  CHECK(options.set("cgroup", "cgroups_max", "0").error().message == "cgroups_max must be a whole number above 0, not \"0\"");
  CHECK(options.set("netclass", "ignore_invalid_speed", "1").error().message ==
        "ignore_invalid_speed must be true or false, not \"1\"");
}

TEST_CASE("filters decide which devices chips sensors and fields have series") {
  Machine machine("hardware");
  const auto all = values_of(machine, {}, "node_hwmon_temp_celsius", "chip");
  REQUIRE(all.size() > 1);
  const std::string one = *all.begin();
  auto rest = all;
  rest.erase(one);
  CHECK(values_of(machine, with("hwmon", "chip_exclude", "^" + one + "$"), "node_hwmon_temp_celsius", "chip") == rest);
  CHECK(values_of(machine, with("hwmon", "chip_include", "^" + one + "$"), "node_hwmon_temp_celsius", "chip") ==
        std::set<std::string>{one});
  CHECK(values_of(machine, with("hwmon", "sensor_include", "^" + one + ";temp1$"), "node_hwmon_temp_celsius", "sensor") ==
        std::set<std::string>{"temp1"});

  Machine vm("vm");
  CHECK(values_of(vm, with("vmstat", "fields", "^nr_free_pages$"), "node_vmstat_nr_free_pages", "__name__").size() == 1);
  CHECK(values_of(vm, with("vmstat", "fields", "^nr_free_pages$"), "node_vmstat_pgfault", "__name__").empty());
  CHECK(values_of(vm, with("netdev", "device_include", "^lo$"), "node_network_receive_bytes_total", "device") ==
        std::set<std::string>{"lo"});
}

}  // namespace tacho::sampler
