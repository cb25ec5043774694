// One condition on a label: name = value, !=, =~, !~. A missing label has the empty value, so {a=""} matches series without a.
//
// Shape    regular expressions are RE2, anchored at both ends, '.' matches newline (as Prometheus's).
// Threads  const use from any thread.
// Cost     equal/not_equal compare strings; expressions that are plain alternations of literals are matched as a set.
// Errors   create(): an expression that RE2 refuses, with RE2's reason.
#pragma once

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

enum class MatchOp { equal, not_equal, regex, not_regex };

class Matcher {
 public:
  static Result<Matcher> create(std::string label, MatchOp op, std::string value);
  // equal and not_equal cannot fail.
  static Matcher equal(std::string label, std::string value);

  bool matches(std::string_view value) const;
  bool matches(const Labels& labels) const { return matches(labels.get(label_)); }

  const std::string& label() const { return label_; }
  MatchOp op() const { return op_; }
  const std::string& value() const { return value_; }
  // What it matches, where that is said by a list: of = its value, of =~"a|b" both, sorted, each once. Empty for everything else.
  std::span<const std::string> literals() const;
  std::string to_string() const;  // a=~"x.*"

 private:
  Matcher(std::string label, MatchOp op, std::string value);
  std::string label_;
  MatchOp op_;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;  // null for equal/not_equal and for literal sets
  std::vector<std::string> literals_;      // sorted, each once; for a|b|c
  bool is_literal_set_ = false;
};

bool matches_all(std::span<const Matcher> matchers, const Labels& labels);

}  // namespace tacho::store
