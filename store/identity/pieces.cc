#include "store/identity/pieces.h"

#include <algorithm>

#include "proto/base/check.h"

namespace tacho::store {

bool IdentityPieces::before(const Piece& a, const Piece& b) {
  const auto order = a.info->labels <=> b.info->labels;
  return order != 0 ? order < 0 : a.begin() < b.begin();
}

void IdentityPieces::add_piece(const SeriesView& series, std::size_t first, std::size_t count, const Labels& identity) {
  Piece piece{.info = series.info, .stored = series, .first = first, .count = count};
  Labels labels = joined_labels(series.labels(), identity);
  const bool follows = !pieces_.empty() && pieces_.back().stored.info == series.info;
  if (follows && pieces_.back().info->labels == labels) {  // what differs it has by itself
    pieces_.back().count += count;
    return;
  }
  piece.joined = labels.size() - series.labels().size();
  if (piece.joined > 0) {
    made_->infos.push_back({std::move(labels), series.info->type, series.info->rollup});
    piece.info = &made_->infos.back();
  }
  if (follows) pieces_.back().ends = !is_stale(series.values[first - 1]);
  pieces_.push_back(piece);
}

void IdentityPieces::add(const SeriesView& series) {
  const std::vector<IdentityStretch>& stretches = joiner_.stretches(series.labels());
  const std::size_t count = series.times.size();
  std::size_t first = 0;
  for (std::size_t i = 0; i < stretches.size() && first < count; ++i) {
    std::size_t last = count;
    if (i + 1 < stretches.size()) {
      const auto begin = series.times.begin();
      last = static_cast<std::size_t>(
          std::lower_bound(begin + static_cast<std::ptrdiff_t>(first), series.times.end(), stretches[i + 1].from) - begin);
    }
    for (; first > 0 && first < last && is_stale(series.values[first]); ++first)
      ++pieces_.back().count;  // it ends what was before it
    if (last > first) add_piece(series, first, last - first, *stretches[i].labels);
    first = last;
  }
}

// Of pieces with equal labels and samples at overlapping times all but one are answered as they are stored. Whether there were any.
bool IdentityPieces::give_way() {
  bool any = false;
  for (std::size_t i = 0; i < pieces_.size();) {
    std::size_t behind = i + 1;
    while (behind < pieces_.size() && pieces_[behind].info->labels == pieces_[i].info->labels) ++behind;
    // By begin. The one that reaches furthest so far is the only one that the next can overlap.
    std::size_t holder = i;
    for (std::size_t k = i + 1; k < behind; ++k) {
      if (pieces_[k].begin() > pieces_[holder].end()) {
        holder = k;
        continue;
      }
      const auto rank = [](const Piece& p) { return std::pair(p.joined, std::cref(p.stored.labels())); };
      const auto [joined_a, labels_a] = rank(pieces_[holder]);
      const auto [joined_b, labels_b] = rank(pieces_[k]);
      const bool holder_stays = joined_a != joined_b ? joined_a < joined_b : !(labels_b.get() < labels_a.get());
      Piece& loser = pieces_[holder_stays ? k : holder];
      TACHO_CHECK(loser.joined > 0);  // stored series have labels of their own each
      loser.info = loser.stored.info;
      loser.joined = 0;
      any = true;
      if (!holder_stays) holder = k;
    }
    i = behind;
  }
  return any;
}

void IdentityPieces::settle() {
  do {
    if (!std::is_sorted(pieces_.begin(), pieces_.end(), before)) std::sort(pieces_.begin(), pieces_.end(), before);
  } while (give_way());
}

SeriesView IdentityPieces::view_of(std::span<const Piece> pieces) {
  const Piece& one = pieces.front();
  SeriesView out = one.stored;
  out.info = one.info;
  const bool is_whole = std::adjacent_find(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
                          return a.stored.info != b.stored.info || a.first + a.count != b.first;
                        }) == pieces.end();
  if (is_whole) {  // one piece, or some that came together again
    const std::size_t count = pieces.back().first + pieces.back().count - one.first;
    const bool ends = pieces.back().ends;
    out.times = one.stored.times.subspan(one.first, count + (ends ? 1 : 0));
    out.values = one.stored.values.subspan(one.first, count);
    if (!ends) return out;
    std::vector<double>& values = made_->values.emplace_back();
    values.reserve(count + 1);
    values.assign(out.values.begin(), out.values.end());
    values.push_back(stale_marker());
    out.values = values;
    return out;
  }
  std::vector<double>& values = made_->values.emplace_back();
  std::vector<TimeMs>& times = made_->times.emplace_back();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& p = pieces[i];
    const auto t = p.stored.times.subspan(p.first, p.count);
    const auto v = p.stored.values.subspan(p.first, p.count);
    times.insert(times.end(), t.begin(), t.end());
    values.insert(values.end(), v.begin(), v.end());
    if (!p.ends) continue;
    const TimeMs ended = p.stored.times[p.first + p.count];
    if (i + 1 < pieces.size() && pieces[i + 1].begin() <= ended) continue;
    times.push_back(ended);
    values.push_back(stale_marker());
  }
  out.times = times;
  out.values = values;
  return out;
}

void IdentityPieces::finish(const std::function<bool(const Labels&)>& wanted, Selection& out) {
  out.series.clear();
  out.samples = 0;
  for (std::size_t i = 0; i < pieces_.size();) {
    std::size_t behind = i + 1;
    while (behind < pieces_.size() && pieces_[behind].info->labels == pieces_[i].info->labels) ++behind;
    if (wanted(pieces_[i].info->labels)) {
      out.series.push_back(view_of(std::span(pieces_).subspan(i, behind - i)));
      out.samples += out.series.back().values.size();
    }
    i = behind;
  }
  made_->below = std::move(out.owner);
  out.owner = made_;
}

}  // namespace tacho::store
