// How many bytes a trace's samples take in the ring, all in, and how fast they go there and come back.
//
// A trace is a CSV: `timestamp` in Unix seconds, then a column a series; an empty cell is no sample. It is one group; its rows become
// blocks as the store makes them. Everything is decoded again and compared bit for bit. One line of JSON; the speeds are medians
// of several passes, beside memcpy of the same doubles, which is the limit.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <string>

#include "store/block.h"
#include "store/ring_format.h"
#include "store/store.h"

namespace {

using namespace tacho;
using namespace tacho::store;
using Clock = std::chrono::steady_clock;

struct Trace {
  std::vector<TimeMs> times;
  std::vector<std::vector<double>> columns;
  std::size_t samples = 0;
};

bool read_trace(const char* path, bool aligned, Trace& trace) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line)) return false;
  while (std::getline(in, line)) {
    const char *at = line.data(), *end = at + line.size();
    double seconds = 0;
    at = std::from_chars(at, end, seconds).ptr;
    auto t = static_cast<TimeMs>(std::llround(seconds * 1000));
    if (aligned) t = t / 1000 * 1000;
    if (!trace.times.empty() && t <= trace.times.back()) continue;  // two readings of one aligned second: the first one stays
    trace.times.push_back(t);
    for (std::size_t c = 0; at < end && *at == ','; ++c) {
      double v = absent();
      if (const auto parsed = std::from_chars(++at, end, v); parsed.ec == std::errc{}) {
        at = parsed.ptr;
        ++trace.samples;
      }
      if (c == trace.columns.size()) trace.columns.emplace_back(trace.times.size() - 1, absent());
      trace.columns[c].push_back(v);
    }
    for (auto& column : trace.columns) column.resize(trace.times.size(), absent());
  }
  return !trace.times.empty() && !trace.columns.empty();
}

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

template <class F>
double nanoseconds(F&& f) {
  const auto begun = Clock::now();
  f();
  return std::chrono::duration<double, std::nano>(Clock::now() - begun).count();
}

struct Encoded {
  std::size_t first = 0, rows = 0;
  std::vector<std::byte> bytes;
};

std::vector<Encoded> encode(const Trace& trace, double& ns) {
  std::vector<Encoded> out;
  ns = 0;
  const std::size_t most = block_rows(trace.columns.size());
  for (std::size_t first = 0; first < trace.times.size(); first += most) {
    const std::size_t rows = std::min(most, trace.times.size() - first);
    std::vector<std::vector<double>> columns;
    for (const auto& c : trace.columns)
      columns.emplace_back(c.begin() + static_cast<std::ptrdiff_t>(first), c.begin() + static_cast<std::ptrdiff_t>(first + rows));
    Encoded e{first, rows, {}};
    ns += nanoseconds([&] { e.bytes = encode_block(std::span(trace.times).subspan(first, rows), columns); });
    out.push_back(std::move(e));
  }
  return out;
}

// Every cell and time as it was, bit for bit.
bool same(const Trace& trace, const std::vector<Encoded>& blocks) {
  for (const Encoded& e : blocks) {
    const auto view = BlockView::open(e.bytes);
    if (!view || view->rows() != e.rows ||
        !std::equal(view->times().begin(), view->times().end(), trace.times.begin() + static_cast<std::ptrdiff_t>(e.first)))
      return false;
    std::vector<double> cells(e.rows);
    for (std::size_t c = 0; c < trace.columns.size(); ++c) {
      if (!view->read_column(c, 0, cells)) return false;
      if (std::memcmp(cells.data(), trace.columns[c].data() + e.first, e.rows * sizeof(double)) != 0) return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const bool aligned = argc > 2 && std::string_view(argv[2]) == "--aligned";
  Trace trace;
  if (argc < 2 || !read_trace(argv[1], aligned, trace)) {
    std::fprintf(stderr, "usage: bench_compression TRACE.csv [--aligned]\n");
    return 2;
  }
  constexpr int kPasses = 7;
  std::vector<double> encode_ns(kPasses), decode_ns, copy_ns;
  std::vector<Encoded> blocks;
  for (double& ns : encode_ns) blocks = encode(trace, ns);
  if (!same(trace, blocks)) {
    std::fprintf(stderr, "%s: what was decoded is not what was encoded\n", argv[1]);
    return 1;
  }
  std::size_t bytes = 0;
  for (const Encoded& e : blocks) bytes += record_bytes(e.bytes.size());

  // A flat buffer that stays in the cache, as a query's evaluation reads it.
  std::vector<double> flat(kBlockRowsMost);
  double sum = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    double ns = 0, copy = 0;
    for (const Encoded& e : blocks) {
      ns += nanoseconds([&] {
        const auto view = BlockView::open(e.bytes);
        for (std::size_t c = 0; c < trace.columns.size(); ++c) {
          (void)view->read_column(c, 0, std::span(flat).first(e.rows));
          sum += flat[0];
        }
      });
      copy += nanoseconds([&] {
        for (const auto& c : trace.columns) {
          std::memcpy(flat.data(), c.data() + e.first, e.rows * sizeof(double));
          sum += flat[e.rows / 2];
        }
      });
    }
    decode_ns.push_back(ns);
    copy_ns.push_back(copy);
  }
  const auto cells = static_cast<double>(trace.times.size() * trace.columns.size());
  std::printf(
      "{\"rows\": %zu, \"series\": %zu, \"samples\": %zu, \"bytes\": %zu, \"bytes_per_sample\": %.4f, "
      "\"encode_ns\": %.2f, \"decode_gvps\": %.3f, \"memcpy_gvps\": %.3f, \"check\": %d}\n",
      trace.times.size(), trace.columns.size(), trace.samples, bytes,
      static_cast<double>(bytes) / static_cast<double>(trace.samples), median(encode_ns) / cells, cells / median(decode_ns),
      cells / median(copy_ns), std::isnan(sum) ? 0 : 1);
}
