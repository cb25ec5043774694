#include "proto/base/labels.h"

#include <xxhash.h>

#include <algorithm>

namespace tacho {
namespace {

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct NameLess {
  bool operator()(const Label& a, std::string_view b) const { return a.name < b; }
};

}  // namespace

Labels::Labels(std::vector<Label> labels) : pairs_(std::move(labels)) {
  // Mostly they are what they shall be: joined of two sets that are, or as a source lists them.
  const auto unsorted = [](const Label& a, const Label& b) { return a.name >= b.name; };
  if (std::adjacent_find(pairs_.begin(), pairs_.end(), unsorted) == pairs_.end() &&
      std::none_of(pairs_.begin(), pairs_.end(), [](const Label& l) { return l.value.empty(); }))
    return;
  std::stable_sort(pairs_.begin(), pairs_.end(), [](const Label& a, const Label& b) { return a.name < b.name; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (i + 1 < pairs_.size() && pairs_[i].name == pairs_[i + 1].name) continue;
    if (pairs_[i].value.empty()) continue;
    if (kept != i) pairs_[kept] = std::move(pairs_[i]);
    ++kept;
  }
  pairs_.resize(kept);
}

Labels Labels::of(std::string_view metric_name, std::initializer_list<Label> labels) {
  std::vector<Label> all(labels);
  all.push_back({std::string(kMetricName), std::string(metric_name)});
  return Labels(std::move(all));
}

std::string_view Labels::get(std::string_view name) const {
  for (const Label& l : pairs_) {
    if (l.name == name) return l.value;
  }
  return {};
}

void Labels::set(std::string_view name, std::string_view value) {
  if (value.empty()) return erase(name);
  auto at = std::lower_bound(pairs_.begin(), pairs_.end(), name, NameLess{});
  if (at != pairs_.end() && at->name == name) {
    at->value = value;
  } else {
    pairs_.insert(at, Label{std::string(name), std::string(value)});
  }
}

void Labels::erase(std::string_view name) {
  auto at = std::lower_bound(pairs_.begin(), pairs_.end(), name, NameLess{});
  if (at != pairs_.end() && at->name == name) pairs_.erase(at);
}

std::uint64_t Labels::hash() const {
  std::uint64_t h = 0;
  for (const Label& l : pairs_) {
    h = XXH3_64bits_withSeed(l.name.data(), l.name.size(), h);
    h = XXH3_64bits_withSeed(l.value.data(), l.value.size(), h);
  }
  return h;
}

std::string Labels::to_string() const {
  const std::string_view name = metric_name();
  const bool classic = is_classic_metric_name(name);
  std::string out;
  if (classic) out += name;
  const char* separator = "{";
  if (!name.empty() && !classic) {
    out += "{" + quoted(name);
    separator = ",";
  }
  for (const Label& l : pairs_) {
    if (l.name == kMetricName) continue;
    out += separator;
    out += is_classic_label_name(l.name) ? l.name : quoted(l.name);
    out += '=';
    out += quoted(l.value);
    separator = ",";
  }
  if (*separator == ',') out += '}';
  if (out.empty()) out = "{}";
  return out;
}

bool is_classic_metric_name(std::string_view s) {
  if (s.empty() || !(is_word_start(s[0]) || s[0] == ':')) return false;
  return std::all_of(s.begin(), s.end(), [](char c) { return is_word_start(c) || is_digit(c) || c == ':'; });
}

bool is_classic_label_name(std::string_view s) {
  if (s.empty() || !is_word_start(s[0])) return false;
  return std::all_of(s.begin(), s.end(), [](char c) { return is_word_start(c) || is_digit(c); });
}

std::string quoted(std::string_view s) {
  std::string out = "\"";
  for (char c : s) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  out += '"';
  return out;
}

}  // namespace tacho
