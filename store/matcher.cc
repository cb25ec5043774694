#include "store/matcher.h"

#include <re2/re2.h>

#include <algorithm>

namespace tacho::store {
namespace {

constexpr std::string_view kMeta = "\\.+*?()|[]{}^$";

// a|b|c without any other operator: no regular expression needed.
bool split_literals(std::string_view pattern, std::vector<std::string>& out) {
  while (true) {
    const auto bar = pattern.find('|');
    const std::string_view part = pattern.substr(0, bar);
    if (part.find_first_of(kMeta) != std::string_view::npos) return false;
    out.emplace_back(part);
    if (bar == std::string_view::npos) break;
    pattern.remove_prefix(bar + 1);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return true;
}

const char* op_text(MatchOp op) {
  switch (op) {
    case MatchOp::equal: return "=";
    case MatchOp::not_equal: return "!=";
    case MatchOp::regex: return "=~";
    case MatchOp::not_regex: break;
  }
  return "!~";
}

}  // namespace

Matcher::Matcher(std::string label, MatchOp op, std::string value)
    : label_(std::move(label)), op_(op), value_(std::move(value)) {}

Matcher Matcher::equal(std::string label, std::string value) {
  return Matcher(std::move(label), MatchOp::equal, std::move(value));
}

Result<Matcher> Matcher::create(std::string label, MatchOp op, std::string value) {
  Matcher m(std::move(label), op, std::move(value));
  if (op == MatchOp::equal || op == MatchOp::not_equal) return m;
  m.is_literal_set_ = split_literals(m.value_, m.literals_);
  if (m.is_literal_set_) return m;
  m.literals_.clear();
  re2::RE2::Options options;
  options.set_dot_nl(true);
  options.set_log_errors(false);
  auto regex = std::make_shared<re2::RE2>(m.value_, options);
  if (!regex->ok()) return failure("invalid regular expression {}: {}", quoted(m.value_), regex->error());
  m.regex_ = std::move(regex);
  return m;
}

bool Matcher::matches(std::string_view value) const {
  switch (op_) {
    case MatchOp::equal: return value == value_;
    case MatchOp::not_equal: return value != value_;
    default: break;
  }
  const bool hit = is_literal_set_ ? std::binary_search(literals_.begin(), literals_.end(), value)
                                   : re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
  return hit == (op_ == MatchOp::regex);
}

std::span<const std::string> Matcher::literals() const {
  if (op_ == MatchOp::equal) return {&value_, 1};
  return op_ == MatchOp::regex && is_literal_set_ ? std::span<const std::string>(literals_) : std::span<const std::string>();
}

std::string Matcher::to_string() const {
  return (is_classic_label_name(label_) ? label_ : quoted(label_)) + op_text(op_) + quoted(value_);
}

bool matches_all(std::span<const Matcher> matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) { return m.matches(labels); });
}

}  // namespace tacho::store
