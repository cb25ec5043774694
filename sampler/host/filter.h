// Which devices, mounts or file system types are left out: a regular expression, matched anywhere in the text as
// node_exporter does (its own are anchored).
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
  // Errors: what RE2 refuses, with its reason.
  static Result<Exclude> create(const std::string& pattern);
  // For the defaults in code. Requires: a valid pattern (checked).
  explicit Exclude(const std::string& pattern);

  bool operator()(std::string_view text) const;

 private:
  explicit Exclude(std::shared_ptr<const re2::RE2> pattern) : pattern_(std::move(pattern)) {}
  std::shared_ptr<const re2::RE2> pattern_;
};

// What is shown, instead of what is left out; matched in the same way.
using Include = Exclude;

}  // namespace tacho::sampler
