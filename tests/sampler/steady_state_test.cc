// No allocation in the steady state: this file replaces the global operator new by one that counts. Sanitizers have their own
// operator new, which must stay; in their builds the ticks run, but nothing is counted.

#include <cstdlib>
#include <new>

#include "many_cpus.h"
#include "sampler/host_sources.h"
#include "sampler/scrape/scrape_source.h"
#include "scrape_fixture.h"
#include "source_fixture.h"

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

// Samples a few times to let buffers grow, then counts. Requires: it has been described, with so many series.
void check_no_allocation(Source& source, std::size_t series) {
  INFO(source.name());
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
  CHECK(ok);
  CHECK(made == 0);
}

void check_no_allocation(const Roots& roots) {
  for (const auto& source : make_host_sources(roots)) {
    store::Schema schema;
    if (source->describe(schema)) check_no_allocation(*source, schema.size());
  }
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
  check_no_allocation(machine.roots());
}

TEST_CASE("a steady tick allocates nothing, on 256 CPUs") {
  Machine machine;
  lay_many_cpus(machine, 256);
  check_no_allocation(machine.roots());
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
  check_no_allocation(source, schema.size());
}

TEST_CASE("a steady tick allocates nothing, on this machine") { check_no_allocation({}); }

}  // namespace
}  // namespace tacho::sampler
