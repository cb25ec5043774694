#include "store/block/name_places.h"

#include <algorithm>
#include <cstring>

namespace tacho::store {

// By the end of the name and its length: beginnings are shared.
NamePlace name_place(std::string_view metric_name) {
  std::uint64_t end = 0;
  const std::size_t n = std::min(metric_name.size(), sizeof end);
  if (n > 0) std::memcpy(&end, metric_name.data() + (metric_name.size() - n), n);
  constexpr int kShift = 64 - 12;
  static_assert(kNamePlaces == std::size_t{1} << (64 - kShift));
  return static_cast<NamePlace>(((end ^ metric_name.size()) * 0x9e3779b97f4a7c15U) >> kShift);
}

std::vector<NamePlace> name_places(const Schema& series) {
  std::vector<NamePlace> out;
  out.reserve(series.size());
  for (const SeriesInfo& info : series) out.push_back(name_place(info.labels.metric_name()));
  return out;
}

}  // namespace tacho::store
