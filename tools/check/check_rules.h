// What makes a node unfit to train, or doubtful: a table, a line a rule.
//
// A rule is a PromQL expression over a node's newest samples: each series of its answer is a finding. A rule whose metric the node does not
// have says nothing, and is not counted as passed.
//
// Sentences   as events have them (query/events/rules.h): {device}, {LABEL}, {words LABEL}; {count} is the value.
// Levels      fail: a job that starts here will stop, stall or be wrong. warn: it will be slower, or nobody can tell.
// Threads     any; the table never changes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tacho::tools {

enum class FitLevel : std::uint8_t { warn, fail };
std::string_view fit_level_name(FitLevel level);  // "warn", "FAIL"

struct CheckRule {
  FitLevel level;
  std::string_view area;
  std::string_view metric;  // without which there is nothing to check
  std::string_view expr;
  std::string_view text;
  std::string_view action;  // what to do
};

std::span<const CheckRule> check_rules();
// A rule's expression as it is asked: {FAULTS} stands for reasons of throttling that mean harm (query/events/throttle.h).
std::string check_expression(const CheckRule& rule);

}  // namespace tacho::tools
