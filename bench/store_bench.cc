// What does a row cost, beside a memcpy of as many bytes; what does sealing cost; what does a question cost; what does it cost the
// source's thread when series come and go.
//   build/bench_store [--benchmark_filter=...]
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <random>

#include "store/block/block.h"
#include "store/store.h"
#include "store/window/dir_store.h"
#include "tests/temp_dir.h"

namespace {

using namespace tacho;
using namespace tacho::store;

Schema schema_of(std::size_t n) {
  Schema s;
  for (std::size_t i = 0; i < n; ++i)
    s.push_back(
        {Labels::of("bench_metric_" + std::to_string(i % 50), {{"device", std::to_string(i)}}), MetricType::gauge, Rollup::none});
  return s;
}

// Two thirds of a host's series do not change within two minutes; the others are counters and noisy gauges.
double cell(std::size_t column, std::int64_t row) {
  if (column % 3 != 0) return static_cast<double>(column);
  return column % 2 == 0 ? static_cast<double>(row * 977 + static_cast<std::int64_t>(column))
                         : std::sin(static_cast<double>(row)) * 1e3;
}

struct Fixture {
  test::TempDir dir;
  std::unique_ptr<Store> store = std::move(*Store::open({{dir / "s", dir / "r"}, 64u << 20, {}}));
  std::unique_ptr<Group> group = store->group("bench", 1000);
  explicit Fixture(std::size_t series) { (void)group->describe(schema_of(series)); }
  void row(std::int64_t i, std::size_t series) {
    auto cells = group->begin_row();
    for (std::size_t c = 0; c < series; ++c) cells[c].store(std::bit_cast<std::uint64_t>(cell(c, i)), std::memory_order_release);
    group->publish(i * 1000);
  }
};

void commit_row(benchmark::State& state) {
  const auto series = static_cast<std::size_t>(state.range(0));
  Fixture f(series);
  std::int64_t t = 0;
  for (auto _ : state) {
    auto cells = f.group->begin_row();
    for (auto& c : cells) c.store(0x3ff0'0000'0000'0000u + static_cast<std::uint64_t>(t), std::memory_order_release);
    f.group->publish(++t * 1000);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(series));
}
BENCHMARK(commit_row)->Arg(500)->Arg(5000);

void memcpy_row(benchmark::State& state) {
  const auto series = static_cast<std::size_t>(state.range(0));
  std::vector<double> from(series, 1.5), ring(series * 256);
  std::size_t i = 0;
  for (auto _ : state) {
    std::memcpy(ring.data() + (i++ % 256) * series, from.data(), series * 8);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(series));
}
BENCHMARK(memcpy_row)->Arg(500)->Arg(5000);

void seal_block(benchmark::State& state) {
  std::vector<TimeMs> times;
  std::vector<std::vector<double>> columns(500);
  for (int r = 0; r < 128; ++r) {
    times.push_back(r * 1000);
    for (std::size_t c = 0; c < columns.size(); ++c) columns[c].push_back(cell(c, r));
  }
  std::size_t bytes = 0;
  for (auto _ : state) bytes = encode_block(times, columns).size();
  state.SetItemsProcessed(state.iterations() * 128 * 500);
  state.counters["bytes_per_sample"] = static_cast<double>(bytes) / (128 * 500);
}
BENCHMARK(seal_block);

void select_an_hour(benchmark::State& state) {
  static Fixture* const f = [] {
    auto* made = new Fixture(500);
    for (std::int64_t i = 0; i < 3600; ++i) {
      made->row(i, 500);
      if (i % 100 == 0) (void)made->store->maintain();
    }
    return made;
  }();
  const Matcher one[] = {Matcher::equal("device", "3")};
  const std::span<const Matcher> matchers = state.range(0) == 1 ? std::span<const Matcher>(one) : std::span<const Matcher>();
  std::size_t samples = 0;
  for (auto _ : state) samples = f->store->select(matchers, {0, 3'600'000}, {})->samples;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(samples));
}
BENCHMARK(select_an_hour)->Arg(1)->Arg(500);

// Pods of 50 series come and go: each time 50 of 2,000 series are new. What is sealed meanwhile is not counted.
void describe_churn(benchmark::State& state) {
  test::TempDir dir;
  const auto store = std::move(*Store::open({{dir / "s", dir / "r"}, 64u << 20, {}}));
  const auto group = store->group("pods", state.range(0));
  std::vector<Schema> steps;
  for (int step = 0; step < 200; ++step) {
    Schema s;
    for (int pod = step; pod < step + 40; ++pod) {
      for (int i = 0; i < 50; ++i)
        s.push_back({Labels::of(fmt::format("container_metric_{}", i),
                                {{"namespace", "training"}, {"pod", fmt::format("job-{}", pod % 200)}}),
                     MetricType::gauge, Rollup::none});
    }
    steps.push_back(std::move(s));
  }
  std::size_t step = 0;
  TimeMs t = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Schema next = steps[step++ % steps.size()];
    state.ResumeTiming();
    if (auto ok = group->describe(std::move(next)); !ok) state.SkipWithError(ok.error().message.c_str());
    state.PauseTiming();
    for (int row = 0; row < 3; ++row) {
      for (auto& c : group->begin_row()) c.store(0, std::memory_order_release);
      group->publish(t += state.range(0));
    }
    if (auto ok = store->maintain(); !ok) state.SkipWithError(ok.error().message.c_str());
    state.ResumeTiming();
  }
}
BENCHMARK(describe_churn)->ArgName("interval_ms")->Arg(1000)->Arg(30'000)->Unit(benchmark::kMicrosecond)->Iterations(1000);

constexpr std::size_t kRecords = 5000, kGroups = 20, kGroupColumns = 20, kBlockSeconds = 1024;

// What an append costs beside its write: small records, so many that the index has kRecords of them, in a ring that wraps.
void append_among_5000_records(benchmark::State& state) {
  const test::TempDir dir;
  const std::vector<std::byte> payload(1000);
  const auto ring = std::move(*Ring::open(dir / "ring", true, kRingStart + kRecords * record_bytes(payload.size())));
  std::uint64_t n = 0;
  const auto append = [&] {
    RecordHeader h{};
    h.type = static_cast<std::uint16_t>(RecordType::block);
    h.generation = n % kGroups;
    h.first_row = n / kGroups * kBlockSeconds;
    h.rows = kBlockSeconds;
    h.t_min = static_cast<TimeMs>(h.first_row * 1000);
    h.t_max = h.t_min + static_cast<TimeMs>(kBlockSeconds - 1) * 1000;
    ++n;
    return ring->append(h, payload).has_value();
  };
  while (n < 2 * kRecords) append();
  for (auto _ : state) benchmark::DoNotOptimize(append());
  state.counters["records"] = static_cast<double>(ring->snapshot()->size());
}
BENCHMARK(append_among_5000_records);

// A store of kGroups groups and kRecords blocks, newer rows in the heads, and a reader of its files that has seen them.
struct Wide {
  test::TempDir dir;
  StoreDirs dirs{dir / "s", dir / "r"};
  std::unique_ptr<Store> store;
  std::vector<std::unique_ptr<Group>> groups;
  std::unique_ptr<DirStore> reader;
  TimeMs end = 0;

  static Schema schema(std::size_t group) {
    Schema s;
    for (std::size_t c = 0; c < kGroupColumns; ++c)
      s.push_back({Labels::of(fmt::format("group_{}_metric_{}", group, c), {{"device", std::to_string(c)}}), MetricType::gauge,
                   Rollup::none});
    return s;
  }
  void write_ring() {
    const auto ring = std::move(*Ring::open(dirs.ring(), true, 512u << 20));
    std::vector<std::shared_ptr<const StoredSchema>> schemas;
    for (std::size_t g = 0; g < kGroups; ++g) {
      schemas.push_back(encode_schema(fmt::format("g{}", g), 1000, schema(g)));
      RecordHeader h{};
      h.type = static_cast<std::uint16_t>(RecordType::schema);
      h.schema_id = schemas.back()->id;
      (void)ring->append(h, pack_schema(*schemas.back()));
    }
    std::vector<TimeMs> times(kBlockSeconds);
    std::vector<std::vector<double>> columns(kGroupColumns, std::vector<double>(kBlockSeconds));
    for (std::size_t i = 0; i < kRecords; ++i) {
      const std::size_t g = i % kGroups, first = i / kGroups * kBlockSeconds;
      for (std::size_t r = 0; r < kBlockSeconds; ++r) {
        times[r] = static_cast<TimeMs>((first + r) * 1000);
        for (std::size_t c = 0; c < kGroupColumns; ++c) columns[c][r] = cell(c, static_cast<std::int64_t>(first + r));
      }
      end = times.back();
      (void)ring->append(describe_block(*schemas[g], g + 1, first, times), encode_block(times, columns));
    }
  }
  Wide() {
    std::filesystem::create_directories(dirs.state);
    write_ring();
    store = std::move(*Store::open({dirs, 512u << 20, {}}));
    for (std::size_t g = 0; g < kGroups; ++g) {
      groups.push_back(store->group(fmt::format("g{}", g), 1000));
      (void)groups.back()->describe(schema(g));
      for (TimeMs t = 1; t <= 200; ++t) {
        for (auto& c : groups.back()->begin_row()) c.store(0x3ff0'0000'0000'0000u, std::memory_order_release);
        groups.back()->publish(end + t * 1000);
      }
    }
    reader = std::move(*DirStore::open(dirs));
  }
  static Wide& get() {
    static auto* const made = new Wide;
    return *made;
  }
};

// One series of the 400, 10 minutes of it. 0: of blocks, in the middle of the window; 1: the newest, of heads and blocks.
void select_10_minutes_of_5000_records(benchmark::State& state) {
  Wide& wide = Wide::get();
  const Matcher one[] = {Matcher::equal("__name__", "group_7_metric_3")};
  const TimeMs end = state.range(0) == 1 ? wide.end + 200'000 : wide.end / 2;
  std::size_t samples = 0;
  for (auto _ : state) samples = wide.store->select(one, {end - 599'000, end}, {})->samples;
  state.counters["samples"] = static_cast<double>(samples);
}
BENCHMARK(select_10_minutes_of_5000_records)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

// A reader of the files looks for what is new, finds nothing, and says how far the window reaches.
void refresh_5000_records(benchmark::State& state) {
  Wide& wide = Wide::get();
  TimeMs newest = 0;
  for (auto _ : state) newest = wide.reader->bounds().max;
  if (newest != wide.end + 200'000) state.SkipWithError("the newest row was not seen");
}
BENCHMARK(refresh_5000_records)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
