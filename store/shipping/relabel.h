// Relabeling as Prometheus's write_relabel_configs: rules that rewrite or drop a label set, in order.
//
// Shape    a rule is immutable once created; rules run one after the other, each sees what the one before left.
// Threads  const use from any thread.
// Errors   create(): an expression that RE2 refuses; a field that the action needs and that is missing or no label
// name. Cost     replace, keep, drop: one match a rule; the label* actions: one match a label. Source   Prometheus's
// documentation of relabel_config; all of its actions. Expressions are anchored at both ends; $1 and
//          ${name} in target_label and replacement stand for groups of the expression, $$ for a dollar; a name is as
//          long as it can be ($1x is the group "1x", which is none, thus empty: write ${1}x).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/labels.h"

namespace re2 {
class RE2;
}

namespace tacho::store {

enum class RelabelAction : std::uint8_t {
  replace,
  keep,
  drop,
  keepequal,
  dropequal,
  hashmod,
  labelmap,
  labeldrop,
  labelkeep,
  lowercase,
  uppercase,
};

// The action's name in any case, as Prometheus takes it; an error lists the names there are.
Result<RelabelAction> parse_relabel_action(std::string_view name);

// As written in the configuration; the defaults are Prometheus's.
struct RelabelSpec {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string target_label;
  std::string regex = "(.*)";
  std::uint64_t modulus = 0;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::replace;
};

class RelabelRule {
 public:
  static Result<RelabelRule> create(RelabelSpec spec);
  // False: the series is dropped (the labels are then of no meaning).
  bool apply(Labels& labels) const;

 private:
  explicit RelabelRule(RelabelSpec spec);
  std::string source_value(const Labels& labels) const;
  void replace(Labels& labels, const std::string& value) const;
  void map_names(Labels& labels) const;
  void filter_names(Labels& labels) const;

  RelabelSpec spec_;
  std::shared_ptr<const re2::RE2> regex_;
};

bool relabel(std::span<const RelabelRule> rules, Labels& labels);

}  // namespace tacho::store
