// 256 CPUs: every one has its own numbers, also when one goes offline and comes back.
#include "tests/sampler/host/many_cpus.h"

#include <map>
#include <set>

#include "sampler/host_sources.h"
#include "sampler/once.h"

namespace tacho::sampler {
namespace {

constexpr int kCpus = 256;

// By metric and CPU. Where a metric has several samples a CPU: the one whose labels come first.
std::map<std::string, std::map<std::string, double>> by_cpu(const Machine& machine) {
  std::map<std::string, std::map<std::string, double>> found;
  const auto sources = make_host_sources(machine.roots());
  for (const Family& family : sample_once(sources).families) {
    for (const auto& [labels, value] : family.samples) {
      const std::string cpu(labels.get("cpu"));
      if (!cpu.empty()) found[family.name].emplace(cpu, value);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("each of 256 CPUs has its own numbers in every metric that is by CPU") {
  Machine machine;
  lay_many_cpus(machine, kCpus);
  auto found = by_cpu(machine);
  for (const char* metric : {"node_cpu_seconds_total", "node_cpu_guest_seconds_total", "node_softnet_processed_total",
                             "node_schedstat_running_seconds_total", "node_cpu_scaling_frequency_hertz"}) {
    INFO(metric);
    CHECK(found[metric].size() == kCpus);
  }
  for (const int cpu : {0, 1, 17, 128, 255}) {
    const std::string name = std::to_string(cpu);
    CHECK(found["node_cpu_seconds_total"][name] == (3'000'000 + cpu) / 100.0);  // idle
    CHECK(found["node_softnet_processed_total"][name] == 5000 + cpu);
    CHECK(found["node_schedstat_timeslices_total"][name] == 800 + cpu);
    CHECK(found["node_cpu_scaling_frequency_hertz"][name] == (2'000'000 + cpu) * 1000.0);
  }
}

TEST_CASE("a CPU of 256 that goes offline is gone, comes back as itself, and the others keep their numbers all the time") {
  Machine machine;
  lay_many_cpus(machine, kCpus);
  for (const auto& source : make_host_sources(machine.roots())) {
    if (source->name() != "cpu") continue;
    Watched watched(*source);
    CHECK(watched.tick() == 1);
    const auto idle = [](int cpu) { return fmt::format("node_cpu_seconds_total{{cpu=\"{}\",mode=\"idle\"}}", cpu); };
    lay_many_cpus(machine, kCpus, 100, 17);
    CHECK(watched.tick() == 1);
    CHECK_FALSE(watched.has(idle(17)));
    CHECK(watched(idle(16)) == (3'000'000 + 16 + 100) / 100.0);
    CHECK(watched(idle(255)) == (3'000'000 + 255 + 100) / 100.0);
    lay_many_cpus(machine, kCpus, 200);
    CHECK(watched.tick() == 1);
    CHECK(watched(idle(17)) == (3'000'000 + 17 + 200) / 100.0);
    CHECK(watched(idle(255)) == (3'000'000 + 255 + 200) / 100.0);
    lay_many_cpus(machine, kCpus, 300);
    CHECK(watched.tick() == 0);
    CHECK(watched(idle(255)) == (3'000'000 + 255 + 300) / 100.0);
  }
}

}  // namespace tacho::sampler
