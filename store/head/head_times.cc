#include "store/head/head_times.h"

#include <algorithm>
#include <limits>

#include "store/head/head.h"

namespace tacho::store {

std::vector<HeadRun> HeadTimes::runs(const Head& head, std::uint64_t from_row) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t known = first_row_ + times_.size();
  const HeadRows news =
      head.read({}, known, head.published(), std::numeric_limits<TimeMs>::min(), std::numeric_limits<TimeMs>::max());
  if (!news.times.empty()) {
    if (news.first_row != known) times_.clear();  // nobody looked for as long as the head reaches
    if (times_.empty()) first_row_ = news.first_row;
    times_.insert(times_.end(), news.times.begin(), news.times.end());
  }
  const std::uint64_t oldest = std::max(head.oldest(), first_row_);
  const std::uint64_t gone = std::min<std::uint64_t>(oldest - first_row_, times_.size());
  times_.erase(times_.begin(), times_.begin() + static_cast<std::ptrdiff_t>(gone));
  first_row_ += gone;

  std::vector<HeadRun> out;
  const std::uint64_t skipped = std::max(from_row, first_row_) - first_row_;
  for (std::size_t begin = skipped; begin < times_.size();) {
    std::size_t end = begin + 1;
    while (end < times_.size() && times_[end] > times_[end - 1]) ++end;
    out.push_back({first_row_ + begin, first_row_ + end, times_[begin], times_[end - 1]});
    begin = end;
  }
  return out;
}

}  // namespace tacho::store
