// Rows of the alias tables, and how they are written.
//
//   {"NEW_NAME OLD_NAME", "accel_x{engine=\"aicore\"}", 100}    x times 100
//
// made_of  series, joined by + and -; what stands behind / divides. +? and -? join a series that a card need not have; 4*x takes it four
//          times; "rate" in front makes the step a second of a counter. {a="b"} is as in a selector, without blanks in it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sampler/aliases.h"

namespace tacho::sampler {

struct AliasRow {
  std::string_view names;  // with blanks between them; for accel_*: one, with the labels that its series have
  std::string_view made_of;
  double times = 1;
  double over = 1;
  // Whether accel_* is made of it where it is scraped, too. Only rows of one series can be.
  enum class Backwards : bool { yes, no } backwards = Backwards::yes;
};

// An exporter whose series are read as accel_*.
struct Exporter {
  std::string_view name;    // for people
  std::string_view vendor;  // the label
  std::span<const store::AliasLabel> labels;
  std::span<const std::string_view> dropped;
  std::optional<double> unread;
  std::span<const AliasRow> rows;
};

std::span<const AliasRow> dcgm_rows();
std::span<const AliasRow> npu_rows();
store::AliasLabels dcgm_labels(const std::string& host);
store::AliasLabels npu_labels();
// Those two, for the way back: with labels and without rows.
Exporter dcgm_exporter();
Exporter npu_exporter();
std::span<const Exporter> other_exporters();

}  // namespace tacho::sampler
