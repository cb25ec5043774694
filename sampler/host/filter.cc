#include "sampler/host/filter.h"

#include <re2/re2.h>

#include "proto/base/check.h"

namespace tacho::sampler {
namespace {

Result<std::shared_ptr<const re2::RE2>> compile(const std::string& pattern) {
  if (pattern.empty()) return nullptr;
  auto regex = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
  if (!regex->ok()) return failure("\"{}\" is no regular expression: {}", pattern, regex->error());
  return regex;
}

bool matches(const re2::RE2& pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

}  // namespace

Result<Exclude> Exclude::create(const std::string& pattern, const std::string& include) {
  auto left_out = compile(pattern);
  if (!left_out) return std::unexpected(left_out.error());
  auto kept = compile(include);
  if (!kept) return std::unexpected(kept.error());
  return Exclude(std::move(*left_out), std::move(*kept));
}

Exclude::Exclude(const std::string& pattern, const std::string& include) {
  Result<Exclude> created = create(pattern, include);
  TACHO_CHECK(created.has_value(), created ? "" : created.error().message);
  *this = std::move(*created);
}

bool Exclude::operator()(std::string_view text) const {
  return (pattern_ && matches(*pattern_, text)) || (include_ && !matches(*include_, text));
}

}  // namespace tacho::sampler
