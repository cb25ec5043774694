#include "store/shipping/relabel.h"

#include <openssl/evp.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "proto/base/check.h"
#include "proto/base/number.h"

namespace tacho::store {
namespace {

struct ActionName {
  std::string_view name;
  RelabelAction action;
};
constexpr std::array<ActionName, 11> kActions{{{"replace", RelabelAction::replace},
                                               {"keep", RelabelAction::keep},
                                               {"drop", RelabelAction::drop},
                                               {"keepequal", RelabelAction::keepequal},
                                               {"dropequal", RelabelAction::dropequal},
                                               {"hashmod", RelabelAction::hashmod},
                                               {"labelmap", RelabelAction::labelmap},
                                               {"labeldrop", RelabelAction::labeldrop},
                                               {"labelkeep", RelabelAction::labelkeep},
                                               {"lowercase", RelabelAction::lowercase},
                                               {"uppercase", RelabelAction::uppercase}}};

// ASCII only: label names and action names are; values in other scripts keep their letters.
std::string with_case(std::string_view s, bool upper) {
  std::string out(s);
  for (char& c : out) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// The groups of one match; [0] is the whole text.
struct Match {
  const re2::RE2& regex;
  std::vector<re2::StringPiece> groups;

  std::string_view group(std::string_view name) const {
    std::size_t index = groups.size();
    if (const auto n = parse_int(name); n && name[0] >= '0' && name[0] <= '9') {
      index = *n < static_cast<std::int64_t>(groups.size()) ? static_cast<std::size_t>(*n) : groups.size();
    } else if (const auto at = regex.NamedCapturingGroups().find(std::string(name)); at != regex.NamedCapturingGroups().end()) {
      index = static_cast<std::size_t>(at->second);
    }
    if (index >= groups.size() || groups[index].data() == nullptr) return {};
    return {groups[index].data(), groups[index].size()};
  }
};

bool match_all(const re2::RE2& regex, std::string_view text, std::vector<re2::StringPiece>& groups) {
  groups.assign(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1, {});
  const re2::StringPiece piece(text.data(), text.size());
  return regex.Match(piece, 0, piece.size(), re2::RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()));
}

std::string expand(std::string_view text, const Match& match) {
  std::string out;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      out += '$';
      text.remove_prefix(1);
      continue;
    }
    const bool braced = text.starts_with('{');
    std::size_t n = braced ? 1 : 0;
    while (n < text.size() && is_word(text[n])) ++n;
    const std::string_view name = text.substr(braced ? 1 : 0, n - (braced ? 1 : 0));
    if (name.empty() || (braced && (n == text.size() || text[n] != '}'))) {
      out += '$';  // not a reference: an ordinary dollar
      continue;
    }
    out += match.group(name);
    text.remove_prefix(braced ? n + 1 : n);
  }
  return out;
}

// The last eight bytes of MD5, big-endian: fixed by Prometheus, so that shards agree with its.
std::uint64_t sharding_hash(std::string_view value) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  TACHO_CHECK(EVP_Digest(value.data(), value.size(), digest.data(), &size, EVP_md5(), nullptr) == 1);
  std::uint64_t hash = 0;
  for (std::size_t i = 8; i < 16; ++i) hash = hash << 8 | digest[i];
  return hash;
}

bool needs_target(RelabelAction a) {
  switch (a) {
    case RelabelAction::replace:
    case RelabelAction::hashmod:
    case RelabelAction::lowercase:
    case RelabelAction::uppercase:
    case RelabelAction::keepequal:
    case RelabelAction::dropequal: return true;
    default: return false;
  }
}

}  // namespace

Result<RelabelAction> parse_relabel_action(std::string_view name) {
  const std::string lower = with_case(name, false);
  std::string known;
  for (const ActionName& a : kActions) {
    if (a.name == lower) return a.action;
    known += (known.empty() ? "" : ", ") + std::string(a.name);
  }
  return failure("unknown relabel action {}; there are {}", quoted(name), known);
}

RelabelRule::RelabelRule(RelabelSpec spec) : spec_(std::move(spec)) {
  re2::RE2::Options options;
  options.set_dot_nl(true);
  options.set_log_errors(false);
  regex_ = std::make_shared<const re2::RE2>(spec_.regex, options);
}

Result<RelabelRule> RelabelRule::create(RelabelSpec spec) {
  RelabelRule rule(std::move(spec));
  const RelabelSpec& s = rule.spec_;
  if (!rule.regex_->ok()) return failure("invalid regular expression {}: {}", quoted(s.regex), rule.regex_->error());
  const std::string_view action = kActions[static_cast<std::size_t>(s.action)].name;
  if (needs_target(s.action) && s.target_label.empty()) return failure("the relabel action {} needs target_label", action);
  const bool is_template = s.action == RelabelAction::replace && s.target_label.find('$') != std::string::npos;
  if (needs_target(s.action) && !is_template && !is_classic_label_name(s.target_label))
    return failure("target_label {} is no label name", quoted(s.target_label));
  if (s.action == RelabelAction::hashmod && s.modulus == 0) return failure("the relabel action hashmod needs a modulus above 0");
  return rule;
}

std::string RelabelRule::source_value(const Labels& labels) const {
  std::string value;
  for (std::size_t i = 0; i < spec_.source_labels.size(); ++i) {
    if (i) value += spec_.separator;
    value += labels.get(spec_.source_labels[i]);
  }
  return value;
}

void RelabelRule::replace(Labels& labels, const std::string& value) const {
  Match match{*regex_, {}};
  if (!match_all(*regex_, value, match.groups)) return;
  const std::string target = expand(spec_.target_label, match);
  if (!is_classic_label_name(target)) return;
  labels.set(target, expand(spec_.replacement, match));
}

void RelabelRule::map_names(Labels& labels) const {
  const Labels before = labels;
  for (const Label& l : before) {
    Match match{*regex_, {}};
    if (!match_all(*regex_, l.name, match.groups)) continue;
    if (const std::string name = expand(spec_.replacement, match); !name.empty()) labels.set(name, l.value);
  }
}

void RelabelRule::filter_names(Labels& labels) const {
  const bool keep = spec_.action == RelabelAction::labelkeep;
  const Labels before = labels;
  for (const Label& l : before) {
    if (re2::RE2::FullMatch(l.name, *regex_) != keep) labels.erase(l.name);
  }
}

bool RelabelRule::apply(Labels& labels) const {
  const std::string value = source_value(labels);
  switch (spec_.action) {
    case RelabelAction::replace: replace(labels, value); return true;
    case RelabelAction::keep: return re2::RE2::FullMatch(value, *regex_);
    case RelabelAction::drop: return !re2::RE2::FullMatch(value, *regex_);
    case RelabelAction::keepequal: return labels.get(spec_.target_label) == value;
    case RelabelAction::dropequal: return labels.get(spec_.target_label) != value;
    case RelabelAction::hashmod:
      labels.set(spec_.target_label, std::to_string(sharding_hash(value) % spec_.modulus));
      return true;
    case RelabelAction::labelmap: map_names(labels); return true;
    case RelabelAction::labeldrop:
    case RelabelAction::labelkeep: filter_names(labels); return true;
    case RelabelAction::lowercase: labels.set(spec_.target_label, with_case(value, false)); return true;
    case RelabelAction::uppercase: labels.set(spec_.target_label, with_case(value, true)); return true;
  }
  TACHO_CHECK(false, "a relabel action without a rule");
  return true;
}

bool relabel(std::span<const RelabelRule> rules, Labels& labels) {
  return std::all_of(rules.begin(), rules.end(), [&](const RelabelRule& r) { return r.apply(labels); });
}

}  // namespace tacho::store
