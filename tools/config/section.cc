#include "tools/config/section.h"

#include <algorithm>

#include "proto/base/duration.h"
#include "proto/base/number.h"
#include "tools/config/text.h"

namespace tacho::tools {
namespace {

std::optional<bool> parse_boolean(const std::string& s) {
  const auto is_one_of = [&s](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), s) != words.end();
  };
  if (is_one_of({"true", "True", "TRUE", "yes", "on"})) return true;
  if (is_one_of({"false", "False", "FALSE", "no", "off"})) return false;
  return std::nullopt;
}

}  // namespace

void Problems::add(ConfigProblem::Severity severity, const YAML::Node& at, std::string text) {
  out_.push_back({severity, std::max(1, at.Mark().line + 1), std::move(text)});
}

Section::Section(Problems& problems, const YAML::Node& node, std::string path)
    : problems_(problems), node_(node), path_(std::move(path)) {
  if (node_.IsNull()) return;
  if (!node_.IsMap()) {
    problems_.error(node_, (path_.empty() ? "the file" : path_) + " must be a mapping of keys to values");
    return;
  }
  for (const auto& item : node_) {
    if (!item.first.IsScalar()) {
      problems_.error(item.first, "a key must be a text");
      continue;
    }
    const std::string key = item.first.Scalar();
    if (find(key)) {
      problems_.error(item.first, name_of(key) + " is given twice");
      continue;
    }
    pairs_.push_back({key, item.first, item.second});
  }
}

const Section::Pair* Section::find(std::string_view key) const {
  const auto at = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& p) { return p.key == key; });
  return at == pairs_.end() ? nullptr : &*at;
}

const Section::Pair* Section::ask(std::string_view key) {
  known_.emplace_back(key);
  const Pair* pair = find(key);
  return pair && !pair->value.IsNull() ? pair : nullptr;
}

const Section::Pair* Section::ask_scalar(std::string_view key, std::string_view wanted) {
  const Pair* pair = ask(key);
  if (pair && !pair->value.IsScalar()) {
    wrong(*pair, wanted);
    return nullptr;
  }
  return pair;
}

void Section::wrong(const Pair& pair, std::string_view wanted) {
  const std::string got = pair.value.IsScalar() ? ", not " + quoted(pair.value.Scalar()) : "";
  problems_.error(pair.key_node, fmt::format("{} must be {}{}", name_of(pair.key), wanted, got));
}

bool Section::has(std::string_view key) const { return find(key) != nullptr; }

YAML::Node Section::where(std::string_view key) const {
  const Pair* pair = find(key);
  return pair ? pair->key_node : node_;
}

bool Section::text(std::string_view key, std::string& out) {
  const Pair* pair = ask_scalar(key, "a text");
  if (!pair) return false;
  out = pair->value.Scalar();
  return true;
}

bool Section::boolean(std::string_view key, bool& out) {
  const Pair* pair = ask_scalar(key, "true or false");
  if (!pair) return false;
  const auto v = parse_boolean(pair->value.Scalar());
  if (!v) return wrong(*pair, "true or false"), false;
  out = *v;
  return true;
}

bool Section::integer(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max) {
  const std::string wanted = fmt::format("a whole number from {} to {}", min, max);
  const Pair* pair = ask_scalar(key, wanted);
  if (!pair) return false;
  const auto v = parse_int(pair->value.Scalar());
  if (!v || *v < min || *v > max) return wrong(*pair, wanted), false;
  out = *v;
  return true;
}

bool Section::duration(std::string_view key, std::int64_t& out_ms, std::int64_t min_ms, std::int64_t max_ms) {
  const std::string wanted = fmt::format("a duration with its unit, such as 30s or 1m30s, from {} to {}", format_duration(min_ms),
                                         format_duration(max_ms));
  const Pair* pair = ask_scalar(key, wanted);
  if (!pair) return false;
  const auto v = parse_duration(pair->value.Scalar());
  if (!v || *v < min_ms || *v > max_ms) return wrong(*pair, wanted), false;
  out_ms = *v;
  return true;
}

bool Section::bytes(std::string_view key, std::uint64_t& out, std::uint64_t min) {
  const std::string wanted = fmt::format("a size such as 256MiB or 1GiB, at least {} bytes", min);
  const Pair* pair = ask_scalar(key, wanted);
  if (!pair) return false;
  const auto v = parse_bytes(pair->value.Scalar());
  if (!v || *v < min) return wrong(*pair, wanted), false;
  out = *v;
  return true;
}

bool Section::texts(std::string_view key, std::vector<std::string>& out) {
  const Pair* pair = ask(key);
  if (!pair) return false;
  std::vector<std::string> items;
  for (const YAML::Node& item : list(key)) {
    if (!item.IsScalar()) return wrong(*pair, "a list of texts"), false;
    items.push_back(item.Scalar());
  }
  out = std::move(items);
  return pair->value.IsSequence();
}

std::optional<YAML::Node> Section::node(std::string_view key) {
  const Pair* pair = ask(key);
  return pair ? std::optional(pair->value) : std::nullopt;
}

std::vector<YAML::Node> Section::list(std::string_view key) {
  const Pair* pair = ask(key);
  if (!pair) return {};
  if (!pair->value.IsSequence()) return wrong(*pair, "a list"), std::vector<YAML::Node>{};
  return {pair->value.begin(), pair->value.end()};
}

std::vector<std::pair<std::string, YAML::Node>> Section::pairs(std::string_view key) {
  std::vector<std::pair<std::string, YAML::Node>> out;
  const Pair* pair = ask(key);
  if (!pair) return out;
  for (Section inner(problems_, pair->value, name_of(key)); const Pair& p : inner.pairs_) {
    if (p.value.IsScalar()) {
      out.emplace_back(p.key, p.value);
    } else {
      inner.wrong(p, "a text");
    }
  }
  return out;
}

void Section::harmless(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) ask(key);
}

void Section::unsupported(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const Pair* pair = ask(key);
    if (!pair) continue;
    const YAML::Node& v = pair->value;
    const bool is_unused = v.IsScalar() ? v.Scalar().empty() || parse_boolean(v.Scalar()) == false : v.size() == 0;
    if (!is_unused) problems_.error(pair->key_node, name_of(key) + " is not supported yet");
  }
}

void Section::finish() {
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const Pair& p : pairs_) {
    if (std::find(known.begin(), known.end(), p.key) != known.end()) continue;
    const std::string_view meant = nearest_word(p.key, known);
    const std::string hint = meant.empty() ? "" : fmt::format("; did you mean {}?", meant);
    const std::string_view place = path_.empty() ? "the configuration" : std::string_view(path_);
    problems_.error(p.key_node, fmt::format("unknown key {} in {}{}", quoted(p.key), place, hint));
  }
}

}  // namespace tacho::tools
