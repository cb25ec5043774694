// The totals of a pressure file, the machine's (/proc/pressure) or a cgroup's (NAME.pressure).
//
// Units    microseconds. "some": at least one task was waiting for the resource; "full": all were, nothing went on.
// Absent   a line that is not there, or was cut before its total's end.
// Cost     one pass, no allocation.   Threads  any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sampler/text_scan.h"

namespace tacho::sampler {

struct PsiTotals {
  std::optional<std::uint64_t> some_us;
  std::optional<std::uint64_t> full_us;
};

// some avg10=0.12 avg60=0.05 avg300=0.01 total=12632116
inline PsiTotals psi_totals(std::string_view text) {
  constexpr std::string_view kTotal = "total=";
  PsiTotals totals;
  for (Lines lines(text); lines.next();) {
    std::string_view rest = lines.line();
    const std::string_view kind = take_word(rest);
    const std::size_t at = rest.find(kTotal);
    if (at == std::string_view::npos) continue;
    rest.remove_prefix(at + kTotal.size());
    if (kind == "some") totals.some_us = take_u64(rest);
    if (kind == "full") totals.full_us = take_u64(rest);
  }
  return totals;
}

}  // namespace tacho::sampler
