// How long does a budget hold a node of so many series? A real store is filled, by a clock that is only counted, until its ring has
// wrapped and old rows leave as new ones come.
//   build/bench/window_bench --traces FOLDER [--budget 256] [--series 3000]
//
// Data     the composite node of bench/traces.py, repeated to so many series in its proportions. Each copy begins elsewhere in the
//          trace, so that no two are equal; when it is at its end it begins anew and counters go on from where they were (replay.h).
// Window   of the group that reaches back least, when the oldest rows have left for a twentieth of the window.
// Disk     folders in $TMPDIR. On a tmpfs no sync costs anything: the time is the store's own.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "bench/node_store.h"
#include "bench/options.h"
#include "store/store.h"
#include "tests/temp_dir.h"

namespace tacho::bench {
namespace {

Result<void> run(const Options& options) {
  const auto budget = options.number("budget"), series = options.number("series");
  if (!budget) return std::unexpected(budget.error());
  if (!series) return std::unexpected(series.error());
  const auto node = read_node(options.text("traces"));
  if (!node) return std::unexpected(node.error());
  const test::TempDir dir;
  store::StoreOptions of_store;
  of_store.dirs = {dir / "state", dir / "run"};
  of_store.budget_bytes = *budget << 20;
  auto opened = store::Store::open(std::move(of_store));
  if (!opened) return std::unexpected(opened.error());
  store::Store& store = **opened;
  auto sources = make_node_sources(store, *node, *series);
  if (!sources) return std::unexpected(sources.error());

  using Steady = std::chrono::steady_clock;
  const auto begin = Steady::now();
  constexpr TimeMs kFirst = 1'700'000'000'000;
  constexpr int kRowsBetween = 60;  // maintenance comes each second in an agent; heads hold four minutes
  TimeMs t = kFirst, wrapped_at = 0;
  while (true) {
    for (int i = 0; i < kRowsBetween; ++i, t += 1000) next_rows(*sources, t);
    if (auto ok = store.maintain(); !ok) return ok;
    const TimeMs oldest = store.bounds().min;
    if (wrapped_at == 0 && oldest > kFirst) wrapped_at = t;
    if (wrapped_at != 0 && oldest - kFirst > (t - oldest) / 20) break;
  }
  const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  const store::WindowStatus status = store.status();
  TimeMs reach = t;
  for (const store::GroupStatus& g : status.groups) reach = std::min(reach, t - g.oldest);
  const auto rows = static_cast<std::uint64_t>((t - kFirst) / 1000);
  const double ring = static_cast<double>(status.block_bytes + status.schema_bytes);
  std::uint64_t ring_cells = 0;
  for (const store::GroupStatus& g : status.groups) ring_cells += g.ring_samples;
  // Not every series has a sample each second: processes come and go.
  std::size_t present = 0, cells = 0;
  for (const NodePart& part : *node) {
    present += part.trace.samples();
    cells += part.trace.rows() * part.trace.columns.size();
  }
  const double filled = static_cast<double>(present) / static_cast<double>(cells);
  const double ring_samples = static_cast<double>(ring_cells) * filled;
  fmt::print("window: {} MiB hold {} series at 1 s in {} groups for {:.1f} hours\n", *budget, *series, sources->size(),
             static_cast<double>(reach) / 3'600'000);
  fmt::print(
      "window: {:.4f} bytes a sample all in, {:.4f} by the size of the file; {:.1f} % of the cells have one; schemas are {:.2f} "
      "% of the "
      "ring\n",
      ring / ring_samples, static_cast<double>(status.budget_bytes) / ring_samples, 100 * filled,
      100 * static_cast<double>(status.schema_bytes) / ring);
  fmt::print("window: {} rows, {:.1f} M cells in {:.1f} s: {:.2f} ns a cell, with the making of them\n", rows,
             static_cast<double>(rows * *series) / 1e6, seconds, seconds * 1e9 / static_cast<double>(rows * *series));

  // What is said to be there is there: the oldest minute and the newest, of every series.
  for (const TimeMs from : {t - reach, t - 60'000}) {
    const auto minute = store.select({}, {from, from + 59'000}, {});
    if (!minute) return std::unexpected(minute.error());
    if (minute->samples < *series * 60 / 2) return failure("the minute from {} has {} samples only", from, minute->samples);
  }
  if (const auto lost = status.recovery->lost_rows; lost != 0) return failure("{} rows were lost", lost);
  return {};
}

}  // namespace
}  // namespace tacho::bench

int main(int argc, char** argv) {
  const auto options = tacho::bench::Options::parse(argc, argv, {{"traces", "FOLDER"}, {"budget", "256"}, {"series", "3000"}});
  if (!options) return fmt::print(stderr, "window_bench: {}\n", options.error()), 2;
  const auto done = tacho::bench::run(*options);
  if (!done) return fmt::print(stderr, "window_bench: {}\n", done.error()), 1;
  return 0;
}
