// Fills an agent's folders with the last minutes of a node of so many series, as if an agent had sampled them and ended ten seconds ago.
//   build/bench/fill_node_bench --traces FOLDER --dir FOLDER [--series 3000] [--minutes 60]
//
// Data     the composite node of bench/traces.py (node_store.h). DIR/state and DIR/run are what an agent is given.
#include <fmt/format.h>

#include <cstdio>

#include "bench/node_store.h"
#include "bench/options.h"
#include "proto/base/clock.h"

namespace tacho::bench {
namespace {

Result<void> run(const Options& options) {
  const auto series = options.number("series"), minutes = options.number("minutes");
  if (!series) return std::unexpected(series.error());
  if (!minutes) return std::unexpected(minutes.error());
  const auto node = read_node(options.text("traces"));
  if (!node) return std::unexpected(node.error());
  store::StoreOptions of_store;
  of_store.dirs = {options.text("dir") + "/state", options.text("dir") + "/run"};
  auto opened = store::Store::open(std::move(of_store));
  if (!opened) return std::unexpected(opened.error());
  auto sources = make_node_sources(**opened, *node, *series);
  if (!sources) return std::unexpected(sources.error());
  const TimeMs end = system_clock().wall_ms() / 1000 * 1000 - 10'000;
  const auto rows = static_cast<TimeMs>(*minutes) * 60;
  for (TimeMs row = rows; row > 0; --row) {
    next_rows(*sources, end - (row - 1) * 1000);
    if (row % 60 != 0) continue;
    if (auto ok = (*opened)->maintain(); !ok) return ok;
  }
  fmt::print("{}\n", end / 1000);
  return {};
}

}  // namespace
}  // namespace tacho::bench

int main(int argc, char** argv) {
  const auto options =
      tacho::bench::Options::parse(argc, argv, {{"traces", "FOLDER"}, {"dir", "FOLDER"}, {"series", "3000"}, {"minutes", "60"}});
  if (!options) return fmt::print(stderr, "fill_node_bench: {}\n", options.error()), 2;
  const auto done = tacho::bench::run(*options);
  if (!done) return fmt::print(stderr, "fill_node_bench: {}\n", done.error()), 1;
  return 0;
}
