// No allocation in the steady state: this file replaces the global operator new by one that counts. Sanitizers have their own
// operator new, which must stay; in their builds the ticks run, but nothing is counted.

#include <cstdlib>
#include <new>

#include "sampler/accel_sources.h"
#include "sampler/host/network/ethtool.h"
#include "sampler/host/network/ethtool_link.h"
#include "sampler/host_sources.h"
#include "sampler/scrape/scrape_source.h"
#include "tests/accel/fake_card.h"
#include "tests/accel/fake_npu.h"
#include "tests/sampler/host/fake_ethtool.h"
#include "tests/sampler/host/many_cpus.h"
#include "tests/sampler/scrape/scrape_fixture.h"
#include "tests/sampler/source_fixture.h"

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {
void* counted(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
#endif

namespace tacho::sampler {
namespace {

// Samples a few times to let buffers grow, then counts; false if its layout changed meanwhile. Requires: it has been described, with
// so many series.
bool steady(Source& source, std::size_t series) {
  RowBuffer cells(series);
  Row row = cells.row();
  for (int i = 0; i < 3; ++i) REQUIRE(source.sample(row));
  const std::size_t before = allocations;
  bool ok = true;
  for (int i = 0; i < 20; ++i) {
    Result<Sampled> sampled = source.sample(row);
    ok = ok && sampled && *sampled == Sampled::ok;
  }
  const std::size_t made = allocations - before;
  if (ok) CHECK(made == 0);
  return ok;
}

// One that is not here is left alone.
void check_no_allocation(Source& source) {
  INFO(source.name());
  // Again, for a live machine: an interrupt may come where none has ever come, a process or a container may come or go.
  bool ok = false;
  for (int attempt = 0; attempt < 5 && !ok; ++attempt) {
    store::Schema schema;
    if (!source.describe(schema)) return;
    ok = steady(source, schema.size());
  }
  CHECK(ok);
}

void check_no_allocation(const Roots& roots, const HostOptions& options = {}) {
  for (const auto& source : make_host_sources(roots, options)) check_no_allocation(*source);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("the counter counts") {
  const std::size_t before = allocations;
  auto made = std::make_unique<std::string>(100, 'x');
  CHECK(allocations - before == 2);
}
#endif

TEST_CASE("a steady tick allocates nothing, on a recorded machine") {
  Machine machine("vm");
  check_no_allocation(machine.roots());
}

TEST_CASE("a steady tick allocates nothing, on recorded hardware") {
  Machine machine("hardware");
  check_no_allocation(machine.roots());
}

TEST_CASE("a steady tick allocates nothing, on recorded storage") {
  Machine machine("storage");
  HostOptions options;
  REQUIRE(options.set("textfile", "directory", machine.path("textfile")));
  check_no_allocation(machine.roots(), options);
}

TEST_CASE("a steady tick allocates nothing, on 256 CPUs") {
  Machine machine;
  lay_many_cpus(machine, 256);
  check_no_allocation(machine.roots());
}

TEST_CASE("a steady tick allocates nothing when drivers are asked, one that does not answer among them") {
  Machine machine("hardware");
  machine.write("sys/class/net/eth9/ifindex", "9\n");
  FakeNics kernel;
  FakeNic nic = FakeNics::parse(read_file(machine.path("ethtool/ens1f0np0")).value());
  nic.link_error = 0;
  nic.supported = nic.advertised = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF};
  kernel.nics["ens1f0np0"] = kernel.nics["eth9"] = nic;
  EthtoolSource counters(machine.roots(), kernel.call());
  EthtoolLinkSource links(machine.roots(), kernel.call());
  store::Schema schema;
  REQUIRE(counters.describe(schema));
  CHECK(schema.size() > 150);
  kernel.nics["eth9"].counters_error = EBUSY;
  check_no_allocation(counters);
  check_no_allocation(links);
}

TEST_CASE("a steady tick of a card in a process allocates nothing in the agent") {
  FakeNvml nvml;
  nvml.play("h200_580.txt");
  nvml.tell("LIVE 0 type=0 every_us=20000 values=80000,90000");
  Machine machine;
  machine.write("sys/bus/pci/devices/0000:00:06.0/vendor", "0x10de\n");
  machine.write("sys/bus/pci/devices/0000:00:06.0/class", "0x030200\n");
  auto sources = make_isolated_accel_sources(machine.roots(), {.nvml_library = nvml.path()});
  REQUIRE(sources);
  CHECK(sources->size() == 4);
  for (const auto& source : *sources) {
    store::Schema schema;
    REQUIRE(source->describe(schema));
    CHECK(steady(*source, schema.size()));
  }
}

TEST_CASE("a steady tick allocates nothing, of an Ascend NPU") {
  FakeNpu npu;
  npu.machine.write("sys/bus/pci/devices/0000:c1:00.0/current_link_width", "16\n");
  for (Watched* watched : {&npu.fast(), &npu.slow(), &npu.network(), &npu.bandwidth()}) watched->tick();
  for (AscendSource* source : {&npu.fast_source(), &npu.slow_source()}) {
    INFO(source->name());
    store::Schema schema;
    REQUIRE(source->describe(schema));
    CHECK(steady(*source, schema.size()));
  }
}

TEST_CASE("a steady tick allocates nothing, of a recorded card") {
  FakeCard card;
  card.nvml.tell("LIVE 0 type=0 every_us=20000 values=80000,90000");
  for (NvidiaSource* source : {&card.fast_source(), &card.slow_source()}) {
    INFO(source->name());
    store::Schema schema;
    REQUIRE(source->describe(schema));
    RowBuffer cells(schema.size());
    Row row = cells.row();
    std::size_t made = 0;
    for (int i = 0; i < 30; ++i) {
      card.clock.advance_ms(1000);
      const std::size_t before = allocations;
      REQUIRE(source->sample(row).value() == Sampled::ok);
      if (i > 2) made += allocations - before;
    }
    CHECK(made == 0);
  }
}

TEST_CASE("a steady tick allocates nothing, of cards of amdgpu") {
  Machine machine("amd");
  const auto sources = make_accel_sources(machine.roots(), {});
  REQUIRE(sources.size() == 11);
  for (const auto& source : sources) check_no_allocation(*source);
}

TEST_CASE("a steady tick allocates nothing, on a node with pods, walks of its cgroups included") {
  for (const char* tree : {"k8s", "cgroup1"}) {
    INFO(tree);
    Machine machine(tree);
    check_no_allocation(machine.roots());
  }
}

TEST_CASE("a steady scrape allocates nothing once the page is there") {
  std::string page = "# TYPE m gauge\n";
  for (int i = 0; i < 1000; ++i) page += fmt::format("m{{l=\"{}\"}} {}.5e{} {}\n", i, i, i % 20, i % 2 ? "17" : "");
  Served served{.page = page};
  ScrapeAccount account;
  FixedClock clock(kNsPerSecond);
  ScrapeSource source(made_target(), account, clock, std::make_unique<ServedPages>(served));
  source.set_interval(1000);
  store::Schema schema;
  REQUIRE(source.describe(schema));
  RowBuffer cells(schema.size());
  Row row = cells.row();
  REQUIRE(source.sample(row).value() == Sampled::layout_changed);
  schema.clear();
  REQUIRE(source.describe(schema));
  CHECK(schema.size() == 1005);
  CHECK(steady(source, schema.size()));
}

TEST_CASE("a steady tick allocates nothing, on this machine") { check_no_allocation({}); }

}  // namespace
}  // namespace tacho::sampler
