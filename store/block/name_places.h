// A small number for each metric's name: tells most columns that a question does not want without a look at their labels.
//
// Why      A window has thousands of series, and every question looks at all of them: the labels lie scattered over memory, these numbers
//          side by side.
// Shape    different names may have the same place; a name has the same one in every schema, in this process.
// Cost     two bytes a column.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "store/series.h"

namespace tacho::store {

using NamePlace = std::uint16_t;
inline constexpr std::size_t kNamePlaces = 4096;

// Below kNamePlaces.
NamePlace name_place(std::string_view metric_name);
// Of each series.
std::vector<NamePlace> name_places(const Schema& series);

}  // namespace tacho::store
