// How dense are the store's blocks and how fast are they, on recorded telemetry: one trace in, one line of JSON out.
//   build/bench/compression_bench FILE.csv [--aligned] [--rows N] [--block N] [--name NAME]
//
// Bytes    what the ring keeps: each block's record with its header and padding, times and directory within. The schema's record is
//          apart: the ring has one a quarter of its size.
// Checked  every time and cell, bit for bit, before anything is timed.
// Speed    median, least and most of kPasses passes; memcpy of the same doubles into the same buffer is the limit beside them.
#include <fmt/format.h>

#include <bit>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <functional>

#include "bench/trace.h"
#include "proto/exposition.h"
#include "proto/schema/store_generated.h"
#include "store/block/block.h"
#include "store/block/block_format.h"
#include "store/block/schema_codec.h"
#include "store/ring/ring_format.h"
#include "store/store.h"

namespace tacho::bench {
namespace {

constexpr int kPasses = 9;
constexpr double kPassSeconds = 0.03;  // a pass repeats the work until it took as long

struct Options {
  std::string path, name;
  bool aligned = false;
  std::size_t rows = 0, block_rows = 0;  // 0: all; as the store does
};

// One stretch of the trace as it is sealed.
struct Piece {
  std::span<const TimeMs> times;
  std::vector<std::vector<double>> columns;
};

struct Sizes {
  std::size_t records = 0;  // all in
  std::size_t values = 0;   // the columns' bytes as stored
  std::size_t raw = 0;      // and before lz4
  std::size_t directory = 0;
  std::size_t times = 0;
  std::size_t pieces = 0, lz4_pieces = 0;
  std::size_t schema = 0;
};

// In items a second.
struct Rate {
  double median, least, most;
};

// Of the processor, not of the clock on the wall: others may use the machine too.
double thread_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

Rate measure(std::size_t items, const std::function<void()>& work) {
  const auto seconds_of = [&](int times) {
    const double begin = thread_seconds();
    for (int i = 0; i < times; ++i) work();
    return thread_seconds() - begin;
  };
  seconds_of(1);  // caches, pages and the processor's clock
  const int repeats = static_cast<int>(std::max(1.0, kPassSeconds / std::max(1e-9, seconds_of(1))));
  std::vector<double> rates;
  for (int pass = 0; pass < kPasses; ++pass) rates.push_back(static_cast<double>(items) * repeats / seconds_of(repeats));
  std::ranges::sort(rates);
  return {rates[kPasses / 2], rates.front(), rates.back()};
}

// The compiler must believe that somebody reads it.
void keep(const void* p) { asm volatile("" : : "r"(p) : "memory"); }

std::vector<Piece> cut(const Trace& trace, std::size_t block_rows) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < trace.rows(); at += block_rows) {
    const std::size_t n = std::min(block_rows, trace.rows() - at);
    Piece piece{std::span(trace.times).subspan(at, n), {}};
    for (const auto& c : trace.columns) {
      const auto from = c.begin() + static_cast<std::ptrdiff_t>(at);
      piece.columns.emplace_back(from, from + static_cast<std::ptrdiff_t>(n));
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

void add(Sizes& sizes, std::span<const std::byte> bytes) {
  const auto& block = *flatbuffers::GetSizePrefixedRoot<fb::Block>(bytes.data() + store::kHeadChecksumBytes);
  sizes.records += store::record_bytes(bytes.size());
  sizes.values += bytes.size() - *store::BlockView::head_size(bytes);
  sizes.directory += block.directory()->size();
  sizes.times += block.times()->size();
  sizes.pieces += block.pieces()->size();
  for (const fb::Piece* p : *block.pieces()) {
    sizes.raw += p->raw_bytes();
    sizes.lz4_pieces += p->bytes() != p->raw_bytes() ? 1 : 0;
  }
}

Result<std::size_t> schema_bytes(const Trace& trace, const std::string& group) {
  store::Schema schema;
  for (const std::string& name : trace.names) {
    auto labels = parse_series(name);
    if (!labels) return failure("series '{}': {}", name, labels.error());
    schema.push_back({std::move(*labels), MetricType::gauge, store::Rollup::none});
  }
  return store::record_bytes(store::pack_schema(*store::encode_schema(group, trace.interval(), std::move(schema))).size());
}

Result<void> compare(const store::BlockView& view, const Piece& piece) {
  if (!std::ranges::equal(view.times(), piece.times)) return failure("the times came back changed");
  std::vector<double> out(piece.times.size());
  for (std::size_t c = 0; c < piece.columns.size(); ++c) {
    if (auto ok = view.read_column(c, 0, out); !ok) return failure("column {}: {}", c, ok.error());
    if (std::memcmp(out.data(), piece.columns[c].data(), out.size() * sizeof(double)) != 0)
      return failure("column {} came back changed", c);
  }
  return {};
}

bool varies(const std::vector<double>& cells) {
  return std::ranges::any_of(cells,
                             [&](double v) { return std::bit_cast<std::uint64_t>(v) != std::bit_cast<std::uint64_t>(cells[0]); });
}

// A column of a block, whole, and where a reader of the series puts it.
struct Read {
  std::uint32_t block, column;
  std::size_t at;
};

std::string rate_json(const char* name, Rate r) {
  return fmt::format(R"("{0}_median":{1:.4g},"{0}_min":{2:.4g},"{0}_max":{3:.4g})", name, r.median, r.least, r.most);
}

// The reads series by series, each into the same flat buffer: as long as the trace, so that a reader's cache is no better than real.
std::string measure_reads(const std::vector<store::BlockView>& views, const std::vector<Piece>& pieces, std::size_t block_rows,
                          std::vector<double>& flat) {
  std::vector<Read> all, varying;
  std::size_t all_values = 0, varying_values = 0;
  for (std::uint32_t c = 0; c < pieces[0].columns.size(); ++c) {
    for (std::uint32_t b = 0; b < pieces.size(); ++b) {
      const auto& cells = pieces[b].columns[c];
      all.push_back({b, c, b * block_rows});
      all_values += cells.size();
      if (!varies(cells)) continue;
      varying.push_back(all.back());
      varying_values += cells.size();
    }
  }
  const auto decode = [&](const std::vector<Read>& reads) {
    for (const Read& r : reads) {
      const std::size_t n = views[r.block].rows();
      if (!views[r.block].read_column(r.column, 0, std::span(flat).subspan(r.at, n))) std::abort();  // it could before
      keep(flat.data());
    }
  };
  const auto copy = [&](const std::vector<Read>& reads) {
    for (const Read& r : reads) {
      const auto& cells = pieces[r.block].columns[r.column];
      std::memcpy(flat.data() + r.at, cells.data(), cells.size() * sizeof(double));
      keep(flat.data());
    }
  };
  std::string out = rate_json("decode_values_per_second", measure(all_values, [&] { decode(all); }));
  out += "," + rate_json("memcpy_values_per_second", measure(all_values, [&] { copy(all); }));
  out += fmt::format(R"(,"varying_share":{:.4f})", static_cast<double>(varying_values) / static_cast<double>(all_values));
  if (varying.empty()) return out;
  out += "," + rate_json("decode_varying_values_per_second", measure(varying_values, [&] { decode(varying); }));
  return out + "," + rate_json("memcpy_varying_values_per_second", measure(varying_values, [&] { copy(varying); }));
}

Result<void> run(const Options& options) {
  auto read = read_trace(options.path, options.rows);
  if (!read) return std::unexpected(read.error());
  Trace& trace = *read;
  if (options.aligned) align(trace);
  const std::string name = options.name.empty() ? std::filesystem::path(options.path).stem().string() : options.name;
  const std::size_t block_rows = options.block_rows != 0 ? options.block_rows : store::block_rows(trace.columns.size());
  const std::vector<Piece> pieces = cut(trace, block_rows);
  const auto encode = [](const Piece& p) { return store::encode_block(p.times, p.columns); };

  Sizes sizes;
  std::vector<std::vector<std::byte>> blocks;
  std::vector<store::BlockView> views;
  for (const Piece& piece : pieces) {
    blocks.push_back(encode(piece));
    add(sizes, blocks.back());
    auto view = store::BlockView::open_whole(blocks.back());
    if (!view) return failure("{}: block {}: {}", name, views.size(), view.error());
    if (auto same = compare(*view, piece); !same) return failure("{}: block {}: {}", name, views.size(), same.error());
    views.push_back(std::move(*view));
  }
  const auto schema = schema_bytes(trace, "bench");
  if (!schema) return failure("{}: {}", options.path, schema.error());
  sizes.schema = *schema;

  const std::size_t samples = trace.samples();
  const auto per_sample = [&](std::size_t bytes) { return static_cast<double>(bytes) / static_cast<double>(samples); };
  std::vector<double> flat(trace.rows());
  const Rate encoding = measure(samples, [&] {
    for (const Piece& p : pieces) keep(encode(p).data());
  });
  const Rate opening = measure(samples, [&] {
    for (const auto& b : blocks) {
      const auto view = store::BlockView::open_whole(b);
      keep(&*view);
    }
  });
  fmt::print(
      R"({{"trace":"{}","times":"{}","series":{},"rows":{},"samples":{},"block_rows":{},"blocks":{},"pieces":{},"lz4_pieces":{},)",
      name, options.aligned ? "aligned" : "as recorded", trace.columns.size(), trace.rows(), samples, block_rows, pieces.size(),
      sizes.pieces, sizes.lz4_pieces);
  fmt::print(R"("bytes":{},"bytes_per_sample":{:.5f},"values_bytes_per_sample":{:.5f},"times_bytes_per_sample":{:.5f},)",
             sizes.records, per_sample(sizes.records), per_sample(sizes.values), per_sample(sizes.times));
  fmt::print(R"("values_before_lz4_bytes_per_sample":{:.5f},"directory_bytes_per_sample":{:.5f},"schema_bytes":{},)",
             per_sample(sizes.raw), per_sample(sizes.directory), sizes.schema);
  fmt::print(R"("encode_ns_per_sample":{:.3f},"encode_ns_per_sample_min":{:.3f},"encode_ns_per_sample_max":{:.3f},)",
             1e9 / encoding.median, 1e9 / encoding.most, 1e9 / encoding.least);
  fmt::print("{},", rate_json("open_values_per_second", opening));
  fmt::print("{}}}\n", measure_reads(views, pieces, block_rows, flat));
  return {};
}

Result<Options> parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto number = [&]() -> std::size_t {
      const auto n = i + 1 < argc ? parse_int(argv[++i]) : std::nullopt;
      return n && *n > 0 ? static_cast<std::size_t>(*n) : 0;
    };
    if (word == "--aligned") {
      o.aligned = true;
    } else if (word == "--rows") {
      if ((o.rows = number()) == 0) return failure("--rows needs a whole number above 0");
    } else if (word == "--block") {
      if ((o.block_rows = number()) == 0 || o.block_rows > store::kRowsMax)
        return failure("--block needs 1 to {}", store::kRowsMax);
    } else if (word == "--name" && i + 1 < argc) {
      o.name = argv[++i];
    } else if (o.path.empty() && !word.starts_with("--")) {
      o.path = word;
    } else {
      return failure("'{}' is not understood", word);
    }
  }
  if (o.path.empty()) return failure("usage: compression_bench FILE.csv [--aligned] [--rows N] [--block N] [--name NAME]");
  return o;
}

}  // namespace
}  // namespace tacho::bench

int main(int argc, char** argv) {
  const auto options = tacho::bench::parse(argc, argv);
  if (!options) return fmt::print(stderr, "compression_bench: {}\n", options.error()), 2;
  const auto done = tacho::bench::run(*options);
  if (!done) return fmt::print(stderr, "compression_bench: {}\n", done.error()), 1;
  return 0;
}
