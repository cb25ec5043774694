// How a head's frames are written and read beside each other: the stores and loads of head.h's "Protocol", in their order.
//
// Shape    templates over the word: std::atomic<std::uint64_t> in the program, a modelled one in tests/store/head/head_model_test.cc,
//          which tries every behaviour that C++ allows them.
// Threads  begin_frame(), publish_frame(): the writer. read_frames(): any.
// Cost     as head.h says; everything is inlined.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "proto/base/check.h"
#include "proto/base/sample.h"
#include "store/head/head.h"

namespace tacho::store {

template <class Word>
struct Frames {
  Word* published_rows = nullptr;  // HeadHeader::published
  Word* words = nullptr;           // `capacity` frames of one time and `columns` cells
  std::uint64_t capacity = 0;      // a power of two
  std::size_t columns = 0;

  Word* frame(std::uint64_t row) const { return words + (row & (capacity - 1)) * (1 + columns); }
  std::uint64_t published() const { return published_rows->load(std::memory_order_acquire); }
  // The frame of row `published` belongs to the writer, so one frame fewer than there are can be read.
  std::uint64_t oldest() const {
    const std::uint64_t n = published();
    return n < capacity ? 0 : n - capacity + 1;
  }
};

// The first `used` cells of row `row`, all absent; to be stored with release order. Requires: `row` is not published, the one before
// it is.
template <class Word>
std::span<Word> begin_frame(const Frames<Word>& f, std::uint64_t row, std::size_t used) {
  Word* cells = f.frame(row) + 1;
  for (std::size_t c = 0; c < used; ++c) cells[c].store(kAbsentBits, std::memory_order_release);
  return {cells, used};
}

// Requires: begin_frame(row) before.
template <class Word>
void publish_frame(const Frames<Word>& f, std::uint64_t row, TimeMs t) {
  f.frame(row)->store(static_cast<std::uint64_t>(t), std::memory_order_release);
  f.published_rows->store(row + 1, std::memory_order_release);
}

// As Head::read().
template <class F>
HeadRows read_frames(const F& f, std::span<const std::uint32_t> columns, std::uint64_t from_row, std::uint64_t to_row,
                     TimeMs t_min, TimeMs t_max) {
  to_row = std::min(to_row, f.published());
  from_row = std::max(from_row, f.oldest());
  HeadRows out;
  out.columns.resize(columns.size());
  if (from_row >= to_row) return out;

  std::vector<TimeMs> times(to_row - from_row);
  for (std::uint64_t r = from_row; r < to_row; ++r)
    times[r - from_row] = static_cast<TimeMs>(f.frame(r)->load(std::memory_order_acquire));
  const auto inside = [&](TimeMs t) { return t >= t_min && t <= t_max; };
  const auto first = std::find_if(times.begin(), times.end(), inside);
  const auto last = std::find_if(times.rbegin(), std::make_reverse_iterator(first), inside).base();
  const std::uint64_t begin = from_row + static_cast<std::uint64_t>(first - times.begin());
  const std::uint64_t end = from_row + static_cast<std::uint64_t>(last - times.begin());

  // Some columns at a time, row by row: a cache line of a frame is loaded once for those that lie in it.
  constexpr std::size_t kTile = 8;
  for (std::size_t c = 0; c < columns.size(); c += kTile) {
    const std::size_t tile = std::min(kTile, columns.size() - c);
    for (std::size_t i = c; i < c + tile; ++i) {
      tacho_dcheck(columns[i] < f.columns);
      out.columns[i].resize(end - begin);
    }
    for (std::uint64_t r = begin; r < end; ++r) {
      auto* cells = f.frame(r) + 1;
      for (std::size_t i = c; i < c + tile; ++i)
        out.columns[i][r - begin] = std::bit_cast<double>(cells[columns[i]].load(std::memory_order_acquire));
    }
  }
  // What was overwritten while we copied is dropped: see "Protocol" in head.h.
  const std::uint64_t still_there = std::clamp(f.oldest(), begin, std::max(begin, end));
  const auto torn = static_cast<std::ptrdiff_t>(still_there - begin);
  out.first_row = still_there;
  if (first < last) out.times.assign(first + torn, last);
  for (auto& values : out.columns) values.erase(values.begin(), values.begin() + torn);
  return out;
}

}  // namespace tacho::store
