// A trace that never ends: its rows again and again, counters continuing upward from where the last repetition left them.
//
// Shape    some columns of a trace, beginning at any row. A column whose values only grow is a counter: each repetition adds what the
//          trace adds, and one of its steps. Values keep the decimals that the source printed.
// Cost     a row: a load and a store a cell, and a division for each counter.
#pragma once

#include <atomic>
#include <bit>
#include <cmath>
#include <span>
#include <vector>

#include "bench/trace.h"
#include "proto/exposition.h"
#include "store/series.h"

namespace tacho::bench {

class Replay {
 public:
  Replay(const Trace& trace, std::vector<std::size_t> columns, std::size_t first_row)
      : columns_(std::move(columns)), rows_(trace.rows()), at_(first_row % rows_) {
    values_.resize(rows_ * columns_.size());
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::vector<double>& cells = trace.columns[columns_[c]];
      for (std::size_t r = 0; r < rows_; ++r) values_[r * columns_.size() + c] = cells[r];
      add_counter(cells, c);
    }
    for (std::size_t r = 0; r < rows_; ++r) {
      for (const Counter& counter : counters_) {
        const double v = values_[r * columns_.size() + counter.column];
        counts_.push_back(is_absent(v) ? 0 : std::llround(v * counter.scale));
      }
    }
    // What comes before the first row has been already.
    for (std::size_t r = 0; r < at_; ++r) advance(r);
  }

  std::size_t columns() const { return columns_.size(); }

  void next_row(std::span<std::atomic<std::uint64_t>> cells) {
    const double* row = &values_[at_ * columns_.size()];
    for (std::size_t c = 0; c < columns_.size(); ++c)
      cells[c].store(std::bit_cast<std::uint64_t>(row[c]), std::memory_order_release);
    advance(at_);
    at_ = at_ + 1 == rows_ ? 0 : at_ + 1;
  }

  // The trace's names; `copy`: a label more, so that copies are series of their own.
  Result<store::Schema> schema(const Trace& trace, std::string_view copy) const {
    store::Schema out;
    for (const std::size_t c : columns_) {
      auto labels = parse_series(trace.names[c]);
      if (!labels) return failure("series '{}': {}", trace.names[c], labels.error());
      labels->set("copy", copy);
      out.push_back({std::move(*labels), MetricType::gauge, store::Rollup::none});
    }
    return out;
  }

 private:
  struct Counter {
    std::size_t column;
    double scale;        // 10 to the decimals
    std::int64_t total;  // of a repetition
  };

  // The least power of ten at which every value is a whole number; 0: there is none.
  static double scale_of(const std::vector<double>& values) {
    for (double scale = 1; scale <= 1e9; scale *= 10) {
      if (std::ranges::all_of(values, [&](double v) {
            return std::abs(v * scale) < 0x1p50 && static_cast<double>(std::llround(v * scale)) / scale == v;
          }))
        return scale;
    }
    return 0;
  }

  void add_counter(const std::vector<double>& cells, std::size_t column) {
    std::vector<double> values;
    for (const double v : cells) {
      if (!is_absent(v)) values.push_back(v);
    }
    if (values.size() < 2 || values.front() == values.back() || !std::ranges::is_sorted(values)) return;
    const double scale = scale_of(values);
    if (scale == 0) return;
    const double step = *std::ranges::find_if(values, [&](double v) { return v > values.front(); }) - values.front();
    counters_.push_back({column, scale, std::llround((values.back() - values.front() + step) * scale)});
  }

  void advance(std::size_t row) {
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      double& v = values_[row * columns_.size() + counters_[i].column];
      if (is_absent(v)) continue;
      std::int64_t& count = counts_[row * counters_.size() + i];
      count += counters_[i].total;
      v = static_cast<double>(count) / counters_[i].scale;
    }
  }

  std::vector<std::size_t> columns_;  // of the trace
  std::size_t rows_;
  std::size_t at_;
  std::vector<double> values_;  // of this repetition from row at_ on, of the next one before it; row by row
  std::vector<Counter> counters_;
  std::vector<std::int64_t> counts_;  // a row of counters each: value times scale
};

// For a look whether a program works, where there are no traces: counters, gauges and constants.
inline Trace made_trace(std::size_t columns, std::size_t rows) {
  Trace trace;
  for (std::size_t r = 0; r < rows; ++r) trace.times.push_back(static_cast<TimeMs>(r) * 1000);
  for (std::size_t c = 0; c < columns; ++c) {
    // Counters under a name that is looked for.
    trace.names.push_back(c % 3 == 0
                              ? fmt::format("node_cpu_seconds_total{{cpu=\"{}\",mode=\"{}\"}}", c, c % 2 == 0 ? "idle" : "user")
                              : fmt::format("made_gauge{{column=\"{}\"}}", c));
    std::vector<double>& cells = trace.columns.emplace_back();
    std::uint32_t noise = static_cast<std::uint32_t>(c) * 2654435761u + 1;
    double v = static_cast<double>(c);
    for (std::size_t r = 0; r < rows; ++r) {
      noise = noise * 1664525u + 1013904223u;
      if (c % 3 == 0) v += noise >> 28;
      if (c % 3 == 1) v = static_cast<double>(noise >> 22) / 100;
      cells.push_back(v);
    }
  }
  return trace;
}

// The parts of a composite node that bench/traces.py makes, each a group of its own.
struct NodePart {
  std::string name;
  Trace trace;
};

// FOLDER/host.csv, gpu8.csv and ib8.csv; "made": small made ones.
inline Result<std::vector<NodePart>> read_node(const std::string& folder) {
  std::vector<NodePart> out;
  if (folder == "made") {
    out.push_back({"host", made_trace(60, 200)});
    out.push_back({"gpu8", made_trace(8, 200)});
    return out;
  }
  for (const char* name : {"host", "gpu8", "ib8"}) {
    auto trace = read_trace(folder + "/" + name + ".csv");
    if (!trace) return failure("{}; bench/traces.py --out {} makes it", trace.error(), folder);
    out.push_back({name, std::move(*trace)});
  }
  return out;
}

// `n` of `all` columns, evenly spread.
inline std::vector<std::size_t> spread(std::size_t n, std::size_t all) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(i * all / n);
  return out;
}

}  // namespace tacho::bench
