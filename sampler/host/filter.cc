#include "sampler/host/filter.h"

#include <re2/re2.h>

#include "proto/base/check.h"

namespace tacho::sampler {

Result<Exclude> Exclude::create(const std::string& pattern) {
  auto regex = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
  if (!regex->ok()) return failure("\"{}\" is no regular expression: {}", pattern, regex->error());
  return Exclude(std::shared_ptr<const re2::RE2>(std::move(regex)));
}

Exclude::Exclude(const std::string& pattern) {
  Result<Exclude> created = create(pattern);
  TACHO_CHECK(created.has_value(), created ? "" : created.error().message);
  pattern_ = created->pattern_;
}

bool Exclude::operator()(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern_);
}

}  // namespace tacho::sampler
