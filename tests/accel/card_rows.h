// What a card's source says, as tests compare it.
#pragma once

#include <map>
#include <string>

#include "proto/base/number.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {

// "name{a="b"}" without the labels that every series of the card has.
inline std::string short_name(const Labels& labels) {
  Labels out = labels;
  for (const char* common : {"vendor", "accel", "uuid", "pci_bus_id", "model"}) out.erase(common);
  return out.to_string();
}

// What a source's row says, absent cells left out.
inline std::map<std::string, double> row_of(const Watched& watched) {
  std::map<std::string, double> out;
  for (const store::SeriesInfo& info : watched.schema()) {
    const double value = watched(info.labels.to_string());
    if (!is_absent(value)) out[short_name(info.labels)] = value;
  }
  return out;
}

inline std::string text_of(const std::map<std::string, double>& row) {
  std::string out;
  for (const auto& [name, value] : row) {
    out += name + " ";
    append_text_number(out, value);
    out += "\n";
  }
  return out;
}

}  // namespace tacho::sampler
