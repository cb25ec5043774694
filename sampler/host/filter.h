// Which devices, mounts, sensors or fields are left out: those that one regular expression matches, or that another does not.
// They match anywhere in the text as in node_exporter (its own are anchored).
//
// Cost     for describe(); in the steady state the lines to skip are known by then.
// Threads  const use from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace re2 {
class RE2;
}

namespace tacho::sampler {

class Exclude {
 public:
  // Left out is what `pattern` matches, and what `include` does not; an empty text asks for nothing.
  // Errors: what RE2 refuses, with its reason.
  static Result<Exclude> create(const std::string& pattern, const std::string& include = "");
  // For the defaults in code. Requires: valid patterns (checked).
  explicit Exclude(const std::string& pattern, const std::string& include = "");
  // For the fields to keep.
  static Exclude all_but(const std::string& pattern) { return Exclude("", pattern); }

  bool operator()(std::string_view text) const;

 private:
  using Pattern = std::shared_ptr<const re2::RE2>;  // null: asks for nothing
  Exclude(Pattern pattern, Pattern include) : pattern_(std::move(pattern)), include_(std::move(include)) {}
  Pattern pattern_;
  Pattern include_;
};

}  // namespace tacho::sampler
