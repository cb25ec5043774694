// Stories of the sources that read the kernel's memory: nodes that come and go, fields that are new.

#include "sampler/host/memory/meminfo_numa.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

const std::string kNodes = "sys/devices/system/node/";

void write_node(Machine& machine, const std::string& name, const std::string& memory, const std::string& pages = "numa_hit 1\n") {
  machine.write(kNodes + name + "/meminfo", memory);
  machine.write(kNodes + name + "/numastat", pages);
}

TEST_CASE("a node's sizes are bytes, its huge pages and allocations counts") {
  Machine machine;
  MeminfoNumaSource source(machine.roots());
  Watched watched(source);
  write_node(machine, "node12",
             "Node 12 MemFree:    5 kB\nNode 12 Active(anon): 6 kB\nNode 12 HugePages_Free:  7\nNode 12 Brand_New: 8 kB\n",
             "numa_hit 9\nlocal_node 10\nbrand_new 11\nMemFree 12\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_memory_numa_MemFree{node="12"})") == 5 * 1024);
  CHECK(watched(R"(node_memory_numa_Active_anon{node="12"})") == 6 * 1024);
  CHECK(watched(R"(node_memory_numa_HugePages_Free{node="12"})") == 7);
  CHECK(watched(R"(node_memory_numa_Brand_New{node="12"})") == 8 * 1024);
  CHECK(watched(R"(node_memory_numa_numa_hit_total{node="12"})") == 9);
  CHECK(watched(R"(node_memory_numa_local_node_total{node="12"})") == 10);
  CHECK(watched.schema().size() == 6);
  for (const store::SeriesInfo& info : watched.schema()) {
    const bool counts_up = info.labels.metric_name().ends_with("_total");
    CHECK(info.type == (counts_up ? MetricType::counter : MetricType::gauge));
  }
}

TEST_CASE("memory that is plugged in or taken out changes the nodes that are shown") {
  Machine machine;
  MeminfoNumaSource source(machine.roots());
  Watched watched(source);
  machine.write(kNodes + "online", "0\n");
  write_node(machine, "node0", "Node 0 MemFree: 1 kB\n");
  CHECK(watched.tick() == 1);
  write_node(machine, "node1", "Node 1 MemFree: 2 kB\n");
  CHECK(watched.tick() == 0);
  machine.write(kNodes + "online", "0-1\n");
  CHECK(watched.tick() == 1);
  CHECK(watched(R"(node_memory_numa_MemFree{node="1"})") == 2048);
  machine.remove(kNodes + "node0");
  CHECK(watched.tick() == 1);
  CHECK_FALSE(watched.has(R"(node_memory_numa_MemFree{node="0"})"));
  CHECK(watched(R"(node_memory_numa_MemFree{node="1"})") == 2048);
}

TEST_CASE("a node of which a file is missing or cut is an error or a gap but never a wrong value") {
  Machine machine;
  MeminfoNumaSource source(machine.roots());
  Watched watched(source);
  write_node(machine, "node0", "Node 0 MemTotal: 10 kB\nNode 0 MemFree: 50 kB\n", "numa_hit 1\nnuma_miss 2\n");
  CHECK(watched.tick() == 1);
  machine.write(kNodes + "node0/meminfo", "Node 0 MemTotal: 11 kB\nNode 0 MemFree: 5");
  machine.write(kNodes + "node0/numastat", "numa_hit 3\nnum");
  CHECK(watched.tick() == 0);
  CHECK(watched(R"(node_memory_numa_MemTotal{node="0"})") == 11 * 1024);
  CHECK(is_absent(watched(R"(node_memory_numa_MemFree{node="0"})")));
  CHECK(watched(R"(node_memory_numa_numa_hit_total{node="0"})") == 3);
  CHECK(is_absent(watched(R"(node_memory_numa_numa_miss_total{node="0"})")));
  machine.remove(kNodes + "node0/numastat");
  const Result<Sampled> sampled = watched.sample();
  REQUIRE(sampled);
  CHECK(*sampled == Sampled::layout_changed);
  const Result<void> described = watched.describe();
  REQUIRE_FALSE(described);
  CHECK(described.error().message.starts_with("cannot open " + machine.path(kNodes + "node0/numastat")));
}

}  // namespace
}  // namespace tacho::sampler
