// Rows that say which they are: what a group writes, as a function of the row, and whether an answer is just that. A torn, mixed,
// repeated, changed or missing row shows.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <span>
#include <string>
#include <vector>

#include "store/queryable.h"
#include "store/store.h"

namespace tacho::test {

struct TellingRows {
  static constexpr std::size_t kSteady = 4, kSeries = kSteady + 3;

  std::string group = "g";
  std::int64_t interval_ms = 1000;
  std::uint64_t epoch_rows = 700;  // a series ends and another begins after so many rows

  TimeMs time(std::uint64_t row) const { return static_cast<TimeMs>(row + 1) * interval_ms; }
  bool live(std::size_t series, std::uint64_t row) const { return series < kSteady || row / epoch_rows % 3 == series - kSteady; }
  bool begins_epoch(std::uint64_t row) const { return row % epoch_rows == 0; }
  bool ends(std::size_t series, std::uint64_t row) const {
    return row > 0 && begins_epoch(row) && live(series, row - 1) && !live(series, row);
  }

  // The cell's bits: absent now and then, though never of series 0; else the row, the series, and noise that no codec takes out.
  std::uint64_t bits(std::size_t series, std::uint64_t row) const {
    if (ends(series, row)) return kStaleBits;
    std::uint64_t noise = (row * kSeries + series) * 0x9e37'79b9'7f4a'7c15;
    noise = (noise ^ (noise >> 29)) * 0xbf58'476d'1ce4'e5b9 >> 38;
    if (!live(series, row) || (series > 0 && noise % 11 == 0)) return kAbsentBits;
    return std::bit_cast<std::uint64_t>(static_cast<double>(row << 30 | series << 26 | noise));
  }
  // The series that end with a row, a bit each.
  unsigned ending(std::uint64_t row) const {
    unsigned out = 0;
    for (std::size_t s = 0; s < kSeries; ++s) out |= unsigned{ends(s, row)} << s;
    return out;
  }
  // The series that have something to say in a row, a bit each.
  unsigned whole(std::uint64_t row) const {
    unsigned out = 0;
    for (std::size_t s = 0; s < kSeries; ++s) out |= unsigned{bits(s, row) != kAbsentBits} << s;
    return out;
  }
  store::Schema schema(std::uint64_t row) const {
    store::Schema s;
    for (std::size_t i = 0; i < kSeries; ++i) {
      if (live(i, row))
        s.push_back({Labels::of("m", {{"group", group}, {"s", std::to_string(i)}}), MetricType::gauge, store::Rollup::none});
    }
    return s;
  }
  // Requires: the rows before have been written to the group, or it was described as the row before.
  Result<void> write(store::Group& to, std::uint64_t row) const {
    if (begins_epoch(row)) {
      if (auto ok = to.describe(schema(row)); !ok) return ok;
    }
    auto cells = to.begin_row();
    std::size_t c = 0;
    for (std::size_t s = 0; s < kSeries; ++s) {
      if (live(s, row)) cells[c++].store(bits(s, row), std::memory_order_release);
    }
    to.publish(time(row));
    return {};
  }

  // What an answer may be.
  struct Expected {
    std::uint64_t from = 0;       // rows before are not asked for
    std::uint64_t published = 0;  // rows [from, published) are there, but for the oldest
    std::uint64_t head_rows = 0;  // the head's capacity where rows may be overwritten while the reader looks; else 0
    bool gaps = false;            // rows may be missing anywhere
    // Rows with which an agent's life began: it knows no series that ended before, so that their markers may be missing.
    std::span<const std::atomic<std::uint64_t>> births = {};

    bool unmarked(std::uint64_t row) const {
      return std::ranges::any_of(births, [&](const auto& birth) { return birth.load(std::memory_order_relaxed) == row; });
    }
  };
  struct Found {
    std::uint64_t oldest = 0, rows = 0, samples = 0;
    std::uint64_t overwritten = 0;
    std::string wrong;  // empty: the answer is what it may be
  };
  // `published_now`, called after the look: how many rows may be there at most.
  Found check(const store::Queryable& q, const Expected& e) const {
    return check(q, e, [&] { return e.published; });
  }
  template <class Now>
  Found check(const store::Queryable& q, const Expected& e, Now published_now) const {
    Found out;
    const store::Matcher only[] = {store::Matcher::equal("group", group)};
    const auto answer = q.select(only, {time(e.from), time(e.published + 1'000'000)}, {});
    const std::uint64_t most = published_now();
    const auto wrong = [&](std::string what) {
      out.wrong = fmt::format("group {}, {} to {} rows published: {}", group, e.published, most, what);
      return out;
    };
    if (!answer) return wrong(answer.error().message);
    std::vector<unsigned> found(most);  // of each row, a bit a series
    out.oldest = most;
    out.samples = answer->samples;
    for (const store::SeriesView& v : answer->series) {
      const std::size_t s = std::stoul(std::string(v.labels().get("s")));
      for (std::size_t i = 0; i < v.times.size(); ++i) {
        const auto row = static_cast<std::uint64_t>(v.times[i] / interval_ms) - 1;
        if (row >= most || v.times[i] != time(row))
          return wrong(fmt::format("series {} at {}, which was never written", s, v.times[i]));
        if (std::bit_cast<std::uint64_t>(v.values[i]) != bits(s, row))
          return wrong(
              fmt::format("series {} of row {} is {}, not {}", s, row, v.values[i], std::bit_cast<double>(bits(s, row))));
        if ((found[row] >> s & 1) != 0) return wrong(fmt::format("series {} of row {} is there twice", s, row));
        found[row] |= 1u << s;
        out.oldest = std::min(out.oldest, row);
      }
    }
    // The newest at least; where there are older ones, from these on.
    const std::uint64_t first = std::min(out.oldest, e.published - (e.published > e.from));
    for (std::uint64_t row = first; row < e.published; ++row) {
      out.rows += found[row] != 0;
      if (found[row] == whole(row) || (found[row] == 0 && e.gaps)) continue;
      if (found[row] == (whole(row) & ~ending(row)) && e.unmarked(row)) continue;
      // Not sealed when the reader began (no more than a head's rows were not), and overwritten before it was done.
      const bool overwritten = row + e.head_rows >= e.published && row + e.head_rows <= most;
      if (!overwritten || found[row] != 0)
        return wrong(
            fmt::format("row {} has the series {:b}, not {:b}; the oldest row is {}", row, found[row], whole(row), out.oldest));
      ++out.overwritten;
    }
    return out;
  }
};

}  // namespace tacho::test
