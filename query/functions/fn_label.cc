// label_replace and label_join: labels only, once a series.
#include <re2/re2.h>

#include <charconv>

#include "query/functions/vector_functions.h"
#include "query/language/strings.h"

namespace tacho::query {
namespace {

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Go's templates: $1, ${1}, $name, ${name}, $$. The longest name is meant; a group that there is not is empty.
class Template {
 public:
  Template(std::string_view text, const re2::RE2& regex) : text_(text), groups_(regex.NamedCapturingGroups()) {}

  std::string expand(std::span<const re2::StringPiece> found) const {
    std::string out;
    for (std::size_t i = 0; i < text_.size();) {
      if (text_[i] != '$') {
        out += text_[i++];
        continue;
      }
      if (i + 1 < text_.size() && text_[i + 1] == '$') {
        out += '$';
        i += 2;
        continue;
      }
      const auto [name, length] = name_at(i + 1);
      if (name.empty()) {
        out += text_[i++];
        continue;
      }
      append_group(out, name, found);
      i += 1 + length;
    }
    return out;
  }

 private:
  std::pair<std::string_view, std::size_t> name_at(std::size_t at) const {
    const bool braced = at < text_.size() && text_[at] == '{';
    std::size_t end = at + (braced ? 1 : 0);
    const std::size_t begin = end;
    while (end < text_.size() && is_name_char(text_[end])) ++end;
    if (braced && (end >= text_.size() || text_[end] != '}')) return {};
    return {text_.substr(begin, end - begin), end - at + (braced ? 1 : 0)};
  }

  void append_group(std::string& out, std::string_view name, std::span<const re2::StringPiece> found) const {
    std::size_t group = 0;
    const auto [p, ec] = std::from_chars(name.data(), name.data() + name.size(), group);
    if (ec != std::errc{} || p != name.data() + name.size()) {
      const auto named = groups_.find(std::string(name));
      if (named == groups_.end()) return;
      group = static_cast<std::size_t>(named->second);
    }
    if (group < found.size()) out.append(found[group].data(), found[group].size());
  }

  std::string_view text_;
  const std::map<std::string, int>& groups_;
};

bool is_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const std::size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    if (n == 0 || i + n > s.size()) return false;
    for (std::size_t k = 1; k < n; ++k) {
      if ((static_cast<unsigned char>(s[i + k]) & 0xC0U) != 0x80U) return false;
    }
    i += n;
  }
  return true;
}

bool is_label_name(std::string_view s) { return !s.empty() && is_utf8(s); }

Values merged(Matrix m) {
  if (!merge_equal_rows(m)) return execution_error(std::string(kSameLabels));
  return m;
}

Values label_replace(VectorCall& call) {
  const std::string &dst = call.text(1), &src = call.text(3);
  re2::RE2::Options options;
  options.set_log_errors(false);
  const re2::RE2 regex("(?s:" + call.text(4) + ")", options);
  if (!regex.ok()) return execution_error("invalid regular expression in label_replace(): " + call.text(4));
  if (!is_label_name(dst)) return execution_error("invalid destination label name in label_replace(): " + dst);
  const Template replacement(call.text(2), regex);
  std::vector<re2::StringPiece> found(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1);
  Matrix m = std::move(call.args[0]);
  for (std::size_t r = 0; r < m.rows(); ++r) {
    const std::string_view value = m.key(r).get(src);
    const re2::StringPiece text(value.data(), value.size());
    if (!regex.Match(text, 0, value.size(), re2::RE2::ANCHOR_BOTH, found.data(), static_cast<int>(found.size()))) continue;
    Labels labels = m.key(r).to_labels();
    labels.set(dst, replacement.expand(found));
    m.key(r) = {call.env.keep(std::move(labels))};
  }
  return merged(std::move(m));
}

Values label_join(VectorCall& call) {
  const std::string &dst = call.text(1), &separator = call.text(2);
  for (std::size_t i = 3; i < call.count(); ++i) {
    if (!is_label_name(call.text(i))) return execution_error("invalid source label name in label_join(): " + call.text(i));
  }
  if (!is_label_name(dst)) return execution_error("invalid destination label name in label_join(): " + dst);
  Matrix m = std::move(call.args[0]);
  for (std::size_t r = 0; r < m.rows(); ++r) {
    std::string joined;
    for (std::size_t i = 3; i < call.count(); ++i) {
      if (i > 3) joined += separator;
      joined += m.key(r).get(call.text(i));
    }
    Labels labels = m.key(r).to_labels();
    labels.set(dst, joined);
    m.key(r) = {call.env.keep(std::move(labels))};
  }
  return merged(std::move(m));
}

}  // namespace

Values label_family(VectorCall& call) { return call.id() == FunctionId::label_replace ? label_replace(call) : label_join(call); }

}  // namespace tacho::query
