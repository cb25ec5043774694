// A row in plain memory, for whoever wants one sample and has no head: `tacho sample --once`, tests, benchmarks.
//
// Threads  one.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "proto/base/sample.h"
#include "sampler/source.h"

namespace tacho::sampler {

class RowBuffer {
 public:
  explicit RowBuffer(std::size_t size) : size_(size), cells_(std::make_unique<std::atomic<std::uint64_t>[]>(size)) { clear(); }

  // All cells absent.
  void clear() {
    for (std::size_t i = 0; i < size_; ++i) cells_[i].store(kAbsentBits, std::memory_order_relaxed);
  }
  Row row() { return Row(std::span(cells_.get(), size_)); }
  double operator[](std::size_t column) const { return std::bit_cast<double>(cells_[column].load(std::memory_order_relaxed)); }
  std::uint64_t bits(std::size_t column) const { return cells_[column].load(std::memory_order_relaxed); }
  std::size_t size() const { return size_; }
  // All cells, as they lie in memory. Requires: nobody writes.
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(cells_.get(), size_)); }

 private:
  std::size_t size_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> cells_;
};

}  // namespace tacho::sampler
