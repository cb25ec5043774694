// Is this node fit to train? Rules over its newest samples (check_rules.h), and what happened lately (query/events/).
//
// Shape    findings, the worst first; each a sentence and what to do.
// Absent   what a node does not show is not checked, and not called good: NodeCheck::rules says how many rules had something to look at.
// Threads  one at a time.
// Cost     a few queries of one instant, some 40 of them.
// Errors   whoever should answer does not.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "query/engine/result.h"
#include "query/events/event.h"
#include "tools/check/check_rules.h"

namespace tacho::tools {

struct Finding {
  FitLevel level = FitLevel::warn;
  std::string area, device, text, action;
  std::optional<TimeMs> time;  // of what happened; nothing for what is so now
  std::size_t times = 1;
};

struct NodeCheck {
  std::vector<Finding> findings;
  std::size_t rules = 0;  // that had something to look at
  std::size_t rules_all = 0;
  std::size_t accelerators = 0;  // that are there, whether or not they answer
  bool fit() const;              // no finding says fail
};

// Answers an expression at the instant that is checked.
using AskInstant = std::function<Result<query::QueryResult>(const std::string& expr)>;

// `expected_accelerators`: fewer are a finding.
Result<NodeCheck> check_node(const AskInstant& ask, std::span<const query::Event> events,
                             std::optional<std::size_t> expected_accelerators);

// What of an event is a finding, and how bad; nothing: what a state tells better, and what says nothing of the node.
std::optional<FitLevel> event_level(const query::Event& event);

}  // namespace tacho::tools
