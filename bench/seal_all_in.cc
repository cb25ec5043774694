// What does sealing cost, from published rows to blocks in the ring, all in?
//   build/bench/seal_bench --traces FOLDER [--rows 8192]
//
// All in   Store::maintain(), called after each second's rows as the agent does, over the composite node of bench/traces.py (a group
//          a part), its rows going on as in replay.h: reading heads, stages, blocks, the ring, and looking where nothing is due.
// System   within it, writes and syncs are timed where the program leaves for the system (the linker's --wrap); the files lie in $TMPDIR.
// Parts    reading heads, encoding stages and encoding blocks are timed apart, on the same rows with the store's own pieces. What is
//          left are a stage's file (made, read again, mapped, verified, removed) and what is looked at each second.
#include <fmt/format.h>
#include <sys/types.h>

#include <chrono>
#include <cstdio>

#include "bench/options.h"
#include "bench/replay.h"
#include "store/store.h"
#include "tests/temp_dir.h"

namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) { return std::chrono::duration<double>(Steady::now() - begin).count(); }

// What was spent in system calls; the ring's are known by the offset, which no stage's file has.
struct Calls {
  double ring_write = 0, stage_write = 0, ring_sync = 0, stage_sync = 0;
  std::size_t ring_writes = 0, stage_syncs = 0;
  int ring_fd = -1;
} calls;

}  // namespace

// `--wrap` sends calls here, and these to the real ones.
extern "C" {
ssize_t __real_pwrite(int fd, const void* bytes, std::size_t n, off_t at);
int __real_fdatasync(int fd);

ssize_t __wrap_pwrite(int fd, const void* bytes, std::size_t n, off_t at) {
  const auto begin = Steady::now();
  const ssize_t done = __real_pwrite(fd, bytes, n, at);
  if (static_cast<std::uint64_t>(at) >= tacho::store::kRingStart && calls.ring_fd < 0) calls.ring_fd = fd;
  const bool ring = fd == calls.ring_fd;
  (ring ? calls.ring_write : calls.stage_write) += seconds_since(begin);
  calls.ring_writes += ring ? 1 : 0;
  return done;
}

int __wrap_fdatasync(int fd) {
  const auto begin = Steady::now();
  const int done = __real_fdatasync(fd);
  const bool ring = fd == calls.ring_fd;
  (ring ? calls.ring_sync : calls.stage_sync) += seconds_since(begin);
  calls.stage_syncs += ring ? 0 : 1;
  return done;
}
}

namespace tacho::bench {
namespace {

constexpr std::size_t kStageRows = 128;  // half of a head's 256

struct Source {
  std::unique_ptr<store::Group> group;
  Replay replay;
};

struct Pieces {
  double head = 0, stage_encode = 0, stage_decode = 0, block_encode = 0;  // seconds
  std::size_t samples = 0;
};

// A part's rows through a head of the store's kind, a stage's worth at a time and each block's worth as a block: as Store::seal does it.
class PieceTimer {
 public:
  PieceTimer(const NodePart& part, std::string dir, Pieces& pieces)
      : part_(part),
        dir_(std::move(dir)),
        pieces_(pieces),
        replay_(part.trace, spread(part.trace.columns.size(), part.trace.columns.size()), 0) {}

  Result<void> run(std::size_t rows) {
    auto schema = replay_.schema(part_.trace, "0");
    if (!schema) return std::unexpected(schema.error());
    schema_ = store::encode_schema(part_.name, 1000, std::move(*schema));
    auto head = store::Head::create(dir_, 1, schema_, 2 * kStageRows);
    if (!head) return std::unexpected(head.error());
    head_ = *head;
    writer_ = std::make_unique<store::HeadWriter>(head_);
    for (std::uint32_t c = 0; c < replay_.columns(); ++c) all_.push_back(c);
    const std::size_t block_rows = store::block_rows(all_.size());
    for (std::uint64_t first = 0; first + block_rows <= rows; first += block_rows) {
      if (auto ok = block(first, first + block_rows); !ok) return ok;
      pieces_.samples += block_rows * all_.size();
    }
    return {};
  }

 private:
  static void timed(double& into, const auto& work) {
    const auto begin = Steady::now();
    work();
    into += seconds_since(begin);
  }
  store::HeadRows read(std::uint64_t from, std::uint64_t to) const {
    return head_->read(all_, from, to, 0, static_cast<TimeMs>(to) * 1000);
  }

  Result<void> block(std::uint64_t first, std::uint64_t end) {
    std::vector<std::shared_ptr<const store::Stage>> stages;
    for (std::uint64_t row = first; row < end; row += kStageRows) {
      for (std::uint64_t i = row; i < row + kStageRows; ++i) {
        replay_.next_row(writer_->begin_row());
        writer_->publish(static_cast<TimeMs>(i) * 1000);
      }
      store::SealRows rows(all_.size());
      timed(pieces_.head, [&] { rows.add(read(row, row + kStageRows)); });
      if (row + kStageRows == end) break;  // the last ones go from the head into the block
      store::EncodedBlock encoded;
      timed(pieces_.stage_encode, [&] { encoded = rows.encode(*schema_, 1, 0, rows.size(), store::codec::Effort::fast); });
      auto stage = store::Stage::create(dir_, part_.name, encoded.header, encoded.payload);
      if (!stage) return std::unexpected(stage.error());
      stages.push_back(std::move(*stage));
    }
    store::SealRows rows(all_.size());
    Result<void> outcome;
    timed(pieces_.stage_decode, [&] {
      for (const auto& stage : stages) {
        if (auto ok = rows.add(*stage, first + rows.size()); !ok) outcome = ok;
      }
    });
    rows.add(read(end - kStageRows, end));
    if (rows.size() != end - first) return failure("{} rows of {} came back", rows.size(), end - first);
    timed(pieces_.block_encode, [&] { (void)rows.encode(*schema_, 1, 0, rows.size()); });
    for (const auto& stage : stages) stage->remove();
    return outcome;
  }

  const NodePart& part_;
  std::string dir_;
  Pieces& pieces_;
  Replay replay_;
  std::shared_ptr<const store::StoredSchema> schema_;
  std::shared_ptr<store::Head> head_;
  std::unique_ptr<store::HeadWriter> writer_;
  std::vector<std::uint32_t> all_;
};

Result<void> run(const Options& options) {
  const auto rows = options.number("rows");
  if (!rows) return std::unexpected(rows.error());
  const auto node = read_node(options.text("traces"));
  if (!node) return std::unexpected(node.error());
  const test::TempDir dir;
  store::StoreOptions of_store;
  of_store.dirs = {dir / "state", dir / "run"};
  of_store.budget_bytes = 64 << 20;
  auto opened = store::Store::open(std::move(of_store));
  if (!opened) return std::unexpected(opened.error());
  store::Store& store = **opened;
  std::vector<Source> sources;
  std::size_t series = 0;
  for (const NodePart& part : *node) {
    const std::size_t n = part.trace.columns.size();
    Replay replay(part.trace, spread(n, n), 0);
    auto schema = replay.schema(part.trace, "0");
    if (!schema) return std::unexpected(schema.error());
    auto group = store.group(part.name, 1000);
    if (auto ok = group->describe(std::move(*schema)); !ok) return ok;
    sources.push_back({std::move(group), std::move(replay)});
    series += n;
  }
  calls = {};
  double all_in = 0;
  for (std::size_t row = 0; row < *rows; ++row) {
    for (Source& s : sources) {
      s.replay.next_row(s.group->begin_row());
      s.group->publish(static_cast<TimeMs>(row) * 1000);
    }
    const auto begin = Steady::now();
    if (auto ok = store.maintain(); !ok) return ok;
    all_in += seconds_since(begin);
  }
  const Calls spent = calls;
  const store::WindowStatus status = store.status();
  std::uint64_t in_ring = 0;
  for (const store::GroupStatus& g : status.groups) in_ring += g.ring_samples;
  if (spent.ring_writes == 0 || spent.stage_syncs == 0 || in_ring == 0)
    return failure("{} rows make no block: nothing was measured; --rows 8192 makes some", *rows);

  Pieces pieces;
  for (const NodePart& part : *node) {
    if (auto ok = PieceTimer(part, dir.path(), pieces).run(*rows); !ok) return ok;
  }
  const double samples = static_cast<double>(*rows * series);
  const double sync = spent.ring_sync + spent.stage_sync;
  const auto ns = [&](double seconds) { return seconds * 1e9 / samples; };
  const auto piece_ns = [&](double seconds) { return seconds * 1e9 / static_cast<double>(pieces.samples); };
  const double known = piece_ns(pieces.head + pieces.stage_encode + pieces.stage_decode + pieces.block_encode) +
                       ns(spent.ring_write + spent.stage_write);
  fmt::print("seal all in: {} series in {} groups, {} rows, {:.2f} M samples, {:.0f} % of them in the ring\n", series,
             sources.size(), *rows, samples / 1e6, 100 * static_cast<double>(in_ring) / samples);
  fmt::print("seal all in: {:.2f} ns a sample, and {:.2f} of sync ({} syncs of stages)\n", ns(all_in - sync), ns(sync),
             spent.stage_syncs);
  fmt::print(
      "seal all in: head {:.2f}, stages encoded {:.2f}, decoded {:.2f}, blocks encoded {:.2f}, ring written {:.2f}, stages "
      "written "
      "{:.2f}, all else {:.2f} ns a sample\n",
      piece_ns(pieces.head), piece_ns(pieces.stage_encode), piece_ns(pieces.stage_decode), piece_ns(pieces.block_encode),
      ns(spent.ring_write), ns(spent.stage_write), ns(all_in - sync) - known);
  return {};
}

}  // namespace
}  // namespace tacho::bench

int main(int argc, char** argv) {
  const auto options = tacho::bench::Options::parse(argc, argv, {{"traces", "FOLDER"}, {"rows", "8192"}});
  if (!options) return fmt::print(stderr, "seal_bench: {}\n", options.error()), 2;
  const auto done = tacho::bench::run(*options);
  if (!done) return fmt::print(stderr, "seal_bench: {}\n", done.error()), 1;
  return 0;
}
