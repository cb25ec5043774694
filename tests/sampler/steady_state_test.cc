// No allocation in the steady state: this file replaces the global operator new by one that counts. Sanitizers have their own
// operator new, which must stay; in their builds the ticks run, but nothing is counted.

#include <cstdlib>
#include <new>

#include "sampler/host_sources.h"
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

// Samples a source a few times to let buffers grow, then counts. False: the layout changed meanwhile.
bool is_steady(Source& source, std::size_t& made) {
  store::Schema schema;
  if (!source.describe(schema)) return true;
  RowBuffer cells(schema.size());
  Row row = cells.row();
  for (int i = 0; i < 3; ++i) REQUIRE(source.sample(row));
  const std::size_t before = allocations;
  bool ok = true;
  for (int i = 0; i < 20; ++i) {
    Result<Sampled> sampled = source.sample(row);
    ok = ok && sampled && *sampled == Sampled::ok;
  }
  made = allocations - before;
  return ok;
}

void check_no_allocation(const Roots& roots) {
  for (const auto& source : make_host_sources(roots)) {
    INFO(source->name());
    std::size_t made = 0;
    // On a live machine a process or a container may come or go just then.
    bool ok = false;
    for (int attempt = 0; attempt < 5 && !ok; ++attempt) ok = is_steady(*source, made);
    CHECK(ok);
    CHECK(made == 0);
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

TEST_CASE("a steady tick allocates nothing, on a node with pods, walks of its cgroups included") {
  for (const char* tree : {"k8s", "cgroup1"}) {
    INFO(tree);
    Machine machine(tree);
    check_no_allocation(machine.roots());
  }
}

TEST_CASE("a steady tick allocates nothing, on this machine") { check_no_allocation({}); }

}  // namespace
}  // namespace tacho::sampler
