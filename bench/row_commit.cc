// What does a row cost a source beyond copying it? Cold caches, as once a second, when the training job has had them to itself.
//   build/bench/row_commit_bench [--rows 300] [--evict-mib 128]
//
// commit   begin_row(), a store of every cell, publish(): what a source does with values that it has just parsed.
// memcpy   the same values into a frame of the same size, in a ring of as many frames, in a file in the same folder, mapped.
// Cold     before each of them a buffer larger than the last-level cache is walked; then the values are touched, not the frames. The
//          two take turns. Only the commit and the copy are timed; the clock's own cost is taken off both.
#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstring>

#include "bench/options.h"
#include "store/store.h"
#include "tests/temp_dir.h"

namespace tacho::bench {
namespace {

using Steady = std::chrono::steady_clock;

double nanoseconds_since(Steady::time_point begin) {
  return std::chrono::duration<double, std::nano>(Steady::now() - begin).count();
}

// The compiler must believe that somebody reads it.
void keep(const void* p) { asm volatile("" : : "r"(p) : "memory"); }

class Evictor {
 public:
  explicit Evictor(std::size_t bytes) : words_(bytes / sizeof(std::uint64_t), 1) {}
  void evict() {
    for (std::size_t i = 0; i < words_.size(); i += 8) words_[i] += i;
    keep(words_.data());
  }

 private:
  std::vector<std::uint64_t> words_;
};

double clock_cost() {
  double least = 1e9;
  for (int i = 0; i < 1000; ++i) least = std::min(least, nanoseconds_since(Steady::now()));
  return least;
}

struct Spread {
  double p10, median, p90;
};

Spread spread(std::vector<double> ns, std::size_t series, double clock) {
  std::ranges::sort(ns);
  const auto at = [&](std::size_t percent) {
    return (ns[(ns.size() - 1) * percent / 100] - clock) / static_cast<double>(series);
  };
  return {at(10), at(50), at(90)};
}

Result<void> measure(std::size_t series, std::size_t rows, Evictor& evictor) {
  const test::TempDir dir;
  store::StoreOptions options;
  options.dirs = {dir / "state", dir / "run"};
  options.budget_bytes = 1 << 20;
  auto opened = store::Store::open(std::move(options));
  if (!opened) return std::unexpected(opened.error());
  auto group = (*opened)->group("bench", 1000);
  store::Schema schema;
  for (std::size_t i = 0; i < series; ++i)
    schema.push_back({Labels::of("m", {{"i", std::to_string(i)}}), MetricType::gauge, store::Rollup::none});
  if (auto ok = group->describe(std::move(schema)); !ok) return ok;

  // As the head: a ring of 256 frames of a time and the cells.
  constexpr std::size_t kFrames = 256;
  const std::size_t frame_words = 1 + series, bytes = kFrames * frame_words * 8;
  auto fd = Fd::open(dir / "run/frames", O_RDWR | O_CREAT);
  if (!fd) return std::unexpected(fd.error());
  if (const int err = ::posix_fallocate(fd->get(), 0, static_cast<off_t>(bytes)); err != 0)
    return sys_failure(err, "cannot reserve {} bytes in {}", bytes, dir.path());
  auto frames = Mapping::map(*fd, bytes, true, "frames");
  if (!frames) return std::unexpected(frames.error());

  std::vector<std::uint64_t> values(series);
  std::int64_t row = 0;
  const auto commit = [&] {
    auto cells = group->begin_row();
    for (std::size_t c = 0; c < cells.size(); ++c) cells[c].store(values[c], std::memory_order_release);
    group->publish(++row * 1000);
  };
  const auto copy = [&](std::int64_t n) {
    std::byte* frame = frames->data() + static_cast<std::size_t>(n) % kFrames * frame_words * 8;
    std::memcpy(frame, &n, 8);
    std::memcpy(frame + 8, values.data(), series * 8);
    keep(frame);
  };
  // Each page once: a page fault is the first lap's, and not of what is asked here.
  for (std::size_t i = 0; i < kFrames; ++i) {
    commit();
    copy(static_cast<std::int64_t>(i));
  }
  std::vector<double> commits, copies;
  const auto timed = [&](std::vector<double>& into, const auto& work) {
    evictor.evict();
    for (std::uint64_t& v : values) v += 0x10'0000'0001u;
    keep(values.data());
    const auto begin = Steady::now();
    work();
    into.push_back(nanoseconds_since(begin));
  };
  for (std::size_t i = 0; i < rows; ++i) {
    timed(commits, commit);
    timed(copies, [&] { copy(static_cast<std::int64_t>(i)); });
  }
  const double clock = clock_cost();
  const Spread a = spread(commits, series, clock), b = spread(copies, series, clock);
  fmt::print(
      "row commit: {:>6} series: {:.2f} ns a sample (p10 {:.2f}, p90 {:.2f}); memcpy {:.2f} (p10 {:.2f}, p90 {:.2f}); {:.2f} "
      "more\n",
      series, a.median, a.p10, a.p90, b.median, b.p10, b.p90, a.median - b.median);

  const store::Matcher last[] = {store::Matcher::equal("i", std::to_string(series - 1))};
  const auto seen = (*opened)->select(last, {row * 1000, row * 1000}, {});
  if (!seen || seen->series.size() != 1) return failure("the last row is not in the store");
  return {};
}

Result<void> run(const Options& options) {
  const auto rows = options.number("rows"), evict_mib = options.number("evict-mib");
  if (!rows) return std::unexpected(rows.error());
  if (!evict_mib) return std::unexpected(evict_mib.error());
  Evictor evictor(*evict_mib << 20);
  for (const std::size_t series : {500u, 5000u, 20'000u}) {
    if (auto ok = measure(series, *rows, evictor); !ok) return ok;
  }
  return {};
}

}  // namespace
}  // namespace tacho::bench

int main(int argc, char** argv) {
  const auto options = tacho::bench::Options::parse(argc, argv, {{"rows", "300"}, {"evict-mib", "128"}});
  if (!options) return fmt::print(stderr, "row_commit_bench: {}\n", options.error()), 2;
  const auto done = tacho::bench::run(*options);
  if (!done) return fmt::print(stderr, "row_commit_bench: {}\n", done.error()), 1;
  return 0;
}
